/** The consumer's side of market-data's feed: the newest accepted market state per symbol, in memory. */
import type { BboFrame, BookFrame, ContextFrame, FeedFrame, HealthFrame, UniverseFrame } from '@perps/contracts/feed';
import type { Bbo, BookLevel, Instrument, MarketView } from '@perps/domain/market';
import type { Clock } from '@perps/runtime/ports';

/** Spec 01: without data for so long the channel is degraded, then down (new orders refused). */
const DEGRADED_AFTER_MS = 10_000;
const DOWN_AFTER_MS = 60_000;
/** market-data speaks at least every 100 ms: ten missed health frames say that the feed itself is gone. */
const FEED_SILENT_AFTER_MS = 1_000;

export interface FeedHealth {
  /** `live`; `degraded` = good enough to close and liquidate; `down` = new orders are refused. */
  readonly status: HealthFrame['status'];
  readonly reasons: readonly string[];
  /** now − newest venue time, ms; a very large number before the first. */
  readonly quoteAgeMs: number;
  /** Since the last frame of any kind, ms; a very large number before the first. */
  readonly feedAgeMs: number;
  readonly latencyMs: number;
}

export interface MarketBoard {
  ingest(frame: FeedFrame): void;
  /** undefined for unknown or delisted symbols and before the first accepted prices. `now` in wall ms. */
  view(symbol: string, now: number): MarketView | undefined;
  symbols(): readonly string[];
  instrument(symbol: string): Instrument | undefined;
  byAssetId(assetId: number): Instrument | undefined;
  /** Called after the frame is in, once per bbo frame. */
  onBbo(listener: (symbol: string) => void): void;
  /** Called after the frame is in, once per context frame. */
  onContext(listener: (symbol: string) => void): void;
  /** Called when instruments were added or changed. */
  onUniverse(listener: () => void): void;
  health(now: number): FeedHealth;
}

interface Market {
  readonly instrument: Instrument;
  context: ContextFrame | undefined;
  bbo: BboFrame | undefined;
  book: BookFrame | undefined;
}

/** The age of what has not come yet: finite, because ages are journaled. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;
/** When this one is volatile, every market is (SC-EC-003). */
const LEADER = 'BTC';
const EMPTY_BBO: Bbo = { bid: undefined, ask: undefined };

