/** RPC methods of market-data, beside its topic `feed`. All answers are in the venue's wire shapes, for the HL-compatible door. */
import type { Candle, FundingHistoryRow, L2Book, Trade } from '../hyperliquid/index.ts';

export interface CandlesParams {
  readonly symbol: string;
  readonly interval: string;
  readonly startTime: number;
  readonly endTime?: number;
}

export interface L2BookParams {
  readonly symbol: string;
  /** 2 … 5; absent or null = full precision. */
  readonly nSigFigs?: number | null;
  /** 2 or 5, only with nSigFigs 5. */
  readonly mantissa?: number | null;
}

export interface FundingHistoryParams {
  readonly symbol: string;
  readonly startTime: number;
  readonly endTime?: number;
}

export interface WatchCandlesParams {
  readonly symbol: string;
  readonly interval: string;
}

/** An upstream subscription made by `watchCandles` ends so long after the last call for it: renew in time (ms). */
export const CANDLE_WATCH_MS = 60_000;

/** What the venue said, status and body as they came. */
export interface RelayedAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Errors: `BadRequest`, `UnknownSymbol`, `RateLimited` (weight budget spent), `VenueUnavailable`. */
export interface MarketDataMethods {
  candles(params: CandlesParams): Promise<readonly Candle[]>;
  recentTrades(params: { readonly symbol: string }): Promise<readonly Trade[]>;
  /** null where the venue knows no such market. */
  l2Book(params: L2BookParams): Promise<L2Book | null>;
  fundingHistory(params: FundingHistoryParams): Promise<readonly FundingHistoryRow[]>;
  /** Starts (or keeps) candle frames of one interval on the feed. `1m` of every symbol is always there. */
  watchCandles(params: WatchCandlesParams): Promise<null>;
  /** A market-only `/info` request, answered from the cache or by the venue. */
  relayInfo(params: { readonly request: Readonly<Record<string, unknown>> }): Promise<RelayedAnswer>;
}
