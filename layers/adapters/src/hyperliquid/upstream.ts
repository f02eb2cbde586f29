/** The market stream of the venue: one WebSocket, REST beside it for static data, silence and comparison. */
import {
  type Candle,
  type CandleInterval,
  type Subscription,
  type Trade,
  wsLimits,
} from '@perps/contracts/hyperliquid';
import type { Instrument } from '@perps/domain/market';
import type { Clock, Logger, Metrics, Random } from '@perps/runtime/ports';
import { backoffMs } from '@perps/runtime/backoff';
import type { InfoClient } from './info.ts';
import { createLatencyMeter } from './latency.ts';
import {
  parseBbo,
  parseBook,
  parseCandle,
  parseContext,
  parseMetaAndContexts,
  parseTrades,
  type ParsedBbo,
  type ParsedBook,
  type ParsedContext,
  type ParsedUniverse,
} from './parse.ts';
import { createVenueSession, type SessionMessage, type VenueSession } from './session.ts';

export interface UpstreamEvents {
  onUniverse(universe: ParsedUniverse): void;
  /** `at`: receipt, or for a polled one the moment of the question (wall ms). */
  onContext(context: ParsedContext, at: number): void;
  onBbo(bbo: ParsedBbo): void;
  onBook(book: ParsedBook): void;
  /** All of one symbol, oldest first, none twice. */
  onTrades(symbol: string, trades: readonly Trade[]): void;
  onCandle(candle: Candle): void;
}

export interface UpstreamStatus {
  readonly isOpen: boolean;
  readonly hasUniverse: boolean;
  /** Since the last data on the WebSocket, ms. */
  readonly socketAgeMs: number;
  /** Since the last good answer by REST, ms; it is asked only while the socket is silent. */
  readonly restAgeMs: number;
  readonly isPolling: boolean;
  readonly connectFailures: number;
  readonly venueTime: number;
  readonly receivedAt: number;
  readonly latencyMs: number;
}

export interface MarketUpstream {
  start(): void;
  status(): UpstreamStatus;
  watchCandles(symbol: string, interval: CandleInterval): void;
  unwatchCandles(symbol: string, interval: CandleInterval): void;
  stop(): void;
}

export interface UpstreamOptions {
  readonly wsUrl: string;
  readonly info: InfoClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly events: UpstreamEvents;
  /** Default: every market that is not delisted. */
  readonly symbols?: readonly string[];
}

/** A busy venue speaks several times a second: a socket silent for so long is dead, whatever TCP says. */
const SILENT_AFTER_MS = 5_000;
/** Spec 01: without data for 10 s REST polling begins, and asks every 5 s. */
const POLL_AFTER_MS = 10_000;
const POLL_EVERY_MS = 5_000;
const REFRESH_EVERY_MS = 60 * 60_000;
const COMPARE_EVERY_MS = 5 * 60_000;
const TICK_MS = 500;
/** A mark of REST this far from the stream's is worth a log line: both are at most seconds old (1 %). */
const DEVIATION_BPS = 100n;
/** 0.005 % an hour; the estimate itself moves by less within seconds. */
const FUNDING_DEVIATION = 50_000_000n;
/** A frame dated this far ahead of our clock is wrong, and would make every later one look old (ms). */
const AHEAD_MS_MAX = 60_000;
const BACKOFF = { baseMs: 100, capMs: 30_000 };
/** Room for candles that are asked for while running. */
const SUBSCRIPTIONS_AT_START = wsLimits.subscriptions - 60;
/** The venue repeats about 30 trades at every subscription. */
const TIDS_KEPT = 200;

const DEFAULT_INTERVAL: CandleInterval = '1m';

