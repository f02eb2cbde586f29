/** The feed: what the venue tells, judged by the price sanity rule, conflated, published; and the channel's health. */
import type { ParsedContext, ParsedUniverse, UpstreamEvents, UpstreamStatus } from '@perps/adapters/hyperliquid';
import type { ContextFrame, FeedFrame, HealthFrame, UniverseFrame } from '@perps/contracts/feed';
import type { L2Book, Trade } from '@perps/contracts/hyperliquid';
import {
  initialPriceState,
  initialVolatility,
  judgePrice,
  judgeVolatility,
  jumpBoundBps,
  type PriceState,
  type VolatilityState,
} from '@perps/domain/market';
import type { Clock, Logger, Metrics } from '@perps/runtime/ports';
import { bookHash } from './book-hash.ts';
import { createConflation, type MarketFrame } from './conflation.ts';
import { judgeHealth } from './health.ts';

export interface FeedOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly status: () => UpstreamStatus;
  readonly publish: (frame: FeedFrame) => void;
}

export interface Feed {
  readonly events: UpstreamEvents;
  /** The whole picture, for a new subscriber. */
  snapshot(): readonly FeedFrame[];
  health(): HealthFrame;
  recentTrades(symbol: string): readonly Trade[];
  /** The newest full-precision book in the venue's shape. */
  book(symbol: string): L2Book | undefined;
  isKnown(symbol: string): boolean;
  /** Publishes what waits and the health until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** What waits leaves after so long at most; the first change after a pause leaves at once. */
const FLUSH_MS = 10;
/** Silence itself is news: readers treat a second without health as an outage. */
const HEALTH_MS = 100;
const TRADES_KEPT = 100;
/** What a new subscriber gets. */
const TRADES_IN_SNAPSHOT = 30;
const CANDLES_KEPT = 5_000;

class FeedLoop implements Feed {
  readonly #options: FeedOptions;
  readonly #waiting = createConflation();
  readonly #prices = new Map<string, PriceState>();
  readonly #volatility = new Map<string, VolatilityState>();
  /** Newest published frame by key, for snapshots. */
  readonly #published = new Map<string, MarketFrame>();
  readonly #candles = new Map<string, MarketFrame>();
  readonly #trades = new Map<string, readonly Trade[]>();
  readonly #books = new Map<string, L2Book>();
  #universe: UniverseFrame | undefined;
  #symbols: ReadonlySet<string> = new Set();
  #flushedAt = 0;
  #status: HealthFrame['status'] | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  readonly events: UpstreamEvents = {
    onUniverse: (universe) => this.#setUniverse(universe),
    onContext: (context, at) => this.#judge(context, at),
    onBbo: ({ symbol, bbo, venueTime }) => this.#offer({ type: 'bbo', symbol, bbo, venueTime }),
    onBook: ({ symbol, bids, asks, venueTime, raw }) => {
      this.#books.set(symbol, raw);
      this.#offer({ type: 'book', symbol, bids, asks, venueTime, hash: bookHash(raw) });
    },
    onTrades: (symbol, trades) => {
      this.#trades.set(symbol, [...(this.#trades.get(symbol) ?? []), ...trades].slice(-TRADES_KEPT));
      this.#offer({ type: 'trades', symbol, trades });
    },
    onCandle: (candle) => this.#offer({ type: 'candle', symbol: candle.s, interval: candle.i, candle }),
  };

