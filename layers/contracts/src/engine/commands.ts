/** What a door asks of an engine. The host adds time and market facts and hands the result to the account decider. */
import type {
  AccountCommand,
  AccountEvent,
  AccountState,
  CommandResult,
  EndStatus,
  Order,
  Route,
  RoutingPolicy,
  Side,
  Liquidity,
} from '@perps/domain/account';
import type { Price, Size, Usd } from '@perps/domain/money';

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
        | 'UpdateLeverage'
        | 'ApproveAgent'
        | 'ApproveBuilderFee'
        | 'SetReferrer'
        | 'Noop';
    }
  >
>;

/** Configuration enters a shard only as a journaled command, one per shard (group `config` of its queue). */
export interface ConfigCommand {
  readonly type: 'SetRoutingPolicy';
  readonly commandId: string;
  readonly shard: number;
  readonly receivedAt: number;
  readonly policy: RoutingPolicy;
}

export type EngineCommand = DoorCommand | ConfigCommand;

/** One order as history tells it: live or ended. */
export interface OrderRecord {
  readonly accountId: string;
  readonly order: Order;
  readonly status: 'open' | 'pending' | EndStatus;
  readonly cause?: string;
  readonly statusAt: number;
}

/** One execution as history tells it. */
export interface FillRecord {
  readonly accountId: string;
  readonly tradeId: number;
  readonly orderId: number;
  readonly cloid?: string;
  readonly symbol: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly startSize: Size;
  readonly closedPnl: Usd;
  readonly fee: Usd;
  readonly builderFee: Usd;
  readonly liquidity: Liquidity;
  readonly route: Route;
  readonly time: number;
  readonly hash: string;
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
  account: { params: { accountId: string }; result: AccountState | undefined };
  /** By our order id or the client's cloid (the newest with it). */
  order: { params: { accountId: string; orderId?: number; cloid?: string }; result: OrderRecord | undefined };
  /** Newest first, at most 2,000. */
  orders: { params: { accountId: string }; result: readonly OrderRecord[] };
  /** Newest first, at most 2,000. */
  fills: { params: { accountId: string }; result: readonly FillRecord[] };
}

/** Errors an engine answers instead of a result. */
export type EngineErrorCode = 'NotOwner' | 'NotReady' | 'Overloaded' | 'Timeout' | 'BadRequest' | 'Internal';

/** Topic of the owner's committed updates. */
export const UPDATES_TOPIC = 'updates';
