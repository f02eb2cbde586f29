/** The gateway put together: market pictures and engines on one side, HTTP and WebSocket on the other. */
import type { AddressInfo } from 'node:net';
import { createRpcClient } from '@perps/adapters/rpc';
import { FEED_TOPIC, type FeedFrame } from '@perps/contracts/feed';
import { type Network, WEIGHT_PER_MINUTE } from '@perps/contracts/hyperliquid';
import type { Clock, HistoryStore, LeaseStore, Logger } from '@perps/runtime/ports';
import { createAccounts, type Identities } from './engine/accounts.ts';
import { createEngines, type EngineTiming } from './engine/engines.ts';
import { createAnsweredNonces } from './exchange/answered-nonces.ts';
import { executeAction } from './exchange/index.ts';
import { healthOf } from './health.ts';
import { createDoor } from './http/door.ts';
import { createHttpServer } from './http/http-server.ts';
import { createIpBudget, isLoopback } from './http/ip-budget.ts';
import { createInfo } from './info/index.ts';
import { createMarketCache } from './market/market-cache.ts';
import { addReceiptRoutes, type ReceiptSource } from './receipts/index.ts';
import { createPublicTopics } from './stream/public-topics.ts';
import { createUserTopics } from './stream/user-topics.ts';
import { createStreamServer } from './stream/ws-server.ts';

/** A limit of loopback that only a runaway reaches: tools and tests of one machine share an address. */
const LOOPBACK_WEIGHT_PER_MINUTE = 10_000_000;

export interface GatewayOptions {
  readonly port: number;
  readonly host: string;
  readonly network: Network;
  readonly shardCount: number;
  readonly feedUrl: string;
  readonly weightPerMinute?: number | undefined;
  readonly trustProxy: boolean;
  readonly leases: LeaseStore;
  readonly identities: Identities;
  readonly receipts: ReceiptSource;
  readonly history: HistoryStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engineTiming?: Partial<EngineTiming>;
  /** Tests only shorten it; Hyperliquid's is 60 s. */
  readonly silenceMs?: number;
}

export interface Gateway {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts listening at once; `/health` says when orders can be decided. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { clock, logger, network, shardCount } = options;
  const markets = createMarketCache({ clock });
  const relay = createRpcClient({ resolveUrl: () => Promise.resolve(options.feedUrl), logger, clock });
  relay.subscribe(FEED_TOPIC, (frame) => markets.apply(frame as FeedFrame));
  const engines = createEngines({
    leases: options.leases,
    shardCount,
    clock,
    logger,
    ...(options.engineTiming === undefined ? {} : { timing: options.engineTiming }),
  });
  const accounts = createAccounts(options.identities);
  const deps = { markets, engines, accounts, relay, history: options.history, clock };
  const answered = createAnsweredNonces();
  const budget = createIpBudget({ weightPerMinute: (ip) => weightOf(ip, options), now: () => clock.monotonic() });
  const door = createDoor({
    answerInfo: createInfo(deps),
    execute: (request) => executeAction(request, { ...deps, answered, network }),
    budget,
    logger,
  });
  const http = createHttpServer({
    ...door,
    health: () => healthOf({ markets, engines }),
    trustProxy: options.trustProxy,
    logger,
  });
  addReceiptRoutes(http, { source: options.receipts, budget, logger });
  const publicTopics = createPublicTopics({
    markets,
    clock,
    watchCandles: (candles) => {
      relay.request('watchCandles', candles).catch((cause: unknown) => {
        logger.warn('candles are not watched', { ...candles, cause: String(cause) });
      });
    },
  });
  const userTopics = createUserTopics({ ...deps, shardCount, logger });
  const streams = createStreamServer({
    server: http.server,
    door,
    publicTopics,
    userTopics,
    clock,
    trustProxy: options.trustProxy,
    ...(options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs }),
  });
  await http.listen({ port: options.port, host: options.host });
  return {
    port: (http.server.address() as AddressInfo).port,
    async stop() {
      streams.close();
      publicTopics.close();
      userTopics.close();
      await http.close();
      relay.close();
      engines.close();
    },
  };
}

function weightOf(ip: string, { weightPerMinute }: GatewayOptions): number {
  return weightPerMinute ?? (isLoopback(ip) ? LOOPBACK_WEIGHT_PER_MINUTE : WEIGHT_PER_MINUTE);
}
