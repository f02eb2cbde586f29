import { Worker } from 'node:worker_threads';
import {
  createDynamoClient,
  createDynamoJournal,
  createDynamoLeases,
  createJournalClient,
  createS3Client,
  createS3Snapshots,
  createSqsClient,
  createSqsCommands,
  hyperliquidAgentPolicy,
  loadConfig,
} from '@perps/adapters/aws';
import { createHyperliquidVenue, type HyperliquidVenue } from '@perps/adapters/hyperliquid';
import {
  createHealthServer,
  createLogger,
  createMetrics,
  runService,
  type ServiceHealth,
  systemClock as clock,
  systemIds as ids,
  systemRandom as random,
} from '@perps/adapters/node';
import { createRpcClient, createRpcServer } from '@perps/adapters/rpc';
import { UPDATES_TOPIC } from '@perps/contracts/engine';
import { FEED_TOPIC, type FeedFrame } from '@perps/contracts/feed';
import { createMarketBoard, type MarketBoard } from '@perps/runtime/markets';
import { createAgentSigner, signerSlots } from './agent-signer.ts';
import { engineConfig } from './config.ts';
import { engineHandlers } from './door.ts';
import { createEngine, type Engine } from './engine.ts';
import { takeSignerSlot } from './signer-slot.ts';

const config = loadConfig(engineConfig, process.env);
const logger = createLogger({ service: 'engine', level: config.LOG_LEVEL });
const metrics = createMetrics({ service: 'engine' });
const platform = { clock, ids, random, logger, metrics };

await runService(logger, async (fail) => {
  const owner = `engine-${ids.token()}`;
  const board = createMarketBoard({ clock });
  const feed = createRpcClient({ resolveUrl: async () => config.MARKET_DATA_URL, logger, clock });
  feed.subscribe(FEED_TOPIC, (frame) => board.ingest(frame as FeedFrame));

  let engine: Engine | undefined;
  const starting = { isHealthy: false, reasons: ['starting'] };
  const health = (): ServiceHealth => engine?.health() ?? starting;
  const http = await createHealthServer({ port: config.PORT, host: config.HOST, health });
  const handlers = engineHandlers({ shardCount: config.SHARD_COUNT, shard: (index) => engine?.shard(index) });
  const rpc = await createRpcServer({ server: http.server, handlers, topics: { [UPDATES_TOPIC]: {} }, logger });
  const address = config.ADVERTISED_URL ?? `ws://127.0.0.1:${http.port}/rpc`;

  const leases = createDynamoLeases({ client: createDynamoClient(), tableName: config.LEASES_TABLE, clock });
  const leaseTtlMs = config.LEASE_TTL_MS;
  const slots = { slots: signerSlots(config), owner, address, ttlMs: leaseTtlMs, onLost: fail };
  const signerSlot = await takeSignerSlot({ ...platform, ...slots, leases });
  const venue = await connectVenue(signerSlot.slot, board);
  const snapshots = followSnapshots();
  engine = createEngine({
    ...platform,
    shardCount: config.SHARD_COUNT,
    owner,
    address,
    leaseTtlMs,
    venueExpiresAfterMs: config.VENUE_EXPIRES_AFTER_MS,
    slot: signerSlot.slot,
    isSlotHeld: signerSlot.isHeld,
    board,
    venue,
    leases,
    journal: createDynamoJournal({ client: createJournalClient(), tableName: config.JOURNAL_TABLE }),
    snapshots: createS3Snapshots({ client: createS3Client(), bucket: config.SNAPSHOT_BUCKET }),
    queue: createSqsCommands({ client: createSqsClient(), queueUrls: config.COMMAND_QUEUE_URLS, ids }),
    publish: (update) => rpc.publish(UPDATES_TOPIC, update),
    onRecord: snapshots.onRecord,
  });
  venue.start();

  return {
    async stop() {
      await engine?.stop();
      venue.stop();
      feed.close();
      await signerSlot.release();
      await snapshots.stop();
      await rpc.close();
      await http.close();
      metrics.flush();
    },
  };
});

/** The platform's trading account; its agent's key signs trading actions only. */
async function connectVenue(slot: number, board: MarketBoard): Promise<HyperliquidVenue> {
  const policy = hyperliquidAgentPolicy({ clock, isTestnet: config.VENUE_NETWORK === 'Testnet' });
  return createHyperliquidVenue({
    ...platform,
    url: config.VENUE_URL,
    wsUrl: config.VENUE_WS_URL,
    network: config.VENUE_NETWORK,
    account: config.HL_TRADING_ACCOUNT.toLowerCase(),
    signer: await createAgentSigner(config, { slot, policy }),
    szDecimalsOf: (symbol) => board.instrument(symbol)?.szDecimals,
  });
}

/** Tells the follower thread about shards whose journal has grown enough for a snapshot. */
function followSnapshots(): { onRecord(shard: number): void; stop(): Promise<unknown> } {
  // Run from source here, from the bundle of scripts/bundle.ts in the container.
  const file = import.meta.url.endsWith('.ts') ? './snapshot-worker.ts' : './engine-snapshot-worker.js';
  const follower = new Worker(new URL(file, import.meta.url), { workerData: { ...process.env } });
  follower.on('error', (cause) => logger.error('snapshot follower ended', { cause: String(cause) }));
  const grown = new Map<number, number>();
  return {
    onRecord(shard) {
      const records = (grown.get(shard) ?? 0) + 1;
      grown.set(shard, records % config.SNAPSHOT_EVERY_RECORDS);
      if (records === config.SNAPSHOT_EVERY_RECORDS) follower.postMessage(shard);
    },
    stop: () => follower.terminate(),
  };
}
