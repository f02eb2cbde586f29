/**
 * Answers of `/info`, `/exchange` and the channels' payloads.
 * Every price, size and amount is a decimal text, every time integer milliseconds, side `B` buys and `A` sells.
 */
export type WireSide = 'B' | 'A';

export interface UniverseEntry {
  readonly szDecimals: number;
  readonly name: string;
  readonly maxLeverage: number;
  readonly marginTableId: number;
  readonly isDelisted?: true;
  readonly onlyIsolated?: true;
  readonly marginMode?: 'strictIsolated' | 'noCross';
}

export interface MarginTier {
  readonly lowerBound: string;
  readonly maxLeverage: number;
}

export interface MarginTable {
  readonly description: string;
  readonly marginTiers: readonly MarginTier[];
}

/** The asset id is the index in `universe`; delisted entries keep theirs. */
export interface Meta {
  readonly universe: readonly UniverseEntry[];
  readonly marginTables: readonly (readonly [number, MarginTable])[];
  readonly collateralToken: number;
}

/** Context of one market; `funding` is the estimate of the hourly rate; nulls where the market is delisted or empty. */
export interface AssetCtx {
  readonly funding: string;
  readonly openInterest: string;
  readonly prevDayPx: string;
  readonly dayNtlVlm: string;
  readonly premium: string | null;
  readonly oraclePx: string;
  readonly markPx: string;
  readonly midPx: string | null;
  readonly impactPxs: readonly string[] | null;
  readonly dayBaseVlm: string;
}

/** Positional: the second element follows `universe`. */
export type MetaAndAssetCtxs = readonly [Meta, readonly AssetCtx[]];
export type AllMids = Readonly<Record<string, string>>;

export interface SpotToken {
  readonly name: string;
  readonly szDecimals: number;
  readonly weiDecimals: number;
  readonly index: number;
  readonly tokenId: string;
  readonly isCanonical: boolean;
  readonly evmContract: { readonly address: string; readonly evm_extra_wei_decimals: number } | null;
  readonly fullName: string | null;
  readonly deployerTradingFeeShare: string;
}

export interface SpotMeta {
  readonly universe: readonly {
    readonly tokens: readonly number[];
    readonly name: string;
    readonly index: number;
    readonly isCanonical: boolean;
  }[];
  readonly tokens: readonly SpotToken[];
}

export interface SpotAssetCtx {
  readonly prevDayPx: string;
  readonly dayNtlVlm: string;
  readonly markPx: string;
  readonly midPx: string | null;
  readonly circulatingSupply: string;
  readonly coin: string;
  readonly totalSupply: string;
  readonly dayBaseVlm: string;
}

export interface SpotClearinghouseState {
  readonly balances: readonly {
    readonly coin: string;
    readonly token: number;
    readonly total: string;
    readonly hold: string;
    readonly entryNtl: string;
  }[];
}

export interface L2Level {
  readonly px: string;
  readonly sz: string;
  /** Number of orders at this price. */
  readonly n: number;
}

/** Bids descending, then asks ascending; at most 20 a side. */
export interface L2Book {
  readonly coin: string;
  readonly time: number;
  readonly levels: readonly [readonly L2Level[], readonly L2Level[]];
}

/** `t` is the first and `T` the last millisecond of the interval. */
export interface Candle {
  readonly t: number;
  readonly T: number;
  readonly s: string;
  readonly i: string;
  readonly o: string;
  readonly c: string;
  readonly h: string;
  readonly l: string;
  readonly v: string;
  readonly n: number;
}

/** `side` is the aggressor's; `users` are buyer and seller. */
export interface Trade {
  readonly coin: string;
  readonly side: WireSide;
  readonly px: string;
  readonly sz: string;
  readonly hash: string;
  readonly time: number;
  readonly tid: number;
  readonly users: readonly [string, string];
}

/** `fundingRate` is hourly. */
export interface FundingHistoryRow {
  readonly coin: string;
  readonly fundingRate: string;
  readonly premium: string;
  readonly time: number;
}

export interface PredictedFunding {
  readonly fundingRate: string;
  readonly nextFundingTime: number;
  readonly fundingIntervalHours?: number;
}
export type PredictedFundings = readonly (readonly [string, readonly (readonly [string, PredictedFunding | null])[]])[];

export interface MarginSummary {
  readonly accountValue: string;
  readonly totalNtlPos: string;
  readonly totalRawUsd: string;
  readonly totalMarginUsed: string;
}

export type WireLeverage =
  | { readonly type: 'cross'; readonly value: number }
  | { readonly type: 'isolated'; readonly value: number; readonly rawUsd: string };

