import type { Price, Rate, Size, Usd } from '../money/index.ts';

/** From `lowerBound` of position notional (10⁻⁶ USD) on, at most this leverage. Ascending by bound; the first bound is 0. */
export interface MarginTier {
  readonly lowerBound: Usd;
  readonly maxLeverage: number;
}

/** The rules of one perpetual, from Hyperliquid's `meta`. */
export interface Instrument {
  readonly symbol: string;
  /** Index in the venue's universe. */
  readonly assetId: number;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly marginTableId: number;
  readonly marginTiers: readonly MarginTier[];
  readonly isDelisted: boolean;
  readonly onlyIsolated: boolean;
}

export interface BookLevel {
  readonly price: Price;
  readonly size: Size;
}

/** Best bid and ask; a side may be empty. */
export interface Bbo {
  readonly bid: BookLevel | undefined;
  readonly ask: BookLevel | undefined;
}

/** What a decision may know about a market at its moment. Prices are the last *accepted* ones. */
export interface MarketView {
  readonly instrument: Instrument;
  readonly markPrice: Price;
  readonly oraclePrice: Price;
  /** Age of the mark by receipt, ms. */
  readonly markAgeMs: number;
  readonly fundingRate: Rate;
  readonly bbo: Bbo;
  /** Visible levels, best first; used to price sizes beyond the best level. Empty when unknown. */
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  /** now − newest venue time seen on the connection, ms. A quiet book is not a stale one. */
  readonly quoteAgeMs: number;
  /** Venue time → us, ms (smoothed by market-data). */
  readonly latencyMs: number;
  /** Of the visible levels, for receipts; absent where market-data gave none. */
  readonly bookHash?: string;
  /** A held jump (spec 01, price sanity): internalisation of the symbol pauses. */
  readonly isPriceHeld: boolean;
  /** Its realised volatility, or Bitcoin's, is over the limit: nothing of it opens INTERNAL. */
  readonly isVolatile?: boolean;
}
