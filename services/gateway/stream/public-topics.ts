/** Channels about the market: driven by the feed, conflated per topic, each frame built once for all its subscribers. */
import type { FeedFrame } from '@perps/contracts/feed';
import { type Subscription, subscriptionKey } from '@perps/contracts/hyperliquid';
import type { Clock } from '@perps/runtime/ports';
import type { MarketCache } from '../market/market-cache.ts';
import { buildFrame, isAbout, sourcesOf } from './public-frames.ts';
import { frameOf, type Subscriber } from './subscriber.ts';

/** Shortest time between two frames of a topic (ms); a best price leaves at once, pictures of everything less often. */
const INTERVAL_MS: Readonly<Partial<Record<Subscription['type'], number>>> = {
  bbo: 0,
  l2Book: 200,
  activeAssetCtx: 200,
  candle: 200,
  allMids: 500,
  assetCtxs: 1_000,
  allDexsAssetCtxs: 1_000,
  fastAssetCtxs: 1_000,
};
const FLUSH_MS = 50;
/** Half of what market-data keeps an unasked candle stream for. */
const CANDLE_RENEW_MS = 30_000;

interface Topic {
  readonly subscription: Subscription;
  readonly subscribers: Set<Subscriber>;
  readonly intervalMs: number;
  isDirty: boolean;
  sentAt: number;
}

export interface PublicTopics {
  /** False where the channel is not about the market, or the market does not exist. */
  accepts(subscription: Subscription): boolean;
  /** The current picture is sent at once, if there is one. */
  add(subscription: Subscription, subscriber: Subscriber): void;
  remove(subscription: Subscription, subscriber: Subscriber): void;
  close(): void;
}

export interface PublicTopicsDeps {
  readonly markets: MarketCache;
  readonly clock: Clock;
  /** Keeps candles of an interval on the feed. */
  readonly watchCandles: (candles: { readonly symbol: string; readonly interval: string }) => void;
}

export function createPublicTopics(deps: PublicTopicsDeps): PublicTopics {
  return new FedTopics(deps);
}

class FedTopics implements PublicTopics {
  readonly #deps: PublicTopicsDeps;
  readonly #topics = new Map<string, Topic>();
  readonly #bySource = new Map<string, Set<Topic>>();
  readonly #immediate = new Set<Topic>();
  readonly #flusher = setInterval(() => this.#flushDirty(), FLUSH_MS);
  readonly #renewer = setInterval(() => this.#renewCandles(), CANDLE_RENEW_MS);
  #isScheduled = false;

  constructor(deps: PublicTopicsDeps) {
    this.#deps = deps;
    deps.markets.onFrame((frame) => this.#onFrame(frame));
    this.#flusher.unref();
    this.#renewer.unref();
  }

  accepts(subscription: Subscription): boolean {
    return isAbout(subscription, this.#deps.markets);
  }

  add(subscription: Subscription, subscriber: Subscriber): void {
    const topic = this.#topics.get(subscriptionKey(subscription)) ?? this.#open(subscription);
    topic.subscribers.add(subscriber);
    const frame = buildFrame(subscription, this.#deps.markets);
    if (frame !== undefined) subscriber.send(frame);
  }

  remove(subscription: Subscription, subscriber: Subscriber): void {
    const key = subscriptionKey(subscription);
    const topic = this.#topics.get(key);
    if (topic === undefined) return;
    topic.subscribers.delete(subscriber);
    if (topic.subscribers.size > 0) return;
    this.#topics.delete(key);
    for (const source of sourcesOf(subscription)) {
      const dependents = this.#bySource.get(source);
      dependents?.delete(topic);
      if (dependents?.size === 0) this.#bySource.delete(source);
    }
  }

  close(): void {
    clearInterval(this.#flusher);
    clearInterval(this.#renewer);
  }

  #open(subscription: Subscription): Topic {
    const topic: Topic = {
      subscription,
      subscribers: new Set(),
      intervalMs: INTERVAL_MS[subscription.type] ?? 0,
      isDirty: false,
      sentAt: -Infinity,
    };
    this.#topics.set(subscriptionKey(subscription), topic);
    for (const source of sourcesOf(subscription)) {
      const dependents = this.#bySource.get(source) ?? new Set<Topic>();
      dependents.add(topic);
      this.#bySource.set(source, dependents);
    }
    this.#watch(subscription);
    return topic;
  }

  #onFrame(frame: FeedFrame): void {
    if (this.#topics.size === 0) return;
    switch (frame.type) {
      case 'bbo':
        this.#touch(`bbo:${frame.symbol}`);
        this.#touch('mids');
        return;
      case 'book':
        this.#touch(`book:${frame.symbol}`);
        return;
      case 'context':
        this.#touch(`context:${frame.symbol}`);
        this.#touch('contexts');
        return;
      case 'candle':
        this.#touch(`candle:${frame.symbol}:${frame.interval}`);
        return;
      case 'trades':
        this.#broadcast(`trades:${frame.symbol}`, () => frameOf('trades', frame.trades));
        return;
      case 'universe':
      case 'health':
    }
  }

  #touch(source: string): void {
    for (const topic of this.#bySource.get(source) ?? []) {
      topic.isDirty = true;
      if (topic.intervalMs === 0) this.#immediate.add(topic);
    }
    if (this.#immediate.size === 0 || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flushImmediate());
  }

  /** Events are told one by one: nothing of them may be merged away. */
  #broadcast(source: string, build: () => string): void {
    const dependents = this.#bySource.get(source);
    if (dependents === undefined) return;
    const frame = build();
    for (const { subscribers } of dependents) for (const subscriber of subscribers) subscriber.send(frame);
  }

  #flushImmediate(): void {
    this.#isScheduled = false;
    for (const topic of this.#immediate) this.#flush(topic, this.#deps.clock.monotonic());
    this.#immediate.clear();
  }

  #flushDirty(): void {
    const now = this.#deps.clock.monotonic();
    for (const topic of this.#topics.values()) {
      if (topic.isDirty && now - topic.sentAt >= topic.intervalMs) this.#flush(topic, now);
    }
  }

  #flush(topic: Topic, now: number): void {
    topic.isDirty = false;
    topic.sentAt = now;
    const frame = buildFrame(topic.subscription, this.#deps.markets);
    if (frame === undefined) return;
    for (const subscriber of topic.subscribers) subscriber.send(frame);
  }

  #renewCandles(): void {
    for (const { subscription } of this.#topics.values()) this.#watch(subscription);
  }

  #watch(subscription: Subscription): void {
    if (subscription.type !== 'candle') return;
    this.#deps.watchCandles({ symbol: subscription.coin, interval: subscription.interval });
  }
}
