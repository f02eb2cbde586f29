/** Can orders be decided safely now? Each reason in words. */
import type { Engines } from './engine/engines.ts';
import type { MarketCache } from './market/market-cache.ts';

export interface GatewayHealth {
  readonly isHealthy: boolean;
  readonly body: {
    readonly status: 'ok' | 'unavailable';
    readonly reasons: readonly string[];
    readonly feed: { readonly status: string; readonly ageMs: number; readonly latencyMs: number };
    readonly shards: ReturnType<Engines['shards']>;
  };
}

/** Healthy: the feed is live and every shard has an owner that answers. */
export function healthOf({
  markets,
  engines,
}: {
  readonly markets: MarketCache;
  readonly engines: Engines;
}): GatewayHealth {
  const feed = markets.health();
  const shards = engines.shards();
  const reasons = [
    ...(markets.meta() === undefined ? ['no universe from market-data yet'] : []),
    ...(feed.status === 'live'
      ? []
      : [`market data is ${feed.status}: ${feed.reasons.join(', ') || 'no reason told'}`]),
    ...shards
      .filter(({ isOwned, isAnswering }) => !isOwned || !isAnswering)
      .map(({ shard, isOwned }) => `shard ${shard} ${isOwned ? 'does not answer' : 'has no owner'}`),
  ];
  const isHealthy = reasons.length === 0;
  const ageMs = Number.isFinite(feed.feedAgeMs) ? feed.feedAgeMs : -1;
  return {
    isHealthy,
    body: {
      status: isHealthy ? 'ok' : 'unavailable',
      reasons,
      feed: { status: feed.status, ageMs, latencyMs: feed.latencyMs },
      shards,
    },
  };
}
