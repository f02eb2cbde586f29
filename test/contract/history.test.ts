import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AttributeDefinition, CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoHistory, createDynamoReadModel, type HistoryConfig } from '@perps/adapters/aws';
import { emptyProjection, project, type ReadTable } from '@perps/contracts/projection';
import type { AccountEvent } from '@perps/domain/account';
import { price, rate, size, usd } from '@perps/domain/money';
import { fundingPosted, liquidationStepped, NOW, positionOpened } from '@perps/domain/testing';
import type { HistoryRange, HistoryStore } from '@perps/runtime/ports';
import { createMemoryHistory, type RememberedHistory } from '@perps/runtime/testing';
import { startEmulators, type Emulators } from '../support/emulators.ts';

const HOUR = 3_600_000;
const STEP = 60_000;
const NUMBERS = new Set(['seq', 'sampled_at', 'created_at', 'external_at', 'filled_at', 'liquidated_at', 'settled_at']);

let emulators: Emulators;

beforeAll(async () => {
  emulators = await startEmulators();
});
afterAll(() => emulators.close());

/** A table with its indexes as the template has them. */
async function table(keys: readonly string[], indexes: Readonly<Record<string, readonly string[]>> = {}) {
  const { createTable, dynamo } = emulators;
  if (Object.keys(indexes).length === 0) {
    const [partition = '', sort] = keys;
    return createTable({ partition, ...(sort === undefined ? {} : { sort }) });
  }
  const TableName = `history-${Object.values(indexes).flat().join('-')}`;
  const schema = (names: readonly string[]) =>
    names.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' }) as const);
  const names = new Set([...keys, ...Object.values(indexes).flat()]);
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: schema(keys),
      AttributeDefinitions: [...names].map((AttributeName): AttributeDefinition => ({
        AttributeName,
        AttributeType: NUMBERS.has(AttributeName) ? 'N' : 'S',
      })),
      GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, index]) => ({
        IndexName,
        KeySchema: schema(index),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  );
  return TableName;
}

const deposited = (n: number): AccountEvent => ({
  type: 'DepositCredited',
  depositId: `d${n}`,
  amount: usd(1_000_000n),
  transfers: [
    {
      type: 'deposit',
      ref: `d${n}`,
      postings: [
        { platform: 'chain:local', amount: usd(-1_000_000n) },
        { pot: 'wallet', amount: usd(1_000_000n) },
      ],
    },
  ],
});

const filled = (tradeId: number): AccountEvent => ({
  type: 'OrderFilled',
  orderId: 7,
  at: NOW + tradeId,
  route: 'INTERNAL',
  tradeId,
  price: price(1_000_000n),
  size: size(10n),
  side: 'buy',
  symbol: 'BTC',
  liquidity: 'taker',
  fee: usd(5n),
  builderFee: usd(2n),
  closedPnl: usd(-3n),
  startSize: size(4n),
  positionId: 'p2',
  position: undefined,
  legs: [],
  orderMargin: usd(0n),
  transfers: [],
  openedNotional: usd(0n),
});

/** What happens to alice: a fact a minute. */
const FACTS: readonly AccountEvent[][] = [
  [deposited(1)],
  [deposited(2), filled(64)],
  [filled(128), filled(192)],
  [positionOpened(), fundingPosted({ hour: NOW + HOUR })],
  [deposited(3), liquidationStepped()],
];
const factAt = (index: number): number => NOW + index * STEP;

/** The same as its reader must tell it. */
const REMEMBERED: RememberedHistory = {
  funding: [
    {
      id: `p1:${NOW + HOUR}:0`,
      at: factAt(3),
      hour: NOW + HOUR,
      positionId: 'p1',
      symbol: 'BTC',
      route: 'INTERNAL',
      size: size(1_000n),
      payment: usd(-12_500n),
      rate: rate(5n),
      hours: 1,
      isCorrection: false,
    },
  ],
  ledger: [
    ...[0, 1].map((n) => ledgerRow(n + 1, n, { type: 'deposit', amount: 1_000_000n, ref: `d${n + 1}` })),
    ledgerRow(3, 3, { type: 'funding', amount: -12_500n, ref: 'p1' }),
    ledgerRow(4, 4, { type: 'deposit', amount: 1_000_000n, ref: 'd3' }),
    ledgerRow(5, 4, { type: 'realized-pnl', amount: -50_100_000n, ref: 'p1' }),
  ],
  liquidations: [
    {
      id: 'l1:1',
      at: factAt(4),
      liquidationId: 'l1',
      step: 1,
      scope: 'cross',
      positionId: 'p1',
      symbol: 'BTC',
      route: 'INTERNAL',
      size: size(1_000n),
      closedSize: size(1_000n),
      markPrice: price(950_000n),
      closePrice: price(949_900n),
      equityBefore: usd(10_000_000n),
      badDebt: usd(0n),
    },
  ],
  fills: [64, 128, 192].map((tradeId) => ({
    accountId: 'alice',
    tradeId,
    orderId: 7,
    symbol: 'BTC',
    side: 'buy',
    price: price(1_000_000n),
    size: size(10n),
    startSize: size(4n),
    closedPnl: usd(-3n),
    fee: usd(5n),
    builderFee: usd(2n),
    liquidity: 'taker',
    route: 'INTERNAL',
    time: NOW + tradeId,
    hash: `0x${'0'.repeat(64)}`,
  })),
  samples: [{ at: NOW - (NOW % HOUR), balance: usd(0n), netDeposits: usd(0n), volume: usd(0n) }],
};

