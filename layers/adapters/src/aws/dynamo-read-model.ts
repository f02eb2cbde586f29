/** The read tables and their checkpoints on DynamoDB. */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  paginateScan,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import {
  READ_TABLE_KEYS,
  READ_TABLES,
  type AccountProjection,
  type Column,
  type ReadTable,
} from '@perps/contracts/projection';
import { usd, ZERO_USD } from '@perps/domain/money';
import { CHAIN_START } from '@perps/runtime/commit';
import type { Checkpoint, ReadModelStore, StampedRow, StampedWallet } from '@perps/runtime/projection';
import { z } from 'zod';
import { createDynamoFundingRates } from './dynamo-funding-rates.ts';
import { integer, integerOf, text, textOf, type Item } from './items.ts';

export interface DynamoReadModelOptions {
  readonly client: DynamoDBClient;
  readonly tables: Readonly<Record<ReadTable, string>>;
  /** Key `consumer` (string), `shard` (number). */
  readonly checkpointsTable: string;
}

/** The name of this consumer in the checkpoints table. */
export const READ_TABLES_CONSUMER = 'read-tables';

/** Requests in flight at once: within one partition's 1,000 writes a second, and the client's sockets. */
const CONCURRENCY = 32;

/** Rows of one transaction: a tenth of the requests and commits, for twice the write units on AWS. */
const ROWS_PER_TRANSACTION = 25;
/** Transactions in flight at once: the tables share their store with the journal, whose puts orders wait for. */
const TRANSACTIONS_IN_FLIGHT = 1;

/** Creates the store; a write is one conditional update per row, many rows to a request. */
export function createDynamoReadModel(options: DynamoReadModelOptions): ReadModelStore {
  const { client, tables } = options;
  return {
    ...createDynamoCheckpoints({ ...options, consumer: READ_TABLES_CONSUMER }),
    account: async (userId, generation) => {
      const answer = await client.send(
        new GetItemCommand({ TableName: tables.wallets, Key: { user_id: text(userId) }, ConsistentRead: true }),
      );
      const item = answer.Item;
      if (item === undefined || integerOf(item, 'generation') !== generation) return undefined;
      return { account: parseProjection(textOf(item, 'projection')), appliedSeq: integerOf(item, 'applied_seq') };
    },
    ...createDynamoFundingRates(options),
    write: async (rows) => {
      const batches: (readonly (StampedRow | StampedWallet)[])[] = [];
      for (let from = 0; from < rows.length; from += ROWS_PER_TRANSACTION) {
        batches.push(rows.slice(from, from + ROWS_PER_TRANSACTION));
      }
      await inChunks(batches, (batch) => upsertAll(options, batch), TRANSACTIONS_IN_FLIGHT);
    },
    prune: async (shard, generation) => {
      const counts = await Promise.all(READ_TABLES.map((table) => pruneTable(options, table, { shard, generation })));
      return counts.reduce((total, count) => total + count, 0);
    },
  };
}

/** How far one consumer of the journal has come, by shard. */
export type CheckpointStore = Pick<ReadModelStore, 'checkpoint' | 'advance' | 'beginGeneration'>;

export function createDynamoCheckpoints({
  client,
  checkpointsTable: TableName,
  consumer,
}: Pick<DynamoReadModelOptions, 'client' | 'checkpointsTable'> & { readonly consumer: string }): CheckpointStore {
  const keyOf = (shard: number) => ({ consumer: text(consumer), shard: integer(shard) });
  return {
    checkpoint: async (shard) => {
      const answer = await client.send(new GetItemCommand({ TableName, Key: keyOf(shard), ConsistentRead: true }));
      return answer.Item === undefined ? { shard, generation: 0, position: CHAIN_START } : toCheckpoint(answer.Item);
    },
    advance: ({ shard, generation, position: from }, to) =>
      isUpdated(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: keyOf(shard),
            UpdateExpression: `${SET_POSITION}, generation = :generation`,
            ConditionExpression: isStart({ generation, position: from })
              ? 'attribute_not_exists(consumer) OR (generation = :generation AND next_seq = :from)'
              : 'generation = :generation AND next_seq = :from',
            ExpressionAttributeNames: POSITION_NAMES,
            ExpressionAttributeValues: {
              ...positionValues(to),
              ':from': integer(from.nextSeq),
              ':generation': integer(generation),
            },
          }),
        ),
      ),
    beginGeneration: async (shard) => {
      const answer = await client.send(
        new UpdateItemCommand({
          TableName,
          Key: keyOf(shard),
          UpdateExpression: `${SET_POSITION} ADD generation :one`,
          ExpressionAttributeNames: POSITION_NAMES,
          ExpressionAttributeValues: { ...positionValues(CHAIN_START), ':one': integer(1) },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return toCheckpoint(answer.Attributes ?? {});
    },
  };
}

const SET_POSITION = 'SET next_seq = :next, applied_seq = :applied, #token = :token, epoch = :epoch';
const POSITION_NAMES = { '#token': 'token' };

const positionValues = (position: Checkpoint['position']) => ({
  ':next': integer(position.nextSeq),
  ':applied': integer(position.appliedSeq),
  ':token': text(position.token),
  ':epoch': integer(position.epoch),
});

const isStart = ({ generation, position }: Pick<Checkpoint, 'generation' | 'position'>): boolean =>
  generation === 0 && position.nextSeq === CHAIN_START.nextSeq;

const toCheckpoint = (item: Item): Checkpoint => ({
  shard: integerOf(item, 'shard'),
  generation: integerOf(item, 'generation'),
  position: {
    nextSeq: integerOf(item, 'next_seq'),
    appliedSeq: integerOf(item, 'applied_seq'),
    token: textOf(item, 'token'),
    epoch: integerOf(item, 'epoch'),
  },
});

/** All rows in one request; where one of them is newer in the table already, row by row. */
async function upsertAll(
  { client, tables }: DynamoReadModelOptions,
  rows: readonly (StampedRow | StampedWallet)[],
): Promise<void> {
  const updates = rows.map((row) => upsertOf(tables[row.table], row));
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems: updates.map((Update) => ({ Update })) }));
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    await inChunks(updates, async (update) => void (await isUpdated(client.send(new UpdateItemCommand(update)))));
  }
}

