import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeleteItemCommand, paginateScan, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  createDynamoJournal,
  createReadTablesProjector,
  journalClientOf,
  readTableNames,
  type ReadTablesConfig,
} from '@perps/adapters/aws';
import { READ_TABLES, type ReadTable } from '@perps/contracts/projection';
import { createBatchCodec } from '@perps/contracts/journal';
import { price, rate } from '@perps/domain/money';
import { FUNDING_STREAM, type ShardEvent } from '@perps/domain/shard';
import { fundingPosted, liquidationStepped, NOW, positionOpened } from '@perps/domain/testing';
import type { JournalRecord } from '@perps/runtime/ports';
import type { Projector } from '@perps/runtime/projection';
import { createSeededRandom } from '@perps/runtime/testing';
import { startEmulators, type Emulators } from '../support/emulators.ts';
import { createShardHistory, type ShardHistory } from '../support/shard-history.ts';

/** Spec 12, columns of the tables the projector writes. */
const DICTIONARY: Readonly<Record<ReadTable, readonly string[]>> = {
  wallets: ['user_id', 'total_balance', 'available_balance', 'frozen_margin', 'cross_margin_used'],
  balance_logs: ['user_id', 'type', 'amount', 'before', 'after', 'ref_id'],
  // Ours.
  balance_samples: ['user_id', 'sampled_at', 'total_balance', 'net_deposits', 'volume'],
  orders: ['id', 'user_id', 'symbol', 'side', 'size', 'price', 'route', 'status', 'routing_latency_ms'],
  positions: [
    'id',
    'user_id',
    'symbol',
    'direction',
    'size',
    'entry_price',
    'margin_mode',
    'position_source',
    'status',
  ],
  fills: ['id', 'order_id', 'price', 'size', 'fee', 'source', 'hl_fill_price'],
  liquidations: ['id', 'position_id', 'user_id', 'trigger_price', 'close_price', 'margin_zeroed'],
  funding_settlements: ['id', 'position_id', 'rate', 'payment', 'settled_at'],
};

/** Attributes as DynamoDB writes them: numbers are texts. */
type Row = Readonly<Record<string, string | boolean | undefined>>;
type Rows = Readonly<Record<ReadTable, readonly Row[]>>;

interface Subject {
  readonly projector: Projector;
  append(history: ShardHistory, seqs?: { from: number; to: number }): Promise<void>;
  remove(shard: number, seq: number): Promise<void>;
  spoil(table: ReadTable, item: Readonly<Record<string, string>>): Promise<void>;
  rows(): Promise<Rows>;
}

let emulators: Emulators;

beforeAll(async () => {
  emulators = await startEmulators();
});
afterAll(() => emulators.close());

async function createSubject(): Promise<Subject> {
  const { dynamo } = emulators;
  const table = (partition: string, sort?: string): Promise<string> =>
    emulators.createTable({ partition, ...(sort === undefined ? {} : { sort }) });
  const config: ReadTablesConfig = {
    JOURNAL_TABLE: await table('pk', 'sk'),
    CHECKPOINTS_TABLE: await table('consumer', 'shard'),
    WALLETS_TABLE: await table('user_id'),
    BALANCE_LOGS_TABLE: await table('user_id', 'seq'),
    BALANCE_SAMPLES_TABLE: await table('user_id', 'sampled_at'),
    ORDERS_TABLE: await table('id'),
    POSITIONS_TABLE: await table('id'),
    FILLS_TABLE: await table('id'),
    LIQUIDATIONS_TABLE: await table('id'),
    FUNDING_SETTLEMENTS_TABLE: await table('id'),
  };
  const journal = createDynamoJournal({ client: journalClientOf(dynamo), tableName: config.JOURNAL_TABLE });
  const names = readTableNames(config);
  return {
    projector: createReadTablesProjector(dynamo, config),
    append: async ({ records }, { from, to } = { from: 1, to: records.length }) => {
      for (const record of records.slice(from - 1, to)) {
        expect(await journal.append(record)).toEqual({ status: 'appended' });
      }
    },
    remove: async (shard, seq) => {
      const Key = { pk: { S: `${shard}#0` }, sk: { N: String(seq) } };
      await dynamo.send(new DeleteItemCommand({ TableName: config.JOURNAL_TABLE, Key }));
    },
    spoil: async (name, item) => {
      const Item = Object.fromEntries(
        Object.entries(item).map(([key, value]) => [key, /^\d+$/.test(value) ? { N: value } : { S: value }]),
      );
      await dynamo.send(new PutItemCommand({ TableName: names[name], Item }));
    },
    rows: async () => {
      const all = await Promise.all(READ_TABLES.map(async (name) => [name, await scan(names[name])] as const));
      return Object.fromEntries(all) as unknown as Rows;
    },
  };
}