class Upstream implements MarketUpstream {
  readonly #options: UpstreamOptions;
  readonly #session: VenueSession;
  readonly #latency = createLatencyMeter();
  readonly #stopping = new AbortController();
  readonly #marks = new Map<string, ParsedContext>();
  readonly #newestTimes = new Map<string, number>();
  readonly #tids = new Map<string, Set<number>>();
  /** Channels and coins that have spoken on this connection: the first frame after a subscription may be old. */
  readonly #spoken = new Set<string>();
  #instruments = new Map<string, Instrument>();
  #universeKey = '';
  #subscribed: readonly Subscription[] = [];
  #restAt: number | undefined;
  #pollAt = 0;
  #refreshAt = 0;
  #compareAt = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#session = createVenueSession({
      ...options,
      name: 'market',
      url: options.wsUrl,
      silentAfterMs: SILENT_AFTER_MS,
      onMessage: (message) => this.#received(message),
      onState: () => {
        this.#spoken.clear();
        this.#newestTimes.clear();
      },
    });
  }

  start(): void {
    void this.#run();
  }

  status(): UpstreamStatus {
    const now = this.#options.clock.monotonic();
    return {
      isOpen: this.#session.isOpen(),
      hasUniverse: this.#instruments.size > 0,
      socketAgeMs: this.#session.dataAgeMs(),
      restAgeMs: this.#restAt === undefined ? Number.MAX_SAFE_INTEGER : now - this.#restAt,
      isPolling: this.#isPolling(),
      connectFailures: this.#session.failures(),
      venueTime: this.#latency.venueTime(),
      receivedAt: this.#latency.receivedAt(),
      latencyMs: this.#latency.latencyMs(),
    };
  }

  watchCandles(symbol: string, interval: CandleInterval): void {
    if (interval !== DEFAULT_INTERVAL) this.#session.subscribe({ type: 'candle', coin: symbol, interval });
  }

  unwatchCandles(symbol: string, interval: CandleInterval): void {
    if (interval !== DEFAULT_INTERVAL) this.#session.unsubscribe({ type: 'candle', coin: symbol, interval });
  }

  stop(): void {
    this.#stopping.abort();
    this.#session.stop();
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stopping;
    for (let attempt = 1; !signal.aborted && !(await this.#poll()); attempt += 1) {
      await clock.sleep(backoffMs(BACKOFF, attempt, random), signal);
    }
    if (signal.aborted) return;
    this.#session.start();
    this.#scheduleAfter(clock.monotonic());
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      if (!signal.aborted) await this.#tick(clock.monotonic());
    }
  }

  #scheduleAfter(now: number): void {
    this.#refreshAt = now + REFRESH_EVERY_MS;
    this.#compareAt = now + COMPARE_EVERY_MS;
  }

  async #tick(now: number): Promise<void> {
    if (this.#isPolling()) {
      if (now < this.#pollAt) return;
      this.#pollAt = now + POLL_EVERY_MS;
      await this.#poll();
      return;
    }
    const isDue = now >= this.#refreshAt || now >= this.#compareAt;
    if (isDue && (await this.#compare())) this.#scheduleAfter(now);
  }

  #isPolling(): boolean {
    return this.#session.dataAgeMs() >= POLL_AFTER_MS;
  }

  /** Contexts carry mark, oracle, funding and mid, so one question covers what a silent stream leaves open. */
  async #poll(): Promise<boolean> {
    const askedAt = this.#options.clock.now();
    const answer = await this.#askContexts();
    if (answer === undefined) return false;
    this.#setUniverse(answer.universe);
    for (const context of answer.contexts) this.#context(context, askedAt);
    return true;
  }

  /** Spec 01: every 5 minutes prices, funding and metadata are compared with REST; the stream's prices stay. */
  async #compare(): Promise<boolean> {
    const { logger, metrics } = this.#options;
    const answer = await this.#askContexts();
    if (answer === undefined) return false;
    const deviating = answer.contexts.filter((context) => deviates(this.#marks.get(context.symbol), context));
    metrics.gauge('venueContextsDeviating', deviating.length);
    if (deviating.length > 0) {
      logger.warn('stream and REST disagree', { symbols: deviating.map(({ symbol }) => symbol).slice(0, 20) });
    }
    this.#setUniverse(answer.universe);
    return true;
  }

  async #askContexts(): Promise<ReturnType<typeof parseMetaAndContexts>> {
    const { info, clock, logger } = this.#options;
    try {
      const answer = parseMetaAndContexts(await info.ask({ type: 'metaAndAssetCtxs' }, { priority: 'urgent' }));
      if (answer === undefined) throw new Error('metaAndAssetCtxs: not the shape we know');
      this.#restAt = clock.monotonic();
      return answer;
    } catch (cause) {
      logger.warn('venue does not answer by REST', { cause: String(cause) });
      return undefined;
    }
  }

  #setUniverse(universe: ParsedUniverse): void {
    const key = JSON.stringify([universe.meta.universe, universe.meta.marginTables]);
    if (key === this.#universeKey) return;
    if (this.#universeKey !== '') this.#options.logger.info('the universe changed', {});
    this.#universeKey = key;
    this.#instruments = new Map(universe.instruments.map((instrument) => [instrument.symbol, instrument]));
    this.#options.events.onUniverse(universe);
    this.#subscribe();
  }

  #subscribe(): void {
    const { symbols } = this.#options;
    const wanted = [...this.#instruments.values()]
      .filter(({ isDelisted, symbol }) => !isDelisted && (symbols === undefined || symbols.includes(symbol)))
      .map(({ symbol }) => symbol);
    const subscriptions = subscriptionsFor(wanted);
    const keep = new Set(subscriptions.map((subscription) => JSON.stringify(subscription)));
    for (const subscription of this.#subscribed) {
      if (!keep.has(JSON.stringify(subscription))) this.#session.unsubscribe(subscription);
    }
    for (const subscription of subscriptions) this.#session.subscribe(subscription);
    this.#subscribed = subscriptions;
  }

  readonly #instrumentOf = (symbol: string): Instrument | undefined => this.#instruments.get(symbol);

  #received({ channel, data, receivedAt }: SessionMessage): void {
    switch (channel) {
      case 'activeAssetCtx':
        return this.#take(channel, parseContext(data, this.#instrumentOf), (it) => this.#context(it, receivedAt));
      case 'bbo':
        return this.#take(channel, parseBbo(data, this.#instrumentOf), (it) => this.#bbo(it, receivedAt));
      case 'l2Book':
        return this.#take(channel, parseBook(data, this.#instrumentOf), (it) => this.#book(it, receivedAt));
      case 'trades':
        return this.#take(channel, parseTrades(data), (it) => this.#trades(it));
      case 'candle':
        return this.#take(channel, parseCandle(data), (it) => this.#options.events.onCandle(it));
      case 'error':
        return this.#options.logger.warn('venue refused a frame', { text: String(data).slice(0, 200) });
      default:
        return undefined;
    }
  }

  /** A bad frame is counted and dropped; it never stops the stream. */
  #take<Parsed>(channel: string, parsed: Parsed | undefined, then: (parsed: Parsed) => void): void {
    if (parsed !== undefined) return then(parsed);
    return this.#options.metrics.count('venueFrameBad', 1, { session: 'market', channel });
  }

  #context(context: ParsedContext, at: number): void {
    this.#marks.set(context.symbol, context);
    this.#options.events.onContext(context, at);
  }

  #bbo(bbo: ParsedBbo, receivedAt: number): void {
    if (this.#isForward(`bbo:${bbo.symbol}`, bbo.venueTime, receivedAt)) this.#options.events.onBbo(bbo);
  }

  #book(book: ParsedBook, receivedAt: number): void {
    if (this.#isForward(`l2Book:${book.symbol}`, book.venueTime, receivedAt)) this.#options.events.onBook(book);
  }

  /** Measures the frame's lateness; a frame older than what we have (reordered, repeated) is dropped. */
  #isForward(key: string, venueTime: number, receivedAt: number): boolean {
    if (venueTime > receivedAt + AHEAD_MS_MAX) {
      this.#options.metrics.count('venueTimeAhead');
      return false;
    }
    if (this.#spoken.has(key)) this.#latency.sample(venueTime, receivedAt);
    this.#spoken.add(key);
    const newest = this.#newestTimes.get(key) ?? 0;
    if (venueTime < newest) {
      this.#options.metrics.count('venueTimeBackwards');
      return false;
    }
    this.#newestTimes.set(key, venueTime);
    return true;
  }

  #trades(trades: readonly Trade[]): void {
    const symbol = trades[0]?.coin;
    if (symbol === undefined || !this.#instruments.has(symbol)) return;
    const known = this.#tids.get(symbol) ?? new Set<number>();
    this.#tids.set(symbol, known);
    const fresh = trades.filter(({ tid, coin }) => coin === symbol && !known.has(tid));
    for (const { tid } of fresh) known.add(tid);
    for (const tid of known) {
      if (known.size <= TIDS_KEPT) break;
      known.delete(tid);
    }
    const ordered = fresh.toSorted((left, right) => left.time - right.time || left.tid - right.tid);
    if (ordered.length > 0) this.#options.events.onTrades(symbol, ordered);
  }
}

