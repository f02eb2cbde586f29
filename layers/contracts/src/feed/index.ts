/** Frames of market-data's internal feed (msgpack over WebSocket, topic `feed`): a full picture first, then changes. */
import type { Bbo, BookLevel, Instrument } from '@perps/domain/market';
import type { Price, Rate } from '@perps/domain/money';
import type { AssetCtx, Candle, Meta, Trade } from '../hyperliquid/index.ts';

export * from './methods.ts';

export const FEED_TOPIC = 'feed';

/** The universe, at start and whenever it changes. `meta` is the venue's own answer, for the HL-compatible door. */
export interface UniverseFrame {
  readonly type: 'universe';
  readonly instruments: readonly Instrument[];
  readonly meta: Meta;
}

/** Accepted mark, oracle and funding of one symbol (spec 01, price sanity) and the raw context for the door. */
export interface ContextFrame {
  readonly type: 'context';
  readonly symbol: string;
  readonly markPrice: Price;
  readonly oraclePrice: Price;
  readonly fundingRate: Rate;
  /** Receipt of the last accepted mark, wall ms. */
  readonly markAt: number;
  readonly isPriceHeld: boolean;
  /** Of the symbol itself; the reader adds Bitcoin's, which holds all. */
  readonly isVolatile?: boolean;
  readonly raw: AssetCtx;
}

export interface BboFrame {
  readonly type: 'bbo';
  readonly symbol: string;
  readonly bbo: Bbo;
  readonly venueTime: number;
}

export interface BookFrame {
  readonly type: 'book';
  readonly symbol: string;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  readonly venueTime: number;
  /** Of these levels, so that a receipt can name what it was priced on. */
  readonly hash?: string;
}

export interface TradesFrame {
  readonly type: 'trades';
  readonly symbol: string;
  readonly trades: readonly Trade[];
}

export interface CandleFrame {
  readonly type: 'candle';
  readonly symbol: string;
  readonly interval: string;
  readonly candle: Candle;
}

/** Health of the channel to the venue; sent at least every 100 ms, so that silence itself is news. */
export interface HealthFrame {
  readonly type: 'health';
  readonly status: 'live' | 'degraded' | 'down';
  readonly reasons: readonly string[];
  /** Newest venue time seen on the connection, and our wall clock when it was seen (ms). */
  readonly venueTime: number;
  readonly receivedAt: number;
  /** Venue time → receipt, ms, smoothed. */
  readonly latencyMs: number;
}

export type FeedFrame = UniverseFrame | ContextFrame | BboFrame | BookFrame | TradesFrame | CandleFrame | HealthFrame;
