/** The account stream: state, commands, events, rejections. Types only. */
import type { Transfer } from '../ledger/model.ts';
import type { MarketView } from '../market/model.ts';
import type { Price, Size, Usd } from '../money/index.ts';
import type { NonceWindow } from '../nonces/index.ts';
import type { Route, RoutingDecision, RoutingPolicy } from '../routing/model.ts';

export type Side = 'buy' | 'sell';
export type MarginMode = 'cross' | 'isolated';
export type TimeInForce = 'GTC' | 'IOC' | 'ALO';
export type Liquidity = 'maker' | 'taker';
/** `0x` and 40 lower-case hex digits. */
export type Address = string;

// ── state ────────────────────────────────────────────────────────────────────────────────────────────────────────────

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
  /** Venue fills booked on live HYPERLIQUID orders: tid → true, dropped with the order. */
  readonly bookedTids: Readonly<Record<string, true>>;
  /** Traded notional, all time (rate limit budget, fee tier). */
  readonly cumulativeVolume: Usd;
  readonly builderFees: Readonly<Record<Address, string>>;
  readonly referrer: string | undefined;
}

// ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Who signed an action and with which nonce; commandId is `${signer}:${nonce}`. */
export interface Signed {
  readonly signer: Address;
  readonly nonce: number;
  /** Hex of the signed hash: the same nonce with another body is refused. */
  readonly hash: string;
}

/** What every command carries. `at` is the shard's time when it decides, `receivedAt` the edge's (ms). */
interface CommandBase {
  readonly commandId: string;
  readonly accountId: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly signed?: Signed;
}

export interface OrderRequest {
  readonly symbol: string;
  readonly side: Side;
  readonly size: Size;
  readonly limitPrice: Price;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly cloid?: string;
}

/** Facts of the moment that the host hands to `decide`; never looked up inside. */
export interface DecisionContext {
  readonly markets: Readonly<Record<string, MarketView>>;
  readonly policy: RoutingPolicy;
  readonly fees: FeeSchedule;
  /** Signed INTERNAL exposure of this shard by symbol, 10⁻⁶ USD at mark, and Σ of absolutes. */
  readonly exposure: { readonly bySymbol: Readonly<Record<string, Usd>>; readonly total: Usd };
  readonly ids: { readonly nextOrderId: number; readonly nextTradeId: number; readonly shard: number };
  readonly venue: VenueContext;
}

export interface VenueContext {
  /** False: opens for HYPERLIQUID are refused with `reason` (spec 02: never internalise because the venue is down). */
  readonly isAvailable: boolean;
  readonly reason?: string;
  /** First free nonce of the signer slot (ms); the decider takes consecutive ones. */
  readonly nextNonce: number;
  readonly slot: number;
  readonly expiresAfterMs: number;
}

/** Tenths of a basis point. */
export interface FeeSchedule {
  readonly taker: number;
  readonly maker: number;
  readonly builder: number;
}

export type OrderTarget =
  { readonly symbol: string; readonly orderId: number } | { readonly symbol: string; readonly cloid: string };

export type AccountCommand =
  | (CommandBase & { readonly type: 'OpenAccount'; readonly owner: Address })
  | (CommandBase & {
      readonly type: 'CreditDeposit';
      readonly depositId: string;
      readonly chain: string;
      readonly amount: Usd;
    })
  | (CommandBase & {
      readonly type: 'PlaceOrders';
      readonly orders: readonly OrderRequest[];
      readonly context: DecisionContext;
    })
  | (CommandBase & {
      readonly type: 'CancelOrders';
      readonly targets: readonly OrderTarget[];
      readonly context: DecisionContext;
    })
  | (CommandBase & {
      readonly type: 'ModifyOrders';
      readonly modifies: readonly {
        readonly target: OrderTarget | { readonly orderId: number } | { readonly cloid: string };
        readonly order: OrderRequest;
      }[];
      readonly context: DecisionContext;
    })
  | (CommandBase & {
      readonly type: 'UpdateLeverage';
      readonly symbol: string;
      readonly setting: LeverageSetting;
      readonly context: DecisionContext;
    })
  | (CommandBase & { readonly type: 'ApproveAgent'; readonly agent: Agent })
  | (CommandBase & { readonly type: 'ApproveBuilderFee'; readonly builder: Address; readonly feeRateMax: string })
  | (CommandBase & { readonly type: 'SetReferrer'; readonly code: string })
  | (CommandBase & { readonly type: 'Noop' })
  /** The bbo crossed a resting INTERNAL leg; the host names the order, the decider checks again. */
  | (CommandBase & { readonly type: 'FillResting'; readonly orderId: number; readonly context: DecisionContext })
  | (CommandBase & { readonly type: 'ExpireOrder'; readonly orderId: number })
  /** One execution at the venue; idempotent by tid. */
  | (CommandBase & {
      readonly type: 'BookVenueFill';
      readonly venueCloid: string;
      readonly fill: VenueFill;
      readonly context: DecisionContext;
    })
  /** What became of a venue order, from whichever source came first. */
  | (CommandBase & {
      readonly type: 'ResolveVenueOrder';
      readonly venueCloid: string;
      readonly fate: VenueFate;
      readonly context: DecisionContext;
    });

