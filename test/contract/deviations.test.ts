/** The log of deviations: the same suite in memory and on DynamoDB. And what only DynamoDB has: our books by the venue's time. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CreateTableCommand, type GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import {
  createDynamoDeviationCheckpoint,
  createDynamoDeviations,
  createDynamoOwnBooks,
  createDynamoReadModel,
} from '@perps/adapters/aws';
import { READ_TABLES, type ReadTable, VENUE_BUCKETS } from '@perps/contracts/projection';
import { usd } from '@perps/domain/money';
import type { DeviationCheckpoint, DeviationLog, DeviationRow } from '@perps/runtime/deviation';
import { createMemoryDeviations } from '@perps/runtime/testing';
import { startEmulators, type Emulators } from '../support/emulators.ts';

let emulators: Emulators;
let tables = 0;

beforeAll(async () => {
  emulators = await startEmulators();
});
afterAll(() => emulators.close());

type Keys = readonly (readonly [name: string, type: 'S' | 'N'])[];

/** A table with its indexes as the template has them. */
async function createTable(keys: Keys, indexes: Readonly<Record<string, Keys>>): Promise<string> {
  tables += 1;
  const TableName = `deviations-${tables}`;
  const schema = (of: Keys) =>
    of.map(([AttributeName], index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' }) as const);
  const types = new Map([...keys, ...Object.values(indexes).flat()]);
  await emulators.dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: schema(keys),
      AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
      GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, of]): GlobalSecondaryIndex => ({
        IndexName,
        KeySchema: schema(of),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  );
  return TableName;
}

interface Stores {
  readonly log: DeviationLog;
  readonly checkpoint: DeviationCheckpoint;
}

const STORES: Readonly<Record<string, () => Promise<Stores>>> = {
  memory: async () => createMemoryDeviations(),
  DynamoDB: async () => {
    const table = await createTable([['id', 'S']], {
      by_symbol: [
        ['symbol', 'S'],
        ['created_at', 'N'],
      ],
      by_status: [
        ['status', 'S'],
        ['created_at', 'N'],
      ],
    });
    const checkpoints = await emulators.createTable({ partition: 'consumer', sort: 'shard' });
    return {
      log: createDynamoDeviations(emulators.dynamo, table),
      checkpoint: createDynamoDeviationCheckpoint(emulators.dynamo, checkpoints),
    };
  },
};

const row = (over: Partial<DeviationRow>): DeviationRow => ({
  id: 'fill:1',
  cause: 'differs',
  symbol: 'BTC',
  positionId: 'p1',
  from: 1_000,
  to: 2_000,
  platformPnl: usd(-11_000_000n),
  hlActualPnl: usd(-22_000_000n),
  deviation: usd(11_000_000n),
  deviationRate: 500_000_000_000n,
  cover: usd(11_000_000n),
  level: 'p0',
  status: 'OPEN',
  createdAt: 3_000,
  resolvedAt: undefined,
  note: undefined,
  ...over,
});

describe.each(Object.entries(STORES))('deviations in %s', (_name, create) => {
  it('are written once: who comes second is told what is there', async () => {
    const { log } = await create();
    const first = row({ deviationRate: undefined });
    expect(await log.put(first)).toEqual(first);
    expect(await log.put(row({ cover: usd(99n), createdAt: 9_000 }))).toEqual(first);
    expect(await log.find('fill:1')).toEqual(first);
    expect(await log.find('fill:2')).toBeUndefined();
  });

  it('are closed once, with a note', async () => {
    const { log } = await create();
    await log.put(row({}));
    await log.put(row({ id: 'done', status: 'COVERED', resolvedAt: 3_000 }));
    const closed = row({ status: 'RESOLVED', resolvedAt: 5_000, note: 'booked' });
    expect(await log.resolve('fill:1', { at: 5_000, note: 'booked' })).toEqual(closed);
    expect(await log.resolve('fill:1', { at: 6_000, note: 'again' })).toBeUndefined();
    expect(await log.resolve('done', { at: 6_000, note: 'again' })).toBeUndefined();
    expect(await log.resolve('nobody', { at: 6_000, note: 'again' })).toBeUndefined();
    expect(await log.find('fill:1')).toEqual(closed);
    expect(await log.find('nobody')).toBeUndefined();
  });

  it('are found by status from a time on, oldest first, and by symbol, newest first', async () => {
    const { log } = await create();
    await log.put(row({ id: 'c', createdAt: 3_000 }));
    await log.put(row({ id: 'a', createdAt: 1_000 }));
    await log.put(row({ id: 'b', createdAt: 2_000, symbol: 'ETH' }));
    await log.put(row({ id: 'd', createdAt: 4_000, status: 'COVERED', resolvedAt: 4_000 }));
    const ids = (rows: readonly DeviationRow[]) => rows.map(({ id }) => id);
    expect(ids(await log.withStatus('OPEN', 0))).toEqual(['a', 'b', 'c']);
    expect(ids(await log.withStatus('OPEN', 2_000))).toEqual(['b', 'c']);
    expect(ids(await log.withStatus('RESOLVED', 0))).toEqual([]);
    expect(ids(await log.newestOf('BTC', 2))).toEqual(['d', 'c']);
    expect(ids(await log.newestOf('BTC', 10))).toEqual(['d', 'c', 'a']);
  });

  it('have a checkpoint that only moves from where it stands', async () => {
    const { checkpoint } = await create();
    expect(await checkpoint.read()).toBeUndefined();
    expect(await checkpoint.advance(undefined, 10)).toBe(true);
    expect(await checkpoint.advance(undefined, 20)).toBe(false);
    expect(await checkpoint.advance(5, 20)).toBe(false);
    expect(await checkpoint.read()).toBe(10);
    expect(await checkpoint.advance(10, 20)).toBe(true);
    expect(await checkpoint.read()).toBe(20);
  });
});

describe('our books', () => {
  it('are the executions at the venue alone, in [from, to), oldest first, whichever list they are in', async () => {
    const fills = await createTable([['id', 'S']], {
      by_venue: [
        ['venue_bucket', 'N'],
        ['filled_at', 'N'],
      ],
    });
    const columns = (tradeId: number, time: number, tid?: number) => ({
      id: String(tradeId),
      symbol: 'BTC',
      side: 'sell',
      price: '1000000',
      size: '10000',
      fee: '-4500000',
      position_id: `p${tradeId}`,
      venue_tid: tid === undefined ? null : String(tid),
      ...(tid === undefined ? {} : { venue_bucket: tid % VENUE_BUCKETS }),
      filled_at: time,
      hl_fill_price: null,
    });
    const names = Object.fromEntries(READ_TABLES.map((table) => [table, fills])) as Record<ReadTable, string>;
    const model = createDynamoReadModel({ client: emulators.dynamo, tables: names, checkpointsTable: fills });
    const rows = [
      columns(1, 999, 101),
      columns(2, 1_000, 102),
      columns(3, 1_500),
      columns(4, 1_999, 2 ** 49 + 3),
      columns(5, 1_001, 110),
      columns(6, 2_000, 103),
    ];
    await model.write(
      rows.map((one) => ({ table: 'fills', columns: one, shard: 0, generation: 0, appliedSeq: Number(one.id) })),
    );
    const books = createDynamoOwnBooks(emulators.dynamo, { FILLS_TABLE: fills, FUNDING_SETTLEMENTS_TABLE: fills });
    const found = await books.executions({ from: 1_000, to: 2_000 });
    expect(found.map(({ tid, positionId }) => [tid, positionId])).toEqual([
      [102, 'p2'],
      [110, 'p5'],
      [2 ** 49 + 3, 'p4'],
    ]);
    expect(found[0]).toEqual({
      tid: 102,
      symbol: 'BTC',
      side: 'sell',
      price: 1_000_000n,
      size: 10_000n,
      fee: -4_500_000n,
      time: 1_000,
      positionId: 'p2',
    });
  });
});
