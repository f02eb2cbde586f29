/** Wires upstream, feed, relay and server; whatever is random or timed comes in from outside. */
import {
  createInfoClient,
  createMarketUpstream,
  createVenueHttp,
  createWeightBudget,
} from '@perps/adapters/hyperliquid';
import type { FeedFrame } from '@perps/contracts/feed';
import type { Clock, Logger, Metrics, Random } from '@perps/runtime/ports';
import type { MarketDataConfig } from './config.ts';
import { createFeed } from './loop.ts';
import { createRelay } from './relay.ts';
import { createMarketDataServer } from './server.ts';

export interface MarketDataDependencies {
  readonly config: Omit<MarketDataConfig, 'LOG_LEVEL'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface MarketDataService {
  readonly port: number;
  stop(): Promise<void>;
}

const EXPIRE_EVERY_MS = 1_000;

/** Resolves when it listens; the venue may still be on its way up (health says so). */
export async function startMarketData(dependencies: MarketDataDependencies): Promise<MarketDataService> {
  const { config, clock, logger, metrics } = dependencies;
  const http = createVenueHttp(config.VENUE_URL);
  const budget = createWeightBudget({ clock, perMinute: config.VENUE_WEIGHT_PER_MINUTE });
  const info = createInfoClient({ http, budget, metrics });
  let publish: (frame: FeedFrame) => void = () => undefined;
  const feed = createFeed({
    clock,
    logger,
    metrics,
    status: () => upstream.status(),
    publish: (frame) => publish(frame),
  });
  const upstream = createMarketUpstream({
    ...dependencies,
    info,
    wsUrl: config.VENUE_WS_URL,
    events: feed.events,
    ...(config.SYMBOLS === undefined ? {} : { symbols: config.SYMBOLS }),
  });
  const relay = createRelay({
    clock,
    info,
    feed,
    watchCandles: (symbol, interval) => upstream.watchCandles(symbol, interval),
    unwatchCandles: (symbol, interval) => upstream.unwatchCandles(symbol, interval),
  });
  const server = await createMarketDataServer({
    port: config.PORT,
    host: config.HOST,
    logger,
    methods: relay.methods,
    feed,
  });
  publish = (frame) => server.publish(frame);

  const stopping = new AbortController();
  upstream.start();
  void feed.run(stopping.signal);
  void expireWatches(stopping.signal);
  logger.info('market-data listens', { port: server.port });

  async function expireWatches(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(EXPIRE_EVERY_MS, signal);
      relay.expireWatches();
    }
  }
  return {
    port: server.port,
    async stop() {
      stopping.abort();
      upstream.stop();
      await server.close();
      http.close();
    },
  };
}