export interface VenueFill {
  readonly tid: number;
  readonly venueOrderId: number;
  readonly price: Price;
  readonly size: Size;
  /** As the venue charged it (builder fee included), 10⁻⁶ USD; negative = rebate. */
  readonly fee: Usd;
  readonly liquidity: Liquidity;
  readonly time: number;
  readonly hash: string;
}

/** `executedSize` is the venue's own count: the leg ends only when that much is booked. */
export type VenueFate =
  | { readonly kind: 'open'; readonly venueOrderId: number }
  | {
      readonly kind: 'ended';
      readonly venueOrderId: number;
      readonly executedSize: Size;
      readonly status: 'filled' | 'canceled' | 'rejected';
      readonly cause?: string;
    }
  | { readonly kind: 'refused'; readonly cause: string }
  /** Past expiry and visibility lag, two consistent answers: it never reached the book. */
  | { readonly kind: 'neverArrived' }
  /** A requested cancel was answered; the order's own fate is told separately. */
  | { readonly kind: 'cancelRefused'; readonly cause: string };

// ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────

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

export interface QuoteUsed {
  readonly bid: Price | undefined;
  readonly ask: Price | undefined;
  readonly markPrice: Price;
  readonly oraclePrice: Price;
  readonly quoteAgeMs: number;
  readonly markAgeMs: number;
}

export type AccountEvent =
  /** First event of every signed action, also of refused ones: its nonce is consumed. */
  | { readonly type: 'ActionSigned'; readonly signer: Address; readonly nonce: number; readonly hash: string }
  | { readonly type: 'AccountOpened'; readonly owner: Address }
  | {
      readonly type: 'DepositCredited';
      readonly depositId: string;
      readonly amount: Usd;
      readonly transfers: readonly Transfer[];
    }
  | { readonly type: 'CommandRefused'; readonly rejection: Rejection }
  | {
      readonly type: 'OrderPlaced';
      readonly order: Order;
      readonly routingLatencyMs: number;
      readonly quote: QuoteUsed;
    }
  | {
      readonly type: 'OrderFilled';
      readonly orderId: number;
      readonly route: Route;
      readonly tradeId: number;
      readonly price: Price;
      readonly size: Size;
      readonly side: Side;
      readonly symbol: string;
      readonly liquidity: Liquidity;
      /** Total fee charged to the user (builder part included). */
      readonly fee: Usd;
      readonly builderFee: Usd;
      /** Gross of fees, against the displayed (truncated) entry, as Hyperliquid reports it. */
      readonly closedPnl: Usd;
      /** Signed size of the route's position before, and the position after (undefined = flat). */
      readonly startSize: Size;
      readonly positionId: string;
      readonly position: Position | undefined;
      /** The order after this fill: legs, filled size, remaining order margin. */
      readonly legs: readonly OrderLeg[];
      readonly orderMargin: Usd;
      readonly transfers: readonly Transfer[];
      /** INTERNAL only. */
      readonly quote?: QuoteUsed;
      /** HYPERLIQUID only: the venue's tid, oid, hash and time. */
      readonly venue?: {
        readonly tid: number;
        readonly venueOrderId: number;
        readonly hash: string;
        readonly time: number;
      };
      /** Opening notional, for the split window (INTERNAL only). */
      readonly openedNotional: Usd;
    }
  /** Legs changed without an execution (venue order opened, cancel requested, re-routed, shrunk by reduce-only). */
  | {
      readonly type: 'OrderChanged';
      readonly orderId: number;
      readonly legs: readonly OrderLeg[];
      readonly orderMargin: Usd;
      readonly cause: string;
    }
  | { readonly type: 'OrderEnded'; readonly orderId: number; readonly status: EndStatus; readonly cause?: string }
  /** The pending record of a venue order: everything the signer needs, never recomputed (spec 07). */
  | { readonly type: 'VenueOrderRequested'; readonly request: VenueOrderRequest }
  | { readonly type: 'VenueCancelRequested'; readonly request: VenueCancelRequest }
  | { readonly type: 'VenueOrderResolved'; readonly venueCloid: string; readonly fate: VenueFate['kind'] }
  | {
      readonly type: 'LeverageUpdated';
      readonly symbol: string;
      readonly setting: LeverageSetting;
      readonly positions: readonly Position[];
      readonly transfers: readonly Transfer[];
    }
  | { readonly type: 'AgentApproved'; readonly agent: Agent; readonly replaced: Address | undefined }
  | { readonly type: 'AgentRevoked'; readonly address: Address }
  | { readonly type: 'BuilderFeeApproved'; readonly builder: Address; readonly feeRateMax: string }
  | { readonly type: 'ReferrerSet'; readonly code: string };

