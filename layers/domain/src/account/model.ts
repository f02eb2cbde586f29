/** The account stream's state, and the words its commands and events share. Types only. */
import type { Price, Size, Usd } from '../money/index.ts';
import type { SignerNonces } from '../nonces/index.ts';
import type { Route, RoutingDecision, TradingState } from '../routing/model.ts';
import type { Twaps } from './twap-model.ts';
import type { Address, MarginMode, Side, TimeInForce } from './words.ts';

export * from './words.ts';

export interface Position {
  readonly positionId: string;
  readonly symbol: string;
  readonly route: Route;
  /** Signed: long positive. Never zero: a flat position is no position. */
  readonly size: Size;
  /** Exact Σ price × size of what is open, absolute. Entry price = this / |size|, truncated for display. */
  readonly entryNotional: Usd;
  readonly marginMode: MarginMode;
  readonly leverage: number;
  /** Collateral in `isolated:{positionId}`; zero when cross. */
  readonly isolatedMargin: Usd;
  readonly openedAt: number;
  /** Funding index of its symbol and route up to which funding is posted. */
  readonly fundingIndex: bigint;
  /** Funding posted since it was opened, 10⁻⁶ USD; positive = paid. */
  readonly fundingPaid: Usd;
}

/** The part of an order that one route carries. */
export interface OrderLeg {
  readonly route: Route;
  readonly size: Size;
  readonly filledSize: Size;
  readonly decision: RoutingDecision;
  /** The venue's identifier of the leg (HYPERLIQUID only): shard byte + hash(orderId, attempt). */
  readonly venueCloid?: string;
  readonly venueOrderId?: number;
  /** `pending` = sent or about to be; fate unknown. `open` = rests. `done` = nothing will come any more. */
  readonly status: 'pending' | 'open' | 'done';
  /** A cancel was asked of the venue and is not answered yet. */
  readonly isCancelRequested?: boolean;
  /** Why: the user, the order's lifetime, the dead-man's switch, a liquidation, or a reduce-only leg larger than its position. */
  readonly cancelCause?: 'user' | 'expired' | 'reduceOnly' | 'scheduled' | 'liquidated';
  /** The part of the leg that margin is set aside for, at most what is left of it; absent = it only closes. */
  readonly openingSize?: Size;
  /** The venue said how it ended, but fewer fills are booked than it executed: they are still to come. */
  readonly ending?: { readonly executedSize: Size; readonly status: EndStatus; readonly cause?: string };
}

/** A live order. Terminal ones leave the state (the shard's history keeps the newest 2,000 per account). */
export interface Order {
  readonly orderId: number;
  readonly cloid?: string;
  readonly symbol: string;
  readonly side: Side;
  readonly size: Size;
  readonly limitPrice: Price;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly legs: readonly OrderLeg[];
  readonly filledSize: Size;
  /** Σ price × size of the fills. */
  readonly filledNotional: Usd;
  /** Initial margin and fee set aside for what may still open, 10⁻⁶ USD. */
  readonly orderMargin: Usd;
  readonly placedAt: number;
  /** GTC on `/v1` only; HL's door has no expiry. */
  readonly expiresAt?: number;
  /** The trigger that fired, where it was a trigger order. */
  readonly trigger?: Trigger;
  /** Set where the order liquidates: the platform's own order on the user's position. */
  readonly liquidationId?: string;
  /** The TWAP that the order is a slice of. */
  readonly twapId?: number;
  /** Its part at the venue is sent as children of this size. */
  readonly slicing?: VenueSlicing;
}

export interface VenueSlicing {
  readonly size: Size;
  /** From one child to the next at least, ms: child n goes no earlier than n of these after the order. */
  readonly intervalMs: number;
}

/** Fires on the mark price, once. A stop fires at or beyond its price against the position, a take-profit with it. */
export interface Trigger {
  readonly price: Price;
  readonly kind: 'stop' | 'takeProfit';
  /** Market: an IOC order with the slippage cap; else a GTC limit at `limitPrice`. */
  readonly isMarket: boolean;
}

/** `normalTpsl`: children of an entry, waiting for its fill. `positionTpsl`: follows the size of the position. */
export type Grouping = 'na' | 'normalTpsl' | 'positionTpsl';

/** A trigger order that has not fired. Firing turns it into an `Order` of the same id, routed at that moment. */
export interface TriggerOrder {
  readonly orderId: number;
  readonly cloid?: string;
  readonly symbol: string;
  readonly side: Side;
  /** Zero with `positionTpsl`: the whole position at the moment it fires. */
  readonly size: Size;
  readonly limitPrice: Price;
  readonly reduceOnly: boolean;
  readonly trigger: Trigger;
  readonly grouping: Grouping;
  /** `normalTpsl` children: the entry they belong to. */
  readonly parentId?: number;
  /** One cancels the others (OCO). */
  readonly siblings: readonly number[];
  /** False while the entry has not filled. */
  readonly isArmed: boolean;
  readonly placedAt: number;
}