/** Sets the row's columns unless the row is of this record already, or of a later one; both are as good as written. */
function upsertOf(tableName: string, row: StampedRow | StampedWallet) {
  const keys: readonly string[] = READ_TABLE_KEYS[row.table];
  const columns: Record<string, Column> = {
    ...row.columns,
    ...('account' in row ? { projection: formatProjection(row.account) } : {}),
    shard: row.shard,
    generation: row.generation,
    applied_seq: row.appliedSeq,
  };
  const set = Object.entries(columns).filter(([name]) => !keys.includes(name));
  return {
    TableName: tableName,
    Key: Object.fromEntries(keys.map((name) => [name, toAttribute(columns[name] ?? null)])),
    UpdateExpression: `SET ${set.map((_, index) => `#c${index} = :c${index}`).join(', ')}`,
    ConditionExpression:
      'attribute_not_exists(applied_seq) OR generation < :generation OR (generation = :generation AND applied_seq < :seq)',
    ExpressionAttributeNames: Object.fromEntries(set.map(([name], index) => [`#c${index}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map(([, value], index) => [`:c${index}`, toAttribute(value)])),
      ':generation': integer(row.generation),
      ':seq': integer(row.appliedSeq),
    },
  };
}

/** False where the condition did not hold; every other failure is thrown. */
async function isUpdated(update: Promise<unknown>): Promise<boolean> {
  try {
    await update;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

async function pruneTable(
  { client, tables }: DynamoReadModelOptions,
  table: ReadTable,
  { shard, generation }: Pick<Checkpoint, 'shard' | 'generation'>,
): Promise<number> {
  const keys: readonly string[] = READ_TABLE_KEYS[table];
  const isStale = '#shard = :shard AND generation < :generation';
  const names = { '#shard': 'shard' };
  const values = { ':shard': integer(shard), ':generation': integer(generation) };
  let count = 0;
  const pages = paginateScan(
    { client },
    {
      TableName: tables[table],
      FilterExpression: isStale,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    },
  );
  for await (const { Items: items = [] } of pages) {
    await inChunks(items, async (item) => {
      const key = Object.fromEntries(Object.entries(item).filter(([name]) => keys.includes(name)));
      const isDeleted = await isUpdated(
        client.send(
          new DeleteItemCommand({
            TableName: tables[table],
            Key: key,
            ConditionExpression: isStale,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: values,
          }),
        ),
      );
      if (isDeleted) count += 1;
    });
  }
  return count;
}

async function inChunks<Value>(
  values: readonly Value[],
  run: (value: Value) => Promise<void>,
  concurrency = CONCURRENCY,
): Promise<void> {
  for (let from = 0; from < values.length; from += concurrency) {
    await Promise.all(values.slice(from, from + concurrency).map(run));
  }
}

function toAttribute(value: Column): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'boolean') return { BOOL: value };
  return typeof value === 'number' ? integer(value) : text(value);
}

const amount = z
  .string()
  .regex(/^-?\d+$/)
  .transform((digits) => usd(BigInt(digits)));
const projection = z.strictObject({
  userId: z.string(),
  pots: z.record(z.string(), amount),
  orderMargins: z.record(z.string(), amount),
  positions: z.record(
    z.string(),
    z.strictObject({ id: z.string(), crossMargin: amount, fundedHour: z.number().int().default(0) }),
  ),
  logCount: z.number().int(),
  // Absent where an older version of the fold wrote it: right again once the shard is rebuilt.
  cloids: z.record(z.string(), z.string()).default({}),
  tradingState: z.enum(['ACTIVE', 'REDUCING', 'HALTED']).default('ACTIVE'),
  risk: z.record(z.string(), z.enum(['warned50', 'warned80', 'liquidating', 'takeover'])).default({}),
  netDeposits: amount.default(ZERO_USD),
  volume: amount.default(ZERO_USD),
  sampledHour: z.number().int().default(0),
});

const parseProjection = (json: string): AccountProjection => projection.parse(JSON.parse(json));

const formatProjection = (account: AccountProjection): string =>
  JSON.stringify(account, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
