/** Worker thread: a follower that replays a shard's journal and writes its snapshot, away from the orders' event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  createJournalClient,
  createDynamoJournal,
  createS3Client,
  createS3Snapshots,
  loadConfig,
} from '@perps/adapters/aws';
import { createLogger } from '@perps/adapters/node';
import { writeSnapshot } from '@perps/runtime/shard';
import { engineConfig } from './config.ts';
import { createTradingMachine, tradingCodec } from './trading-machine.ts';

const config = loadConfig(engineConfig, workerData as Record<string, string>);
const logger = createLogger({ service: 'engine-snapshots', level: config.LOG_LEVEL });
const journal = createDynamoJournal({ client: createJournalClient(), tableName: config.JOURNAL_TABLE });
const snapshots = createS3Snapshots({ client: createS3Client(), bucket: config.SNAPSHOT_BUCKET });
let queue: Promise<void> = Promise.resolve();

/** Each message names a shard whose journal has grown enough; one snapshot at a time. */
parentPort?.on('message', (shard: number) => {
  queue = queue.then(() => snapshot(shard));
});

async function snapshot(shard: number): Promise<void> {
  try {
    const machine = createTradingMachine({ shard });
    const written = await writeSnapshot({ shard, machine, codec: tradingCodec, journal, snapshots });
    if (written !== undefined) logger.info('snapshot written', { shard, seq: written.ref.seq, bytes: written.bytes });
  } catch (cause) {
    // Recovery does without: an older snapshot and a longer tail. The next growth tries again.
    logger.error('snapshot failed', { shard, cause: String(cause) });
  }
}
