/** Channels about the market: driven by the feed, conflated per topic, each frame built once for all its subscribers. */
import type { FeedFrame } from '@perps/contracts/feed';
import { isSupportedAggregation, type Subscription, subscriptionKey } from '@perps/contracts/hyperliquid';
import type { Clock } from '@perps/runtime/ports';
import type { MarketCache } from '../market/market-cache.ts';
import { toBbo, toL2Book } from '../wire/market.ts';
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
  readonly build: () => string | undefined;
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
  const { markets, clock } = deps;
  const topics = new Map<string, Topic>();
  /** Topics by what changes them: `bbo:BTC`, `candle:BTC:1m`, `mids`, `contexts`. */
  const bySource = new Map<string, Set<Topic>>();
  const immediate = new Set<Topic>();
  let isScheduled = false;

  markets.onFrame(onFrame);
  const flusher = setInterval(flushDirty, FLUSH_MS);
  const renewer = setInterval(renewCandles, CANDLE_RENEW_MS);
  flusher.unref();
  renewer.unref();

  return {
    accepts: (subscription) => isAbout(subscription, markets),
    add(subscription, subscriber) {
      const topic = topics.get(subscriptionKey(subscription)) ?? open(subscription);
      topic.subscribers.add(subscriber);
      const frame = topic.build();
      if (frame !== undefined) subscriber.send(frame);
    },
    remove(subscription, subscriber) {
      const key = subscriptionKey(subscription);
      const topic = topics.get(key);
      if (topic === undefined) return;
      topic.subscribers.delete(subscriber);
      if (topic.subscribers.size > 0) return;
      topics.delete(key);
      for (const source of sourcesOf(subscription)) bySource.get(source)?.delete(topic);
    },
    close() {
      clearInterval(flusher);
      clearInterval(renewer);
    },
  };

  function open(subscription: Subscription): Topic {
    const topic: Topic = {
      subscription,
      subscribers: new Set(),
      intervalMs: INTERVAL_MS[subscription.type] ?? 0,
      build: () => buildFrame(subscription, markets),
      isDirty: false,
      sentAt: -Infinity,
    };
    topics.set(subscriptionKey(subscription), topic);
    for (const source of sourcesOf(subscription)) {
      const dependents = bySource.get(source) ?? new Set<Topic>();
      dependents.add(topic);
      bySource.set(source, dependents);
    }
    if (subscription.type === 'candle') {
      deps.watchCandles({ symbol: subscription.coin, interval: subscription.interval });
    }
    return topic;
  }

  function onFrame(frame: FeedFrame): void {
    if (topics.size === 0) return;
    switch (frame.type) {
      case 'bbo':
        touch(`bbo:${frame.symbol}`);
        touch('mids');
        return;
      case 'book':
        touch(`book:${frame.symbol}`);
        return;
      case 'context':
        touch(`context:${frame.symbol}`);
        touch('contexts');
        return;
      case 'candle':
        touch(`candle:${frame.symbol}:${frame.interval}`);
        return;
      case 'trades':
        broadcast(`trades:${frame.symbol}`, () => frameOf('trades', frame.trades));
        return;
      case 'universe':
      case 'health':
    }
  }

  function touch(source: string): void {
    for (const topic of bySource.get(source) ?? []) {
      topic.isDirty = true;
      if (topic.intervalMs === 0) immediate.add(topic);
    }
    if (immediate.size === 0 || isScheduled) return;
    isScheduled = true;
    setImmediate(flushImmediate);
  }

  /** Events are told one by one: nothing of them may be merged away. */
  function broadcast(source: string, build: () => string): void {
    const dependents = bySource.get(source);
    if (dependents === undefined || dependents.size === 0) return;
    const frame = build();
    for (const { subscribers } of dependents) for (const subscriber of subscribers) subscriber.send(frame);
  }

  function flushImmediate(): void {
    isScheduled = false;
    for (const topic of immediate) flush(topic, clock.monotonic());
    immediate.clear();
  }

  function flushDirty(): void {
    const now = clock.monotonic();
    for (const topic of topics.values()) {
      if (topic.isDirty && now - topic.sentAt >= topic.intervalMs) flush(topic, now);
    }
  }

  function flush(topic: Topic, now: number): void {
    topic.isDirty = false;
    topic.sentAt = now;
    const frame = topic.build();
    if (frame === undefined) return;
    for (const subscriber of topic.subscribers) subscriber.send(frame);
  }

  function renewCandles(): void {
    for (const { subscription } of topics.values()) {
      if (subscription.type !== 'candle') continue;
      deps.watchCandles({ symbol: subscription.coin, interval: subscription.interval });
    }
  }
}

