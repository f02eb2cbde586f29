import type { Usd } from '../money/index.ts';

export type Route = 'INTERNAL' | 'HYPERLIQUID';
export type RoutingMode = 'HL_MODE' | 'NORMAL_MODE' | 'BETTING_MODE';
export type TradingState = 'ACTIVE' | 'REDUCING' | 'HALTED';
/** What can be paused by itself, per symbol or everywhere. Pausing holds; it never cancels protection. */
export type Operation = 'open' | 'close' | 'trigger' | 'funding' | 'liquidation' | 'withdrawal';

/** Why an order took its route; logged with every order. */
export type RoutingReason =
  | 'within_threshold'
  | 'over_threshold'
  | 'hl_mode'
  | 'closes_internal_position'
  | 'closes_hyperliquid_position'
  | 'symbol_not_internalised'
  | 'betting_disabled'
  | 'hl_latency_exceeded'
  | 'quote_stale'
  | 'price_held'
  | 'volatility_exceeded'
  | 'held'
  | 'net_exposure_limit'
  | 'total_exposure_limit'
  | 'user_internal_cap'
  | 'split_window';

/** What a symbol overrides; absent means the policy's default. Amounts in 10⁻⁶ USD. */
export interface SymbolPolicy {
  readonly isInternalised: boolean;
  readonly mode?: RoutingMode;
  readonly normalThreshold?: Usd;
  readonly bettingThreshold?: Usd;
  /** |net exposure| at or over which an order that increases it goes to the venue (this shard's share). */
  readonly netExposureLimit?: Usd;
  readonly tradingState?: TradingState;
  /** Causes that force the venue for opens (volatility, hedge, reserve …); set by command, each with its own release. */
  readonly holds?: readonly string[];
  readonly pauses?: readonly Operation[];
  /** Opens at the venue are refused (deviation, venue margin …), with the cause; closes go on. */
  readonly venueOpensStopped?: string;
}

/** How positions are liquidated (spec 03). */
export interface LiquidationPolicy {
  /** What is left of an isolated margin after an INTERNAL liquidation: forfeited to B-book and reserve, or returned. */
  readonly remainder: 'FORFEIT' | 'RETURN';
  /** Positions over this notional (10⁻⁶ USD) close in slices; absent = whole. */
  readonly sliceAbove?: Usd;
  readonly firstSlicePercent: number;
  readonly sliceDelayMs: number;
}

/** The routing configuration of a shard; enters only as a journaled command. */
export interface RoutingPolicy {
  readonly version: number;
  readonly mode: RoutingMode;
  readonly isBettingEnabled: boolean;
  readonly normalThreshold: Usd;
  readonly bettingThreshold: Usd;
  readonly netExposureLimit: Usd;
  readonly totalExposureLimit: Usd;
  /** A user's open INTERNAL notional per symbol may reach this multiple of the threshold. */
  readonly userInternalCapMultiple: number;
  /** INTERNAL volume of a user within this window may not pass the threshold (splitting of one large order). */
  readonly splitWindowMs: number;
  readonly latencyMsMax: number;
  readonly quoteAgeMsMax: number;
  /** Worst price of a market order against the best level, tenths of a basis point. */
  readonly slippageCapTenthsBps: number;
  readonly tradingState: TradingState;
  readonly symbols: Readonly<Record<string, SymbolPolicy>>;
  readonly holds: readonly string[];
  readonly pauses?: readonly Operation[];
  /** Absent = spec 03's defaults. */
  readonly liquidation?: LiquidationPolicy;
  /** Extra fee while volatility is high, tenths of a basis point; absent = none. */
  readonly feeSurcharge?: number;
  /** True = TWAP orders are taken; absent = they are refused, and running ones end. */
  readonly isTwapEnabled?: boolean;
  /** Large market orders go to the venue in slices; absent = whole. */
  readonly venueSlicing?: VenueSlicingPolicy;
}

export interface VenueSlicingPolicy {
  /** Value of a venue leg at the mark, 10⁻⁶ USD, above which it is sliced. */
  readonly above: Usd;
  readonly slices: number;
  readonly intervalMs: number;
}

/** Everything the decision looks at. */
export interface RoutingFacts {
  readonly symbol: string;
  /** size × mark, 10⁻⁶ USD, of the part that opens. */
  readonly notional: Usd;
  /** +1 buys, −1 sells. */
  readonly direction: 1 | -1;
  /** Signed net INTERNAL exposure of the symbol in this shard before the order (users' longs − shorts), 10⁻⁶ USD. */
  readonly netExposure: Usd;
  /** Σ |net exposure| over the symbols of this shard. */
  readonly totalExposure: Usd;
  /** The user's open INTERNAL notional in the symbol, absolute. */
  readonly userInternalNotional: Usd;
  /** The user's INTERNAL volume within the split window. */
  readonly userRecentInternalVolume: Usd;
  readonly latencyMs: number;
  readonly quoteAgeMs: number;
  readonly isPriceHeld: boolean;
  readonly isVolatile?: boolean;
}

export interface RoutingDecision {
  readonly route: Route;
  readonly reason: RoutingReason;
  readonly mode: RoutingMode;
  readonly thresholdUsed: Usd;
  readonly policyVersion: number;
}