/** All rows as plain values, in an order of their own; without the stamps that only order writes. */
async function scan(tableName: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const { Items: items = [] } of paginateScan({ client: emulators.dynamo }, { TableName: tableName })) {
    for (const { generation: _generation, applied_seq: _stamp, ...item } of items) {
      rows.push(Object.fromEntries(Object.entries(item).map(([name, { S, N, BOOL }]) => [name, S ?? N ?? BOOL])));
    }
  }
  const keyOf = (row: Row): string =>
    `${String(row['id'] ?? row['user_id'])}#${String(row['seq'] ?? '').padStart(9, '0')}`;
  return rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const SEEDS = [1, 2];
const history = (seed: number, commands = 100): ShardHistory => createShardHistory({ shard: 0, seed, commands });

describe('read tables', () => {
  it('have the columns of the data dictionary', async () => {
    const subject = await createSubject();
    const lawful = history(1);
    await subject.append(lawful);
    await subject.append({ ...lawful, records: [riskRecord(lawful)] });
    await subject.projector.catchUp({ shard: 0, seq: lawful.records.length + 1 });
    const rows = await subject.rows();
    for (const table of READ_TABLES) {
      expect(rows[table].length).toBeGreaterThan(0);
      for (const row of rows[table]) expect(Object.keys(row)).toEqual(expect.arrayContaining([...DICTIONARY[table]]));
    }
    // The rate comes from another stream of the shard.
    expect(rows.funding_settlements).toMatchObject([{ rate: '12500000', hours: '1', payment: '-12500' }]);
    await subject.projector.rebuild(0);
    expect(await subject.rows()).toEqual(rows);
  });

  it.each(SEEDS)('say what the accounts of the engine say (seed %i)', async (seed) => {
    const subject = await createSubject();
    const lawful = history(seed);
    await subject.append(lawful);
    await subject.projector.catchUp({ shard: 0, seq: lawful.records.length });
    const rows = await subject.rows();
    expect(rows.wallets.map(walletOf)).toEqual(expectedWallets(lawful));
    expect(liveOrders(rows)).toEqual(expectedOrders(lawful));
    expect(openPositions(rows)).toEqual(expectedPositions(lawful));
    expect(rows.fills.map((row) => row['id'])).toEqual(expectedFills(lawful));
    for (const row of rows.wallets) expect(logTotal(rows, row['user_id'])).toBe(BigInt(String(row['total_balance'])));
  });

  it.each(SEEDS)('are the same however often and late notices come (seed %i)', async (seed) => {
    const lawful = history(seed);
    const once = await createSubject();
    await once.append(lawful);
    await once.projector.catchUp({ shard: 0, seq: lawful.records.length });

    const random = createSeededRandom(seed);
    const often = await createSubject();
    let appended = 0;
    const told: number[] = [];
    while (appended < lawful.records.length) {
      const next = Math.min(appended + 1 + random.int(20), lawful.records.length);
      await often.append(lawful, { from: appended + 1, to: next });
      appended = next;
      told.push(next);
      const notices = Array.from({ length: 1 + random.int(5) }, () => random.pick(told));
      await Promise.all([next, ...notices].map((seq) => often.projector.catchUp({ shard: 0, seq })));
    }
    expect(await often.rows()).toEqual(await once.rows());
  });

  it('stop before a missing record, go on once it is back, and are the same after a rebuild', async () => {
    const lawful = history(7);
    const last = lawful.records.length;
    const missing = Math.floor(last / 2);
    const whole = await createSubject();
    await whole.append(lawful);
    await whole.projector.catchUp({ shard: 0, seq: last });
    const upToHole = await createSubject();
    await upToHole.append(lawful, { from: 1, to: missing - 1 });
    await upToHole.projector.catchUp({ shard: 0, seq: missing - 1 });

    const holed = await createSubject();
    await holed.append(lawful);
    await holed.remove(0, missing);
    for (const seq of [last, missing]) {
      await expect(holed.projector.catchUp({ shard: 0, seq })).rejects.toMatchObject({ expectedSeq: missing });
    }
    expect(await holed.rows()).toEqual(await upToHole.rows());

    await holed.append(lawful, { from: missing, to: missing });
    await holed.projector.catchUp({ shard: 0, seq: last });
    expect(await holed.rows()).toEqual(await whole.rows());
    expect(await holed.projector.rebuild(0)).toEqual({ seq: last, pruned: 0 });
    expect(await holed.rows()).toEqual(await whole.rows());
  });

  it('lose on a rebuild what the journal does not explain, and get back what was lost', async () => {
    const lawful = history(8);
    const subject = await createSubject();
    await subject.append(lawful);
    await subject.projector.catchUp({ shard: 0, seq: lawful.records.length });
    const before = await subject.rows();
    await subject.spoil('fills', { id: 'invented', shard: '0', generation: '0', applied_seq: '1' });
    await subject.spoil('wallets', {
      user_id: 'alice',
      total_balance: 'wrong',
      shard: '0',
      generation: '0',
      applied_seq: '999999',
    });
    expect(await subject.rows()).not.toEqual(before);
    const { pruned } = await subject.projector.rebuild(0);
    expect(pruned).toBe(1);
    expect(await subject.rows()).toEqual(before);
  });

  it('leave out records that do not continue the journal', async () => {
    const lawful = history(9, 40);
    const subject = await createSubject();
    const last = lawful.records.length;
    await subject.append(lawful);
    await subject.projector.catchUp({ shard: 0, seq: last });
    const before = await subject.rows();
    const stale = { ...lawful.records[last - 1]!, seq: last + 1, previousToken: 'of a writer that was fenced off' };
    await subject.append({ ...lawful, records: [stale] });
    await subject.projector.catchUp({ shard: 0, seq: last + 1 });
    expect(await subject.rows()).toEqual(before);
  });
});