function isAbout(subscription: Subscription, markets: MarketCache): boolean {
  switch (subscription.type) {
    case 'allMids':
    case 'assetCtxs':
      return (subscription.dex ?? '') === '';
    case 'allDexsAssetCtxs':
    case 'fastAssetCtxs':
    case 'spotAssetCtxs':
      return true;
    case 'l2Book':
      return markets.instrument(subscription.coin) !== undefined && isSupportedAggregation(subscription);
    case 'bbo':
    case 'trades':
    case 'candle':
    case 'activeAssetCtx':
      return markets.instrument(subscription.coin) !== undefined;
    default:
      return false;
  }
}

function sourcesOf(subscription: Subscription): readonly string[] {
  switch (subscription.type) {
    case 'allMids':
      return ['mids'];
    case 'assetCtxs':
    case 'allDexsAssetCtxs':
    case 'fastAssetCtxs':
      return ['contexts'];
    case 'l2Book':
      return [`book:${subscription.coin}`];
    case 'bbo':
      return [`bbo:${subscription.coin}`];
    case 'trades':
      return [`trades:${subscription.coin}`];
    case 'candle':
      return [`candle:${subscription.coin}:${subscription.interval}`];
    case 'activeAssetCtx':
      return [`context:${subscription.coin}`];
    default:
      return [];
  }
}

/** The topic's picture as it is now; undefined while there is none. */
function buildFrame(subscription: Subscription, markets: MarketCache): string | undefined {
  switch (subscription.type) {
    case 'allMids':
      return frameOf('allMids', { mids: markets.mids() });
    case 'assetCtxs':
      return frameOf('assetCtxs', { dex: '', ctxs: markets.contexts() });
    case 'allDexsAssetCtxs':
    case 'fastAssetCtxs':
      return frameOf(subscription.type, { ctxs: [['', markets.contexts()]] });
    case 'spotAssetCtxs':
      return frameOf('spotAssetCtxs', []);
    case 'l2Book':
    case 'bbo':
    case 'trades':
    case 'candle':
    case 'activeAssetCtx':
      return coinFrame(subscription, markets);
    default:
      return undefined;
  }
}

type CoinSubscription = Extract<
  Subscription,
  { readonly type: 'l2Book' | 'bbo' | 'trades' | 'candle' | 'activeAssetCtx' }
>;

function coinFrame(subscription: CoinSubscription, markets: MarketCache): string | undefined {
  const data = coinData(subscription, markets);
  return data === undefined ? undefined : frameOf(subscription.type, data);
}

function coinData(subscription: CoinSubscription, markets: MarketCache): unknown {
  const { coin } = subscription;
  const instrument = markets.instrument(coin);
  if (instrument === undefined) return undefined;
  switch (subscription.type) {
    case 'l2Book': {
      const book = markets.book(coin);
      return book === undefined ? undefined : toL2Book(book, instrument, subscription);
    }
    case 'bbo': {
      const bbo = markets.bbo(coin);
      return bbo === undefined ? undefined : toBbo(bbo, instrument);
    }
    case 'trades': {
      const trades = markets.trades(coin);
      return trades.length === 0 ? undefined : trades;
    }
    case 'candle':
      return markets.candle(coin, subscription.interval);
    case 'activeAssetCtx': {
      const ctx = markets.context(coin);
      return ctx === undefined ? undefined : { coin, ctx };
    }
  }
}
