/** A shard host over the real journal adapter and a real store on a file, with funded accounts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { type ClientOptions, createDynamoClient, createDynamoJournal, createJournalClient } from '@perps/adapters/aws';
import { systemClock, systemIds, systemRandom } from '@perps/adapters/node';
import type { ShardState } from '@perps/domain/shard';
import type { JournalStore, LeaseStore, Logger, Metrics, SnapshotStore } from '@perps/runtime/ports';
import { createShardHost } from '@perps/runtime/shard';
import { createMemoryLeases, createMemorySnapshots } from '@perps/runtime/testing';
import { startDynoxide } from '../../local/cloud/dynoxide.ts';
import type { TradingHost } from '../../services/engine/shard.ts';
import { createTradingMachine, tradingCodec } from '../../services/engine/trading-machine.ts';
import { openingCommands, withFacts } from './trading.ts';

export interface JournalTable {
  readonly journal: JournalStore;
  /** The same, its bytes not counted: for puts that are no orders. */
  readonly uncounted: JournalStore;
  readonly tableName: string;
  readonly clientOptions: ClientOptions;
  /** Bytes of batch bodies appended so far. */
  journalBytes(): number;
  close(): Promise<void>;
}

export interface JournaledShard extends JournalTable {
  readonly host: TradingHost;
}

const TABLE = 'journal';
const quiet: Logger = { info: () => undefined, warn: () => undefined, error: (...words) => console.error(...words) };
const unmeasured: Metrics = { count: () => undefined, gauge: () => undefined, timing: () => undefined };

/** The store in a temporary folder with an empty journal table. */
export async function openJournalTable(): Promise<JournalTable> {
  const dir = mkdtempSync(join(tmpdir(), 'perps-bench-'));
  const store = await startDynoxide({ file: join(dir, 'journal.db') });
  const clientOptions: ClientOptions = {
    region: 'us-east-1',
    endpoint: store.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestTimeoutMs: 30_000,
  };
  const admin = createDynamoClient(clientOptions);
  await admin.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  admin.destroy();
  const client = createJournalClient(clientOptions);
  const journal = createDynamoJournal({ client, tableName: TABLE });
  let bytes = 0;
  return {
    tableName: TABLE,
    clientOptions,
    uncounted: journal,
    journal: {
      ...journal,
      append: (record) => {
        bytes += record.body.length;
        return journal.append(record);
      },
    },
    journalBytes: () => bytes,
    close: async () => {
      client.destroy();
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A host of shard 0 as the engine makes it; not started. */
export function createHost(stores: {
  readonly journal: JournalStore;
  readonly snapshots?: SnapshotStore;
  readonly leases?: LeaseStore;
  /** What the shard holds before its first record; default: nothing. */
  readonly initial?: () => ShardState;
}): TradingHost {
  const machine = createTradingMachine({ shard: 0 });
  return createShardHost({
    shard: 0,
    machine: stores.initial === undefined ? machine : { ...machine, initial: stores.initial },
    codec: tradingCodec,
    journal: stores.journal,
    leases: stores.leases ?? createMemoryLeases(systemClock),
    snapshots: stores.snapshots ?? createMemorySnapshots(),
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    logger: quiet,
    metrics: unmeasured,
    lease: { resource: 'shard#0', owner: systemIds.token(), address: 'bench', ttlMs: 600_000 },
  });
}

/** A started shard whose accounts have money. */
export async function openJournaledShard(options: { readonly accounts: number }): Promise<JournaledShard> {
  const table = await openJournalTable();
  const host = createHost(table);
  await host.start();
  await Promise.all(
    [...openingCommands(options.accounts)].map((command) => host.submit(withFacts(command, command.receivedAt))),
  );
  return {
    ...table,
    host,
    close: async () => {
      await host.stop();
      await table.close();
    },
  };
}
