/** What a door asks of an engine. The host adds time and market facts and hands the result to the account decider. */
import type { AccountCommand, AccountEvent, AccountState, CommandResult } from '@perps/domain/account';
import type { Usd } from '@perps/domain/money';
import type { FundingIndexes } from '@perps/domain/funding';
import type { ConfigCommand, DeviationCommand, FillRecord, FundingCommand, OrderRecord } from '@perps/domain/shard';

export type { ConfigCommand, FillRecord, OrderRecord };

type WithoutHostFacts<Command> = Command extends AccountCommand ? Omit<Command, 'context' | 'at'> : never;

/** Commands of traders and of the treasury, before the host has added its facts. */
export type DoorCommand = WithoutHostFacts<
  Extract<
    AccountCommand,
    {
      type:
        | 'OpenAccount'
        | 'CreditDeposit'
        | 'PlaceOrders'
        | 'CancelOrders'
        | 'ModifyOrders'
        | 'CancelAll'
        | 'ScheduleCancel'
        | 'PlaceTwap'
        | 'CancelTwap'
        | 'UpdateLeverage'
        | 'AdjustIsolatedMargin'
        | 'SetTradingState'
        | 'ResumeLiquidation'
        | 'ApproveAgent'
        | 'ApproveBuilderFee'
        | 'SetReferrer'
        | 'Noop';
    }
  >
>;

export type EngineCommand = DoorCommand | ConfigCommand | FundingCommand | DeviationCommand;

/** An account as its shard answers it, with what its positions are valued with beside the marks. */
export interface AccountPicture extends AccountState {
  readonly funding: FundingIndexes;
}

/** Pushed by the owner after commit, in journal order. */
export interface AccountUpdate {
  readonly shard: number;
  readonly seq: number;
  readonly accountId: string;
  readonly at: number;
  readonly events: readonly AccountEvent[];
  /** Every order the events touched, as it is after them. */
  readonly orders: readonly OrderRecord[];
  readonly fills: readonly FillRecord[];
}

/** Methods of the engine's RPC (msgpack over WebSocket); bigints cross as they are. */
export interface EngineMethods {
  submit: { params: EngineCommand; result: CommandResult };
  /** undefined = no such account in this shard. */
  account: { params: { accountId: string }; result: AccountPicture | undefined };
  /** By our order id or the client's cloid (the newest with it). */
  order: { params: { accountId: string; orderId?: number; cloid?: string }; result: OrderRecord | undefined };
  /** Newest first, at most 2,000. */
  orders: { params: { accountId: string }; result: readonly OrderRecord[] };
  /** Newest first, at most 2,000. */
  fills: { params: { accountId: string }; result: readonly FillRecord[] };
  /** The platform's own ledger accounts in one shard, 10⁻⁶ USD, by name. */
  platform: { params: { shard: number }; result: Readonly<Record<string, Usd>> };
}

/** Errors an engine answers instead of a result. */
export type EngineErrorCode = 'NotOwner' | 'NotReady' | 'Overloaded' | 'Timeout' | 'BadRequest' | 'Internal';

/** Topic of the owner's committed updates. */
export const UPDATES_TOPIC = 'updates';
