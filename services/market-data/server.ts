/** The port of market-data: topic `feed`, the relay's methods and `GET /health` on one HTTP server. */
import { createHealthServer } from '@perps/adapters/node';
import { createRpcServer, type RpcHandler } from '@perps/adapters/rpc';
import { FEED_TOPIC, type FeedFrame, type MarketDataMethods } from '@perps/contracts/feed';
import type { Logger } from '@perps/runtime/ports';
import type { Feed } from './loop.ts';

export interface MarketDataServer {
  readonly port: number;
  publish(frame: FeedFrame): void;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly port: number;
  readonly host: string;
  readonly logger: Logger;
  readonly methods: MarketDataMethods;
  readonly feed: Pick<Feed, 'snapshot' | 'health'>;
}

/** Listens; a subscriber of `feed` gets the whole picture first. Health is 503 only where prices are worth nothing. */
export async function createMarketDataServer(options: ServerOptions): Promise<MarketDataServer> {
  const { feed, methods, logger } = options;
  const http = await createHealthServer({
    port: options.port,
    host: options.host,
    health: () => {
      const { status, reasons, latencyMs } = feed.health();
      return { isHealthy: status !== 'down', reasons, details: { feed: status, latencyMs } };
    },
  });
  const rpc = await createRpcServer({
    server: http.server,
    handlers: handlersOf(methods),
    topics: { [FEED_TOPIC]: { snapshot: () => feed.snapshot() } },
    logger,
  });
  return {
    port: http.port,
    publish: (frame) => rpc.publish(FEED_TOPIC, frame),
    async close() {
      await rpc.close();
      await http.close();
    },
  };
}

/** Each method checks its own params. */
const handlersOf = (methods: MarketDataMethods): Readonly<Record<string, RpcHandler>> =>
  Object.fromEntries(Object.entries(methods));