  snapshot(): readonly FeedFrame[] {
    // Else what waits would reach the new subscriber twice.
    this.#flush();
    const trades = [...this.#trades].map(
      ([symbol, all]) => ({ type: 'trades', symbol, trades: all.slice(-TRADES_IN_SNAPSHOT) }) as const,
    );
    const universe = this.#universe === undefined ? [] : [this.#universe];
    return [...universe, ...this.#published.values(), ...trades, ...this.#candles.values(), this.health()];
  }

  health(): HealthFrame {
    const status = this.#options.status();
    const { venueTime, receivedAt, latencyMs } = status;
    const judged = judgeHealth(status, this.#prices.size > 0);
    return { type: 'health', ...judged, venueTime, receivedAt, latencyMs: Math.round(latencyMs) };
  }

  recentTrades(symbol: string): readonly Trade[] {
    return this.#trades.get(symbol) ?? [];
  }

  book(symbol: string): L2Book | undefined {
    return this.#books.get(symbol);
  }

  isKnown(symbol: string): boolean {
    return this.#symbols.has(symbol);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let healthAt = clock.monotonic();
    while (!signal.aborted) {
      await clock.sleep(FLUSH_MS, signal);
      if (!this.#waiting.isEmpty()) this.#flush();
      const now = clock.monotonic();
      if (now < healthAt) continue;
      // After a pause of the process one frame says it all.
      healthAt = Math.max(healthAt + HEALTH_MS, now);
      this.#tellHealth();
    }
  }

  #setUniverse({ instruments, meta }: ParsedUniverse): void {
    this.#flush();
    const scales = new Map(this.#universe?.instruments.map(({ symbol, szDecimals }) => [symbol, szDecimals]));
    this.#universe = { type: 'universe', instruments, meta };
    this.#symbols = new Set(instruments.filter(({ isDelisted }) => !isDelisted).map(({ symbol }) => symbol));
    for (const { symbol, szDecimals } of instruments) {
      // With another szDecimals a tick means something else: the old prices are no yardstick.
      if (scales.has(symbol) && scales.get(symbol) !== szDecimals) this.#forget(symbol);
    }
    for (const symbol of scales.keys()) if (!this.#symbols.has(symbol)) this.#forget(symbol);
    this.#options.publish(this.#universe);
  }

  #forget(symbol: string): void {
    this.#prices.delete(symbol);
    this.#volatility.delete(symbol);
    this.#books.delete(symbol);
    for (const type of ['context', 'bbo', 'book']) this.#published.delete(`${type}:${symbol}`);
  }

  #judge(context: ParsedContext, at: number): void {
    const { symbol, markPrice, oraclePrice } = context;
    const before = this.#prices.get(symbol) ?? initialPriceState;
    const { verdict, state } = judgePrice(before, { markPrice, oraclePrice, at }, jumpBoundBps(symbol));
    if (verdict === 'refused') return this.#options.metrics.count('priceRefused', 1, { symbol });
    this.#prices.set(symbol, state);
    if (verdict === 'held' && before.held === undefined) this.#tellHeld(context, before);
    const isVolatile = verdict === 'accepted' ? this.#judgeVolatility(symbol, state) : this.#isVolatile(symbol);
    const frame = contextFrame(context, state, isVolatile);
    return frame === undefined ? undefined : this.#offer(frame);
  }

  #isVolatile(symbol: string): boolean {
    return this.#volatility.get(symbol)?.isVolatile === true;
  }

  #judgeVolatility(symbol: string, { accepted }: PriceState): boolean {
    const before = this.#volatility.get(symbol) ?? initialVolatility;
    if (accepted === undefined) return before.isVolatile;
    const after = judgeVolatility(before, { price: accepted.markPrice, at: accepted.markAt });
    this.#volatility.set(symbol, after);
    if (after.isVolatile !== before.isVolatile) {
      this.#options.metrics.gauge('volatilityHold', after.isVolatile ? 1 : 0, { symbol });
      this.#options.logger.warn(after.isVolatile ? 'volatility hold begins' : 'volatility hold ends', { symbol });
    }
    return after.isVolatile;
  }

  #tellHeld({ symbol, raw }: ParsedContext, before: PriceState): void {
    const accepted = before.accepted?.markPrice.toString();
    this.#options.metrics.count('priceHeld', 1, { symbol });
    this.#options.logger.warn('price jump held', { symbol, markPx: raw.markPx, oraclePx: raw.oraclePx, accepted });
  }

  #offer(frame: MarketFrame): void {
    this.#waiting.add(frame);
    if (this.#options.clock.monotonic() - this.#flushedAt >= FLUSH_MS) this.#flush();
  }

  #flush(): void {
    this.#flushedAt = this.#options.clock.monotonic();
    for (const frame of this.#waiting.take()) {
      this.#remember(frame);
      this.#options.publish(frame);
    }
  }

  #remember(frame: MarketFrame): void {
    if (frame.type === 'trades') return;
    if (frame.type !== 'candle') {
      this.#published.set(`${frame.type}:${frame.symbol}`, frame);
      return;
    }
    const key = `${frame.symbol}:${frame.interval}`;
    if (this.#candles.size >= CANDLES_KEPT && !this.#candles.has(key)) this.#candles.clear();
    this.#candles.set(key, frame);
  }

  #tellHealth(): void {
    const { publish, logger, metrics } = this.#options;
    const health = this.health();
    publish(health);
    if (health.status === this.#status) return;
    this.#status = health.status;
    metrics.count('feedStatus', 1, { status: health.status });
    logger.warn('feed status', { status: health.status, reasons: health.reasons });
  }
}

/** undefined while no price was ever accepted: there is nothing to trade on. */
function contextFrame(context: ParsedContext, state: PriceState, isVolatile: boolean): ContextFrame | undefined {
  if (state.accepted === undefined) return undefined;
  return {
    type: 'context',
    symbol: context.symbol,
    ...state.accepted,
    fundingRate: context.fundingRate,
    isPriceHeld: state.held !== undefined,
    isVolatile,
    raw: context.raw,
  };
}

/** Wire `events` to an upstream, `snapshot` and `publish` to the topic, then `run`. */
export const createFeed = (options: FeedOptions): Feed => new FeedLoop(options);
