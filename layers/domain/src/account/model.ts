/** The account stream's state, and the words its commands and events share. Types only. */
import type { Price, Size, Usd } from '../money/index.ts';
import type { NonceWindow } from '../nonces/index.ts';
import type { Route, RoutingDecision } from '../routing/model.ts';

export type Side = 'buy' | 'sell';
export type MarginMode = 'cross' | 'isolated';
export type TimeInForce = 'GTC' | 'IOC' | 'ALO';
export type Liquidity = 'maker' | 'taker';
/** `0x` and 40 lower-case hex digits. */
export type Address = string;

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
  /** Why: the user, or a resting reduce-only leg that had become larger than its position. */
  readonly cancelCause?: 'user' | 'expired' | 'reduceOnly';
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
  /** Key orderId. */
  readonly orders: Readonly<Record<string, Order>>;
  readonly leverage: Readonly<Record<string, LeverageSetting>>;
  readonly agents: readonly Agent[];
  /** Per signer address. */
  readonly nonces: Readonly<Record<Address, NonceWindow>>;
  /** Credited deposits for ever (idempotency). */
  readonly deposits: Readonly<Record<string, true>>;
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
  | 'neverArrived';
