/** Many account streams in one journal, and the indexes derived from them. The host owns this state; `apply` changes it in place. */
import type {
  AccountCommand,
  AccountEvent,
  AccountState,
  CommandResult,
  EndStatus,
  FeeSchedule,
  Liquidity,
  Order,
  Side,
  VenueContext,
  VenueOrderRequest,
} from '../account/index.ts';
import type { PlatformAccount } from '../ledger/index.ts';
import type { MarketView } from '../market/index.ts';
import type { Price, Size, Usd } from '../money/index.ts';
import type { Route, RoutingPolicy } from '../routing/index.ts';

/** Stream of the shard's own configuration. */
export const CONFIG_STREAM = 'config';

export type ShardEvent = AccountEvent | { readonly type: 'RoutingPolicySet'; readonly policy: RoutingPolicy };

type WithoutFacts<Command> = Command extends AccountCommand ? Omit<Command, 'context' | 'at'> : never;

/** Configuration enters a shard only as a journaled command. */
export interface SetRoutingPolicy {
  readonly type: 'SetRoutingPolicy';
  readonly commandId: string;
  readonly receivedAt: number;
  readonly policy: RoutingPolicy;
}

/** A command before the host's facts of the moment are added. */
export type ShardOrder = WithoutFacts<AccountCommand> | SetRoutingPolicy;

/** What the host adds when a command's turn comes. */
export interface HostFacts {
  /** Time of the decision, ms. */
  readonly at: number;
  readonly market: (symbol: string) => MarketView | undefined;
  readonly venue: VenueContext;
}

export interface ShardCommand {
  readonly order: ShardOrder;
  readonly facts: HostFacts;
}

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

/** What an account did lately, oldest first: Hyperliquid's horizon of 2,000 each. */
export interface AccountHistory {
  readonly ended: OrderRecord[];
  readonly fills: FillRecord[];
}

/** A remembered answer: the same command id gets it again (15 min, at most 1,000 per account). */
export interface RememberedResult {
  readonly accountId: string;
  readonly at: number;
  /** Of the signed action; the same nonce with another body is refused. */
  readonly hash: string | undefined;
  readonly result: CommandResult;
}

export interface RestingEntry {
  readonly accountId: string;
  readonly orderId: number;
  readonly limitPrice: Price;
}

/** Resting INTERNAL orders of one symbol; both sides best price first, then oldest. */
export interface RestingBook {
  readonly buys: RestingEntry[];
  readonly sells: RestingEntry[];
}

export interface ShardState {
  readonly shard: number;
  readonly accounts: Map<string, AccountState>;
  /** Platform accounts of this shard; they may be negative. */
  readonly platform: Map<PlatformAccount, Usd>;
  policy: RoutingPolicy;
  fees: FeeSchedule;
  /** Signed net INTERNAL lots by symbol: Σ of the users' positions (I7), kept by their changes, recounted in `checks`. */
  readonly exposure: Map<string, Size>;
  readonly resting: Map<string, RestingBook>;
  /** Requests of venue legs that are not done. */
  readonly venueRequests: Map<string, VenueOrderRequest>;
  readonly history: Map<string, AccountHistory>;
  readonly results: Map<string, RememberedResult>;
  readonly resultCounts: Map<string, number>;
  nextOrderId: number;
  nextTradeId: number;
}
