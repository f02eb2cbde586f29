/** History of accounts by time, from the read tables' indexes on DynamoDB. */
import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { price, rate, size, usd } from '@perps/domain/money';
import type {
  BalanceSample,
  FundingSettlement,
  HistoryRange,
  HistoryStore,
  LedgerEntry,
  LiquidationStep,
} from '@perps/runtime/ports';
import type { FillRecord } from '@perps/domain/shard';
import { z } from 'zod';
import { integer, type Item, MalformedItemError, text } from './items.ts';

const tableName = z.string().min(3);

/** Names of the tables it reads. */
export const historyConfig = z.object({
  BALANCE_LOGS_TABLE: tableName,
  BALANCE_SAMPLES_TABLE: tableName,
  FILLS_TABLE: tableName,
  LIQUIDATIONS_TABLE: tableName,
  FUNDING_SETTLEMENTS_TABLE: tableName,
});

export type HistoryConfig = z.infer<typeof historyConfig>;

/** Rows of one request: some 300 bytes each, well below DynamoDB's page of 1 MB. */
const PAGE_ROWS = 1_000;
/** Nobody is answered more at once, whatever is asked. */
const ROWS_MAX = 10_000;

interface Series<Row> {
  readonly table: string;
  /** Absent = the table itself. */
  readonly index?: string;
  /** The sort key, ms. */
  readonly time: string;
  read(item: Item): Row;
  /** Orders rows of one moment. */
  rank(row: Row): string | number;
}

/** Creates the reader; its answers are eventually consistent. */
export function createDynamoHistory(client: DynamoDBClient, config: HistoryConfig): HistoryStore {
  const query = queryOf(client);
  const ledger = { table: config.BALANCE_LOGS_TABLE, read: toLedgerEntry, rank: ({ seq }: LedgerEntry) => seq };
  return {
    fundingOf: query({
      table: config.FUNDING_SETTLEMENTS_TABLE,
      index: 'by_user',
      time: 'settled_at',
      read: toSettlement,
      rank: ({ id }) => id,
    }),
    ledgerOf: (userId, range) => {
      const series =
        range.only === undefined
          ? { ...ledger, index: 'by_time', time: 'created_at' }
          : { ...ledger, index: 'by_external', time: 'external_at' };
      return query(series)(userId, range);
    },
    liquidationsOf: query({
      table: config.LIQUIDATIONS_TABLE,
      index: 'by_user',
      time: 'liquidated_at',
      read: toLiquidationStep,
      rank: ({ step }) => step,
    }),
    fillsOf: query({
      table: config.FILLS_TABLE,
      index: 'by_user',
      time: 'filled_at',
      read: toFill,
      rank: ({ tradeId }) => tradeId,
    }),
    samplesOf: query({
      table: config.BALANCE_SAMPLES_TABLE,
      time: 'sampled_at',
      read: toSample,
      rank: ({ at }) => at,
    }),
  };
}

const queryOf =
  (client: DynamoDBClient) =>
  <Row>(series: Series<Row>) =>
  async (userId: string, range: HistoryRange): Promise<readonly Row[]> => {
    const limit = Math.min(range.limit, ROWS_MAX);
    const items: Item[] = [];
    if (range.from > range.to) return [];
    let next: Record<string, AttributeValue> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: series.table,
          IndexName: series.index,
          KeyConditionExpression: 'user_id = :user AND #time BETWEEN :from AND :to',
          ExpressionAttributeNames: { '#time': series.time },
          ExpressionAttributeValues: {
            ':user': text(userId),
            ':from': integer(range.from),
            ':to': integer(range.to),
          },
          ScanIndexForward: range.isNewestFirst !== true,
          Limit: Math.min(limit - items.length, PAGE_ROWS),
          ExclusiveStartKey: next,
        }),
      );
      items.push(...(page.Items ?? []));
      next = page.LastEvaluatedKey;
    } while (next !== undefined && items.length < limit);
    return inOrder(items, series, range);
  };

/** An index orders rows by time alone: those of one moment are put in their own order here. */
function inOrder<Row>(items: readonly Item[], series: Series<Row>, { isNewestFirst }: HistoryRange): readonly Row[] {
  const sign = isNewestFirst === true ? -1 : 1;
  return items
    .map((item) => {
      const row = series.read(item);
      return { row, at: numberIn(item, series.time), rank: series.rank(row) };
    })
    .toSorted((a, b) => sign * (a.at - b.at || (a.rank < b.rank ? -1 : 1)))
    .map(({ row }) => row);
}

const digits = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const route = z.enum(['INTERNAL', 'HYPERLIQUID']);
const ms = z.number().int();