export interface VenueOrderRequest {
  readonly venueCloid: string;
  readonly orderId: number;
  readonly accountId: string;
  readonly symbol: string;
  readonly assetId: number;
  readonly szDecimals: number;
  readonly side: Side;
  readonly size: Size;
  readonly limitPrice: Price;
  readonly timeInForce: TimeInForce;
  /** Signer slot and its nonce (ms), and the time (ms) after which the venue must refuse. */
  readonly slot: number;
  readonly nonce: number;
  readonly expiresAfter: number;
  readonly requestedAt: number;
  readonly purpose: 'user' | 'hedge' | 'liquidation';
}

export interface VenueCancelRequest {
  readonly venueCloid: string;
  readonly orderId: number;
  readonly accountId: string;
  readonly assetId: number;
  readonly slot: number;
  readonly nonce: number;
  readonly expiresAfter: number;
  readonly requestedAt: number;
}

// ── rejections and results ───────────────────────────────────────────────────────────────────────────────────────────

/** Why an order, or a whole command, is refused. The doors map reasons to their own codes and texts. */
export type Rejection =
  | { readonly reason: 'UnknownAccount' }
  | { readonly reason: 'UnknownSigner'; readonly signer: Address }
  | { readonly reason: 'DuplicateNonce'; readonly nonce: number }
  | { readonly reason: 'NonceTooLow'; readonly nonce: number; readonly floor: number }
  | { readonly reason: 'NonceTooHigh'; readonly nonce: number; readonly ceiling: number }
  | { readonly reason: 'UnknownSymbol'; readonly symbol: string }
  | { readonly reason: 'InvalidPrice' }
  | { readonly reason: 'InvalidSize' }
  | { readonly reason: 'ZeroSize' }
  | { readonly reason: 'TickSize' }
  | { readonly reason: 'MinimumValue' }
  | { readonly reason: 'PriceTooFar' }
  | { readonly reason: 'InsufficientMargin' }
  | { readonly reason: 'ReduceOnlyWouldIncrease' }
  | { readonly reason: 'PostOnlyWouldMatch'; readonly bid: Price | undefined; readonly ask: Price | undefined }
  | { readonly reason: 'NothingToMatch' }
  | { readonly reason: 'NoLiquidity' }
  | { readonly reason: 'TooManyOpenOrders' }
  | { readonly reason: 'DuplicateCloid' }
  | { readonly reason: 'OrderNotFound' }
  | { readonly reason: 'CannotModify' }
  | { readonly reason: 'InvalidLeverage' }
  | { readonly reason: 'MarginModeLocked' }
  | { readonly reason: 'CrossNotAllowed' }
  | { readonly reason: 'LeverageNeedsMargin'; readonly marginMode: MarginMode }
  | { readonly reason: 'TooManyAgents' }
  | { readonly reason: 'AgentInUse' }
  | { readonly reason: 'AgentExpired' }
  | { readonly reason: 'MarketDataUnavailable' }
  | { readonly reason: 'VenueUnavailable'; readonly cause: string }
  | { readonly reason: 'VenueRefused'; readonly cause: string }
  | { readonly reason: 'TradingHalted' }
  | { readonly reason: 'OnlyReducing' }
  | { readonly reason: 'Overloaded' };

/** The answer to one order of a command; `pending` = at the venue, fate not known yet. */
export type OrderOutcome =
  | { readonly status: 'resting'; readonly orderId: number; readonly cloid?: string }
  | {
      readonly status: 'filled';
      readonly orderId: number;
      readonly cloid?: string;
      readonly filledSize: Size;
      readonly averagePrice: Price;
      readonly symbol: string;
    }
  | { readonly status: 'pending'; readonly orderId: number; readonly cloid?: string }
  | { readonly status: 'refused'; readonly rejection: Rejection };

export type CancelOutcome =
  | { readonly status: 'canceled' }
  | { readonly status: 'pending'; readonly orderId: number }
  | { readonly status: 'refused'; readonly rejection: Rejection };

export type CommandResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'orders'; readonly orders: readonly OrderOutcome[] }
  | { readonly kind: 'cancels'; readonly cancels: readonly CancelOutcome[] }
  | { readonly kind: 'refused'; readonly rejection: Rejection };
