import { Worker } from 'node:worker_threads';
import {
  createDynamoClient,
  createDynamoJournal,
  createDynamoLeases,
  createJournalClient,
  createKmsClient,
  createKmsSigner,
  createS3Client,
  createS3Snapshots,
  createSqsClient,
  createSqsCommands,
  hyperliquidAgentPolicy,
  loadConfig,
} from '@perps/adapters/aws';
import { createHyperliquidVenue } from '@perps/adapters/hyperliquid';
import {
  createHealthServer,
  createLogger,
  createMetrics,
  runService,
  systemClock as clock,
  systemIds as ids,
  systemRandom as random,
} from '@perps/adapters/node';
import { createRpcClient, createRpcServer } from '@perps/adapters/rpc';
import { UPDATES_TOPIC } from '@perps/contracts/engine';
import { FEED_TOPIC, type FeedFrame } from '@perps/contracts/feed';
import { createMarketBoard } from '@perps/runtime/markets';
import { engineConfig } from './config.ts';
import { engineHandlers } from './door.ts';
import { createEngine, type Engine } from './engine.ts';
import { takeSignerSlot } from './signer-slot.ts';

const config = loadConfig(engineConfig, process.env);
const logger = createLogger({ service: 'engine', level: config.LOG_LEVEL });
const metrics = createMetrics({ service: 'engine' });

await runService(logger, async (fail) => {
  const owner = `engine-${ids.token()}`;
  const board = createMarketBoard({ clock });
  const feed = createRpcClient({ resolveUrl: async () => config.MARKET_DATA_URL, logger, clock });
  feed.subscribe(FEED_TOPIC, (frame) => board.ingest(frame as FeedFrame));

  let engine: Engine | undefined;
  const starting = { isHealthy: false, reasons: ['starting'] };
  const http = await createHealthServer({
    port: config.PORT,
    host: config.HOST,
    health: () => engine?.health() ?? starting,
  });
  const handlers = engineHandlers({ shardCount: config.SHARD_COUNT, shard: (index) => engine?.shard(index) });
  const rpc = await createRpcServer({ server: http.server, handlers, topics: { [UPDATES_TOPIC]: {} }, logger });
  const address = config.ADVERTISED_URL ?? `ws://127.0.0.1:${http.port}/rpc`;

  const leases = createDynamoLeases({ client: createDynamoClient(), tableName: config.LEASES_TABLE, clock });
  const { LEASE_TTL_MS: ttlMs, HL_AGENT_KEY_IDS: keyIds } = config;
  const signerSlot = await takeSignerSlot({
    leases,
    slots: keyIds.length,
    owner,
    address,
    ttlMs,
    clock,
    logger,
    onLost: fail,
  });
  const policy = hyperliquidAgentPolicy({ clock, isTestnet: config.VENUE_NETWORK === 'Testnet' });
  const signer = await createKmsSigner({ client: createKmsClient(), keyId: keyIds[signerSlot.slot] ?? '', policy });
  const venue = createHyperliquidVenue({
    url: config.VENUE_URL,
    wsUrl: config.VENUE_WS_URL,
    network: config.VENUE_NETWORK,
    account: config.HL_TRADING_ACCOUNT.toLowerCase(),
    signer,
    szDecimalsOf: (symbol) => board.instrument(symbol)?.szDecimals,
    clock,
    random,
    logger,
    metrics,
  });

  const snapshotter = new Worker(new URL('./snapshotter.ts', import.meta.url), { workerData: { ...process.env } });
  snapshotter.on('error', (cause) => logger.error('snapshot follower ended', { cause: String(cause) }));
  const grown = new Map<number, number>();
  const onRecord = (shard: number): void => {
    const records = (grown.get(shard) ?? 0) + 1;
    grown.set(shard, records % config.SNAPSHOT_EVERY_RECORDS);
    if (records === config.SNAPSHOT_EVERY_RECORDS) snapshotter.postMessage(shard);
  };

  engine = createEngine({
    shardCount: config.SHARD_COUNT,
    owner,
    address,
    leaseTtlMs: ttlMs,
    venueExpiresAfterMs: config.VENUE_EXPIRES_AFTER_MS,
    slot: signerSlot.slot,
    board,
    venue,
    journal: createDynamoJournal({ client: createJournalClient(), tableName: config.JOURNAL_TABLE }),
    leases,
    snapshots: createS3Snapshots({ client: createS3Client(), bucket: config.SNAPSHOT_BUCKET }),
    queue: createSqsCommands({ client: createSqsClient(), queueUrls: config.COMMAND_QUEUE_URLS, ids }),
    publish: (update) => rpc.publish(UPDATES_TOPIC, update),
    onRecord,
    clock,
    ids,
    random,
    logger,
    metrics,
  });
  venue.start();

  return {
    async stop() {
      await engine?.stop();
      venue.stop();
      feed.close();
      await signerSlot.release();
      await snapshotter.terminate();
      await rpc.close();
      await http.close();
      metrics.flush();
    },
  };
});