/** What is being done about an account's risk. */
export interface RiskEpisode {
  /** Highest step reached: warned at 50 %, at 80 % of equity needed, liquidating, or handed to people. */
  readonly level: 'warned50' | 'warned80' | 'liquidating' | 'takeover';
  readonly since: number;
  readonly liquidationId?: string;
  /** Steps done in this liquidation. */
  readonly steps: number;
  /** Failed attempts of the step at hand. */
  readonly attempts: number;
  /** The platform's order at the venue that decides the next step. */
  readonly orderId?: number;
  /** Not before this time (ms): a slice, or a failed step, waits. */
  readonly retryAt?: number;
  /** What stood when the order at the venue was sent. */
  readonly venueStep?: VenueStep;
  /** Position whose first slice is closed: the rest follows whole. */
  readonly slicedKey?: string;
  /** Positions the venue would not close: left to people while the others go on. */
  readonly stuckKeys?: readonly string[];
}

/** The position and the figures (10⁻⁶ USD) that a step at the venue began with. */
export interface VenueStep {
  readonly key: string;
  readonly position: Position;
  readonly markPrice: Price;
  readonly equity: Usd;
  readonly maintenance: Usd;
}

export interface LeverageSetting {
  readonly marginMode: MarginMode;
  readonly leverage: number;
}

export interface Agent {
  readonly address: Address;
  /** Empty for the unnamed agent. */
  readonly name: string;
  readonly validUntil: number;
}

export interface AccountState {
  readonly accountId: string;
  /** Main wallet; undefined until the account is opened. */
  readonly owner: Address | undefined;
  readonly wallet: Usd;
  readonly hold: Usd;
  /** Key `${symbol}:${route}`. */
  readonly positions: Readonly<Record<string, Position>>;
  /** By order id. */
  readonly orders: readonly Order[];
  /** Trigger orders that have not fired. Key orderId. */
  readonly triggers: Readonly<Record<string, TriggerOrder>>;
  /** Absent = never had one. */
  readonly twaps?: Twaps;
  /** Key `cross`, or a position's key when isolated. Absent = nothing to worry about. */
  readonly episodes: Readonly<Record<string, RiskEpisode>>;
  /** Restricted by risk or operators; absent = ACTIVE. */
  readonly tradingState?: TradingState;
  /** Dead-man's switch: cancel everything at this time (ms) unless it is moved. */
  readonly cancelAllAt?: number;
  /** Firings of the switch on a UTC day. */
  readonly cancelAllFirings: { readonly day: number; readonly count: number };
  /** Settled corrections of funding, `symbol:route:hour`, newest last, bounded. */
  readonly settledFunding: readonly string[];
  readonly leverage: Readonly<Record<string, LeverageSetting>>;
  readonly agents: readonly Agent[];
  /** One entry per signer. */
  readonly nonces: readonly SignerNonces[];
  /** Credited deposits for ever (idempotency). */
  readonly deposits: readonly string[];
  /** Newest INTERNAL opening volumes, for the split window: [at, symbol, notional]. Pruned by time, bounded. */
  readonly recentInternalVolume: readonly (readonly [at: number, symbol: string, notional: Usd])[];
  /** Venue fills booked: tid → orderId, for live orders and those in `closedVenueOrders`. */
  readonly bookedTids: Readonly<Record<string, number>>;
  /** The newest ended orders that had a HYPERLIQUID leg: a late fill still finds its order here. Oldest first, bounded. */
  readonly closedVenueOrders: readonly Order[];
  /** Traded notional, all time (rate limit budget, fee tier). */
  readonly cumulativeVolume: Usd;
  readonly builderFees: Readonly<Record<Address, string>>;
  readonly referrer: string | undefined;
}

/** Terminal causes, in the venue's words where it has one (`canceled`, `reduceOnlyCanceled`, `selfTradeCanceled` …). */
export type EndStatus =
  | 'filled'
  | 'canceled'
  | 'rejected'
  | 'expired'
  | 'iocCancelRejected'
  | 'reduceOnlyCanceled'
  | 'marginCanceled'
  | 'selfTradeCanceled'
  | 'neverArrived'
  | 'triggered'
  | 'siblingFilledCanceled'
  | 'scheduledCancel'
  | 'liquidatedCanceled'
  | 'badTriggerPxRejected'
  | 'positionIncreaseAtOpenInterestCapRejected';