/** The record after the last one: funding and a liquidation of a position of alice's. */
function riskRecord({ records }: ShardHistory): JournalRecord {
  const last = records.at(-1)!;
  const at = NOW + 3_600_000;
  const accruals = [{ symbol: 'BTC', oraclePrice: price(1_000_000n), rate: rate(12_500_000n) }];
  const closed = {
    commandId: 'hour',
    streamId: FUNDING_STREAM,
    at,
    events: [{ type: 'HourClosed', hour: at, accruals }] satisfies ShardEvent[],
  };
  const events = [positionOpened(), fundingPosted({ hour: at }), liquidationStepped()];
  const entries = [closed, { commandId: 'risk', streamId: 'alice', at, events }];
  const { body } = createBatchCodec<ShardEvent>().encode(entries);
  return { ...last, seq: last.seq + 1, token: 'risk', previousToken: last.token, body };
}

const walletOf = (row: Row) => ({ user: row['user_id'], total: row['total_balance'] });

function expectedWallets({ state }: ShardHistory) {
  return [...state.accounts.values()]
    .map(({ accountId, wallet, hold, positions }) => {
      const isolated = Object.values(positions).reduce((sum, { isolatedMargin }) => sum + isolatedMargin, 0n);
      return { user: accountId, total: String(wallet + hold + isolated) };
    })
    .toSorted((a, b) => (a.user < b.user ? -1 : 1));
}

const byId = <Keyed extends { id: unknown }>(items: Keyed[]): Keyed[] =>
  items.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1));

const liveOrders = ({ orders }: Rows) =>
  byId(
    orders
      .filter((row) => ['OPEN', 'ROUTED', 'PENDING', 'PARTIALLY_FILLED'].includes(String(row['status'])))
      .map((row) => ({ id: row['id'], filled: row['filled_size'], margin: row['order_margin'] })),
  );

const expectedOrders = ({ state }: ShardHistory) =>
  byId(
    [...state.accounts.values()].flatMap(({ orders }) =>
      Object.values(orders).map((order) => ({
        id: String(order.orderId),
        filled: String(order.filledSize),
        margin: String(order.orderMargin),
      })),
    ),
  );

const openPositions = ({ positions }: Rows) =>
  byId(
    positions
      .filter((row) => row['status'] === 'OPEN')
      .map((row) => ({
        id: row['id'],
        size: row['direction'] === 'long' ? row['size'] : `-${String(row['size'])}`,
        isolated: row['isolated_margin'],
      })),
  );

const expectedPositions = ({ state }: ShardHistory) =>
  byId(
    [...state.accounts.values()].flatMap(({ positions }) =>
      Object.values(positions).map(({ positionId, size, isolatedMargin }) => ({
        id: positionId,
        size: String(size),
        isolated: String(isolatedMargin),
      })),
    ),
  );

const expectedFills = ({ entries }: ShardHistory): readonly string[] =>
  entries
    .flatMap(({ events }) => events.flatMap((event) => (event.type === 'OrderFilled' ? [String(event.tradeId)] : [])))
    .toSorted();

/** Σ of a user's balance_logs. */
const logTotal = ({ balance_logs: logs }: Rows, userId: unknown): bigint =>
  logs.filter((row) => row['user_id'] === userId).reduce((sum, row) => sum + BigInt(String(row['amount'])), 0n);