/** `szi` is signed; `cumFunding` is positive when paid. */
export interface WirePosition {
  readonly coin: string;
  readonly szi: string;
  readonly leverage: WireLeverage;
  readonly entryPx: string;
  readonly positionValue: string;
  readonly unrealizedPnl: string;
  readonly returnOnEquity: string;
  readonly liquidationPx: string | null;
  readonly marginUsed: string;
  readonly maxLeverage: number;
  readonly cumFunding: { readonly allTime: string; readonly sinceOpen: string; readonly sinceChange: string };
}

export interface ClearinghouseState {
  readonly marginSummary: MarginSummary;
  readonly crossMarginSummary: MarginSummary;
  readonly crossMaintenanceMarginUsed: string;
  readonly withdrawable: string;
  readonly assetPositions: readonly { readonly type: 'oneWay'; readonly position: WirePosition }[];
  readonly time: number;
}

/** `sz` is what remains, `origSz` the size as placed. */
export interface OpenOrder {
  readonly coin: string;
  readonly side: WireSide;
  readonly limitPx: string;
  readonly sz: string;
  readonly oid: number;
  readonly timestamp: number;
  readonly origSz: string;
  readonly cloid?: string;
  readonly reduceOnly?: true;
}

export type WireOrderType =
  'Market' | 'Limit' | 'Stop Market' | 'Stop Limit' | 'Take Profit Market' | 'Take Profit Limit' | 'Twap Slice';
export type WireTif = 'Gtc' | 'Ioc' | 'Alo' | 'FrontendMarket' | 'LiquidationMarket';

/**
 * `triggerCondition` is `N/A`, or what the mark waits for (`Price above 10.004`), or `Triggered`;
 * `triggerPx` is `0.0` without a trigger. Market triggers have no tif; their `limitPx` is what the client sent.
 */
export interface FrontendOrder {
  readonly coin: string;
  readonly side: WireSide;
  readonly limitPx: string;
  readonly sz: string;
  readonly oid: number;
  readonly timestamp: number;
  readonly triggerCondition: string;
  readonly isTrigger: boolean;
  readonly triggerPx: string;
  readonly children: readonly FrontendOrder[];
  readonly isPositionTpsl: boolean;
  readonly reduceOnly: boolean;
  readonly orderType: WireOrderType;
  readonly origSz: string;
  readonly tif: WireTif | null;
  readonly cloid: string | null;
}

export const orderStatuses = [
  'open',
  'filled',
  'canceled',
  'triggered',
  'rejected',
  'marginCanceled',
  'vaultWithdrawalCanceled',
  'openInterestCapCanceled',
  'selfTradeCanceled',
  'reduceOnlyCanceled',
  'siblingFilledCanceled',
  'delistedCanceled',
  'liquidatedCanceled',
  'scheduledCancel',
  'tickRejected',
  'minTradeNtlRejected',
  'perpMarginRejected',
  'reduceOnlyRejected',
  'badAloPxRejected',
  'iocCancelRejected',
  'badTriggerPxRejected',
  'marketOrderNoLiquidityRejected',
  'positionIncreaseAtOpenInterestCapRejected',
  'positionFlipAtOpenInterestCapRejected',
  'tooAggressiveAtOpenInterestCapRejected',
  'openInterestIncreaseRejected',
  'insufficientSpotBalanceRejected',
  'oracleRejected',
  'perpMaxPositionRejected',
] as const;
export type WireOrderStatus = (typeof orderStatuses)[number];

/** Row of `historicalOrders`, and what `orderStatus` wraps. */
export interface HistoricalOrder {
  readonly order: FrontendOrder;
  readonly status: WireOrderStatus;
  readonly statusTimestamp: number;
}

export type OrderStatusAnswer =
  { readonly status: 'order'; readonly order: HistoricalOrder } | { readonly status: 'unknownOid' };

/** Counterparties of a liquidation carry it too: compare `liquidatedUser`. */
export interface FillLiquidation {
  readonly liquidatedUser: string;
  readonly markPx: string;
  readonly method: 'market' | 'backstop';
}

/** `startPosition` is signed; `closedPnl` is gross of fees; `fee` includes `builderFee`; `crossed` means taker. */
export interface UserFill {
  readonly coin: string;
  readonly px: string;
  readonly sz: string;
  readonly side: WireSide;
  readonly time: number;
  readonly startPosition: string;
  readonly dir: string;
  readonly closedPnl: string;
  readonly hash: string;
  readonly oid: number;
  readonly crossed: boolean;
  readonly fee: string;
  readonly tid: number;
  readonly feeToken: string;
  readonly twapId: number | null;
  readonly cloid?: string;
  readonly builderFee?: string;
  readonly liquidation?: FillLiquidation;
}