const settlement = z.object({
  id: z.string(),
  settled_at: ms,
  hour: ms,
  position_id: z.string(),
  symbol: z.string(),
  route,
  size: digits,
  payment: digits,
  rate: digits.nullable(),
  hours: z.number().int().nullable(),
  is_correction: z.boolean(),
});

function toSettlement(item: Item): FundingSettlement {
  const row = parse(settlement, item);
  return {
    id: row.id,
    at: row.settled_at,
    hour: row.hour,
    positionId: row.position_id,
    symbol: row.symbol,
    route: row.route,
    size: size(row.size),
    payment: usd(row.payment),
    rate: row.rate === null ? undefined : rate(row.rate),
    hours: row.hours ?? undefined,
    isCorrection: row.is_correction,
  };
}

const ledgerEntry = z.object({
  seq: z.number().int(),
  created_at: ms,
  type: z.enum([
    'deposit',
    'withdrawal',
    'margin-lock',
    'margin-release',
    'realized-pnl',
    'fee',
    'funding',
    'liquidation',
    'deviation-cover',
    'bad-debt',
    'adjustment',
    'rebate',
  ]),
  pot: z.string(),
  amount: digits,
  before: digits,
  after: digits,
  ref_id: z.string(),
});

function toLedgerEntry(item: Item): LedgerEntry {
  const { seq, created_at: at, type, pot, amount, before, after, ref_id: ref } = parse(ledgerEntry, item);
  return { seq, at, type, pot, amount: usd(amount), before: usd(before), after: usd(after), ref };
}

const liquidationStep = z.object({
  id: z.string(),
  liquidated_at: ms,
  liquidation_id: z.string(),
  step: z.number().int(),
  scope: z.string(),
  position_id: z.string(),
  symbol: z.string(),
  route,
  size: digits,
  closed_size: digits,
  trigger_price: digits,
  close_price: digits,
  equity_before: digits,
  bad_debt: digits,
});

function toLiquidationStep(item: Item): LiquidationStep {
  const row = parse(liquidationStep, item);
  return {
    id: row.id,
    at: row.liquidated_at,
    liquidationId: row.liquidation_id,
    step: row.step,
    scope: row.scope,
    positionId: row.position_id,
    symbol: row.symbol,
    route: row.route,
    size: size(row.size),
    closedSize: size(row.closed_size),
    markPrice: price(row.trigger_price),
    closePrice: price(row.close_price),
    equityBefore: usd(row.equity_before),
    badDebt: usd(row.bad_debt),
  };
}

const fill = z.object({
  id: z.string(),
  order_id: z.string(),
  user_id: z.string(),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  price: digits,
  size: digits,
  start_size: digits,
  closed_pnl: digits,
  fee: digits,
  builder_fee: digits,
  liquidity: z.enum(['maker', 'taker']),
  source: route,
  cloid: z.string().nullable(),
  hash: z.string(),
  twap_id: z.string().optional(),
  liquidation_mark: digits.optional(),
  filled_at: ms,
});

function toFill(item: Item): FillRecord {
  const row = parse(fill, item);
  return {
    accountId: row.user_id,
    tradeId: Number(row.id),
    orderId: Number(row.order_id),
    ...(row.cloid === null ? {} : { cloid: row.cloid }),
    symbol: row.symbol,
    side: row.side,
    price: price(row.price),
    size: size(row.size),
    startSize: size(row.start_size),
    closedPnl: usd(row.closed_pnl),
    fee: usd(row.fee),
    builderFee: usd(row.builder_fee),
    liquidity: row.liquidity,
    route: row.source,
    time: row.filled_at,
    hash: row.hash,
    ...(row.twap_id === undefined ? {} : { twapId: Number(row.twap_id) }),
    ...(row.liquidation_mark === undefined ? {} : { liquidationMark: price(row.liquidation_mark) }),
  };
}

const sample = z.object({ sampled_at: ms, total_balance: digits, net_deposits: digits, volume: digits });

function toSample(item: Item): BalanceSample {
  const row = parse(sample, item);
  return {
    at: row.sampled_at,
    balance: usd(row.total_balance),
    netDeposits: usd(row.net_deposits),
    volume: usd(row.volume),
  };
}

/** The plain value of every attribute, checked. Throws `MalformedItemError`. */
function parse<Shape extends z.ZodType>(shape: Shape, item: Item): z.infer<Shape> {
  const plain = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainOf(value)]));
  const parsed = shape.safeParse(plain);
  if (parsed.success) return parsed.data;
  throw new MalformedItemError(z.prettifyError(parsed.error));
}

const plainOf = ({ S, N, BOOL }: AttributeValue): string | number | boolean | null =>
  S ?? BOOL ?? (N === undefined ? null : Number(N));

const numberIn = (item: Item, name: string): number => Number(item[name]?.N);