class Board implements MarketBoard {
  readonly #clock: Clock;
  readonly #markets = new Map<string, Market>();
  readonly #byAssetId = new Map<number, Instrument>();
  readonly #bboListeners: ((symbol: string) => void)[] = [];
  readonly #contextListeners: ((symbol: string) => void)[] = [];
  readonly #universeListeners: (() => void)[] = [];
  #health: HealthFrame | undefined;
  #venueTime = 0;
  #ingestedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ingest(frame: FeedFrame): void {
    this.#ingestedAt = this.#clock.now();
    switch (frame.type) {
      case 'universe':
        return this.#setUniverse(frame);
      case 'context':
        return this.#setContext(frame);
      case 'bbo':
        return this.#setBbo(frame);
      case 'book':
        return this.#setBook(frame);
      case 'health':
        return this.#setHealth(frame);
      case 'trades':
      case 'candle':
        return undefined;
    }
  }

  view(symbol: string, now: number): MarketView | undefined {
    const market = this.#markets.get(symbol);
    if (market?.context === undefined || market.instrument.isDelisted) return undefined;
    const { instrument, context } = market;
    const book = usableBook(market);
    return {
      instrument,
      markPrice: context.markPrice,
      oraclePrice: context.oraclePrice,
      markAgeMs: Math.max(0, now - context.markAt),
      fundingRate: context.fundingRate,
      bbo: market.bbo?.bbo ?? EMPTY_BBO,
      bids: book.bids,
      asks: book.asks,
      quoteAgeMs: this.#quoteAge(now),
      latencyMs: this.#health?.latencyMs ?? 0,
      ...(market.book?.hash === undefined ? {} : { bookHash: market.book.hash }),
      isPriceHeld: context.isPriceHeld,
      isVolatile: context.isVolatile === true || this.#markets.get(LEADER)?.context?.isVolatile === true,
    };
  }

  symbols(): readonly string[] {
    return [...this.#markets.keys()];
  }

  instrument(symbol: string): Instrument | undefined {
    return this.#markets.get(symbol)?.instrument;
  }

  byAssetId(assetId: number): Instrument | undefined {
    return this.#byAssetId.get(assetId);
  }

  onBbo(listener: (symbol: string) => void): void {
    this.#bboListeners.push(listener);
  }

  onContext(listener: (symbol: string) => void): void {
    this.#contextListeners.push(listener);
  }

  onUniverse(listener: () => void): void {
    this.#universeListeners.push(listener);
  }

  health(now: number): FeedHealth {
    const feedAgeMs = this.#ingestedAt === 0 ? NEVER_MS : Math.max(0, now - this.#ingestedAt);
    const told = this.#health;
    const common = { quoteAgeMs: this.#quoteAge(now), feedAgeMs, latencyMs: told?.latencyMs ?? 0 };
    if (told === undefined) return { ...common, status: 'down', reasons: ['no market data yet'] };
    if (feedAgeMs < FEED_SILENT_AFTER_MS) return { ...common, status: told.status, reasons: told.reasons };
    const silence = `market-data silent for ${Math.round(feedAgeMs / 1_000)} s`;
    return { ...common, status: worse(told.status, statusOfSilence(feedAgeMs)), reasons: [silence, ...told.reasons] };
  }

  #setUniverse(frame: UniverseFrame): void {
    this.#byAssetId.clear();
    const known = new Map(this.#markets);
    this.#markets.clear();
    for (const instrument of frame.instruments) {
      const before = known.get(instrument.symbol);
      // Prices are integers in ticks: with another szDecimals the old ones mean something else.
      const keeps = before !== undefined && before.instrument.szDecimals === instrument.szDecimals;
      const market = keeps ? { ...before, instrument } : { ...EMPTY_MARKET, instrument };
      this.#markets.set(instrument.symbol, market);
      this.#byAssetId.set(instrument.assetId, instrument);
    }
    for (const listener of this.#universeListeners) listener();
  }

  #setContext(frame: ContextFrame): void {
    const market = this.#markets.get(frame.symbol);
    if (market === undefined) return;
    market.context = frame;
    for (const listener of this.#contextListeners) listener(frame.symbol);
  }

  #setBbo(frame: BboFrame): void {
    const market = this.#markets.get(frame.symbol);
    if (market === undefined) return;
    this.#sawVenueTime(frame.venueTime);
    market.bbo = frame;
    for (const listener of this.#bboListeners) listener(frame.symbol);
  }

  #setBook(frame: BookFrame): void {
    const market = this.#markets.get(frame.symbol);
    if (market === undefined) return;
    this.#sawVenueTime(frame.venueTime);
    market.book = frame;
  }

  #setHealth(frame: HealthFrame): void {
    this.#sawVenueTime(frame.venueTime);
    this.#health = frame;
  }

  #sawVenueTime(venueTime: number): void {
    if (venueTime > this.#venueTime) this.#venueTime = venueTime;
  }

  #quoteAge(now: number): number {
    return this.#venueTime === 0 ? NEVER_MS : Math.max(0, now - this.#venueTime);
  }
}

const EMPTY_MARKET = { context: undefined, bbo: undefined, book: undefined };

const NO_LEVELS: { readonly bids: readonly BookLevel[]; readonly asks: readonly BookLevel[] } = { bids: [], asks: [] };

/** Levels that a newer bbo has passed are gone: a size is never priced against liquidity that was already taken. */
function usableBook({ book, bbo }: Market): typeof NO_LEVELS {
  if (book === undefined) return NO_LEVELS;
  if (bbo === undefined || bbo.venueTime <= book.venueTime) return book;
  const { bid, ask } = bbo.bbo;
  const bids = bid === undefined ? [] : [bid, ...book.bids.filter((level) => level.price < bid.price)];
  const asks = ask === undefined ? [] : [ask, ...book.asks.filter((level) => level.price > ask.price)];
  return { bids, asks };
}

const RANK = { live: 0, degraded: 1, down: 2 } as const;

const worse = (left: HealthFrame['status'], right: HealthFrame['status']): HealthFrame['status'] =>
  RANK[left] >= RANK[right] ? left : right;

function statusOfSilence(ageMs: number): HealthFrame['status'] {
  if (ageMs >= DOWN_AFTER_MS) return 'down';
  return ageMs >= DEGRADED_AFTER_MS ? 'degraded' : 'live';
}

/** An empty board; feed it every frame of the topic `feed`, in order. */
export const createMarketBoard = ({ clock }: { readonly clock: Clock }): MarketBoard => new Board(clock);