function ledgerRow(
  seq: number,
  fact: number,
  moved: { readonly type: 'deposit' | 'funding' | 'realized-pnl'; readonly amount: bigint; readonly ref: string },
) {
  const balances = [0n, 1_000_000n, 2_000_000n, 1_987_500n, 2_987_500n];
  const before = balances[seq - 1] ?? 0n;
  return {
    ...moved,
    seq,
    at: factAt(fact),
    pot: 'wallet',
    amount: usd(moved.amount),
    before: usd(before),
    after: usd(before + moved.amount),
  };
}

async function dynamoHistory(): Promise<HistoryStore> {
  const { dynamo: client } = emulators;
  const config: HistoryConfig = {
    BALANCE_LOGS_TABLE: await table(['user_id', 'seq'], {
      by_time: ['user_id', 'created_at'],
      by_external: ['user_id', 'external_at'],
    }),
    BALANCE_SAMPLES_TABLE: await table(['user_id', 'sampled_at']),
    FILLS_TABLE: await table(['id'], { by_user: ['user_id', 'filled_at'] }),
    LIQUIDATIONS_TABLE: await table(['id'], { by_user: ['user_id', 'liquidated_at'] }),
    FUNDING_SETTLEMENTS_TABLE: await table(['id'], { by_user: ['user_id', 'settled_at'] }),
  };
  const tables: Readonly<Record<ReadTable, string>> = {
    wallets: await table(['user_id']),
    orders: await table(['id']),
    positions: await table(['id']),
    balance_logs: config.BALANCE_LOGS_TABLE,
    balance_samples: config.BALANCE_SAMPLES_TABLE,
    fills: config.FILLS_TABLE,
    liquidations: config.LIQUIDATIONS_TABLE,
    funding_settlements: config.FUNDING_SETTLEMENTS_TABLE,
  };
  const store = createDynamoReadModel({ client, tables, checkpointsTable: await table(['consumer', 'shard']) });
  let account = emptyProjection('alice');
  const rates = { 'BTC:INTERNAL': [[NOW + HOUR, rate(5n)] as const] };
  for (const [index, events] of FACTS.entries()) {
    const projected = project(account, { at: factAt(index), events, rates });
    ({ account } = projected);
    // One record each: rows of one key would meet in one request otherwise.
    for (const [n, write] of projected.writes.entries()) {
      await store.write([{ ...write, shard: 0, generation: 0, appliedSeq: 100 * (index + 1) + n }]);
    }
  }
  return createDynamoHistory(client, config);
}

const all: HistoryRange = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100 };

describe.each([
  [
    'in memory',
    () => {
      const memory = createMemoryHistory();
      memory.remember('alice', REMEMBERED);
      return Promise.resolve(memory);
    },
  ],
  ['on DynamoDB', dynamoHistory],
] as const)('history %s', (_name, create) => {
  let history: HistoryStore;
  beforeAll(async () => {
    history = await create();
  });

  it('tells everything, oldest first', async () => {
    expect(await history.fundingOf('alice', all)).toEqual(REMEMBERED.funding);
    expect(await history.ledgerOf('alice', all)).toEqual(REMEMBERED.ledger);
    expect(await history.liquidationsOf('alice', all)).toEqual(REMEMBERED.liquidations);
    expect(await history.fillsOf('alice', all)).toEqual(REMEMBERED.fills);
    expect(await history.samplesOf('alice', all)).toEqual(REMEMBERED.samples);
  });

  it('has times inclusive, and both directions', async () => {
    const seqs = async (range: Partial<HistoryRange>): Promise<readonly number[]> =>
      (await history.ledgerOf('alice', { ...all, ...range })).map(({ seq }) => seq);
    expect(await seqs({ from: factAt(1), to: factAt(3) })).toEqual([2, 3]);
    expect(await seqs({ from: factAt(1) + 1, to: factAt(3) - 1 })).toEqual([]);
    expect(await seqs({ from: factAt(3), to: factAt(1) })).toEqual([]);
    expect(await seqs({ isNewestFirst: true, to: factAt(3) })).toEqual([3, 2, 1]);
  });

  it('answers no more than it is asked for', async () => {
    const trades = async (range: Partial<HistoryRange>): Promise<readonly number[]> =>
      (await history.fillsOf('alice', { ...all, ...range })).map(({ tradeId }) => tradeId);
    expect(await trades({ limit: 2 })).toEqual([64, 128]);
    expect(await trades({ limit: 2, isNewestFirst: true })).toEqual([192, 128]);
  });

  it('finds money from outside among all other', async () => {
    const external = await history.ledgerOf('alice', { ...all, only: 'external' });
    expect(external.map(({ ref }) => ref)).toEqual(['d1', 'd2', 'd3']);
  });

  it('has nothing of others', async () => {
    expect(await history.ledgerOf('bob', all)).toEqual([]);
    expect(await history.fillsOf('bob', all)).toEqual([]);
  });
});