/** What decides about money first, so that the venue's limit cuts off charts and not prices. */
function subscriptionsFor(symbols: readonly string[]): readonly Subscription[] {
  const all: Subscription[] = [
    ...symbols.map((coin) => ({ type: 'activeAssetCtx', coin }) as const),
    ...symbols.map((coin) => ({ type: 'bbo', coin }) as const),
    ...symbols.map((coin) => ({ type: 'l2Book', coin, nSigFigs: null, mantissa: null }) as const),
    ...symbols.map((coin) => ({ type: 'trades', coin }) as const),
    ...symbols.map((coin) => ({ type: 'candle', coin, interval: DEFAULT_INTERVAL }) as const),
  ];
  return all.slice(0, SUBSCRIPTIONS_AT_START);
}

function deviates(streamed: ParsedContext | undefined, polled: ParsedContext): boolean {
  if (streamed?.markPrice === undefined || polled.markPrice === undefined) return streamed === undefined;
  const distance = streamed.markPrice - polled.markPrice;
  const isFar = absolute(distance) * 10_000n > polled.markPrice * DEVIATION_BPS;
  return isFar || absolute(streamed.fundingRate - polled.fundingRate) > FUNDING_DEVIATION;
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

/** Nothing happens until `start`; afterwards it connects, reconnects and falls back to REST by itself. */
export const createMarketUpstream = (options: UpstreamOptions): MarketUpstream => new Upstream(options);
