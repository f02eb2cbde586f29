/** Rows of `deviation_logs`, how far books are compared, and our side of them, on DynamoDB. */
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  paginateQuery,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { createBatchCodec } from '@perps/contracts/journal';
import { VENUE_BUCKETS } from '@perps/contracts/projection';
import type { BookedExecution } from '@perps/domain/deviation';
import { price, size, usd } from '@perps/domain/money';
import type { ShardEvent } from '@perps/domain/shard';
import {
  type DeviationCheckpoint,
  type DeviationLog,
  type DeviationRow,
  type OwnBooks,
  projectedUntil,
} from '@perps/runtime/deviation';
import { z } from 'zod';
import { journalClientOf } from './clients.ts';
import { createDynamoMirroredFunding } from './dynamo-funding.ts';
import { createDynamoJournal } from './dynamo-journal.ts';
import { createDynamoCheckpoints, READ_TABLES_CONSUMER } from './dynamo-read-model.ts';
import { integer, integerOf, type Item, MalformedItemError, text } from './items.ts';

const tableName = z.string().min(3);

/** Names of the tables the comparison reads and writes. */
export const deviationTables = {
  JOURNAL_TABLE: tableName,
  CHECKPOINTS_TABLE: tableName,
  DEVIATION_LOGS_TABLE: tableName,
  FILLS_TABLE: tableName,
  FUNDING_SETTLEMENTS_TABLE: tableName,
};

const digits = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const amount = digits.transform(usd);
const ms = z.number().int();

const rowShape = z.object({
  id: z.string(),
  position_id: z.string(),
  symbol: z.string(),
  cause: z.enum(['missingHere', 'missingThere', 'differs', 'coin', 'day']),
  level: z.enum(['logged', 'alert', 'review', 'p0']),
  status: z.enum(['OPEN', 'COVERED', 'RESOLVED']),
  platform_pnl: amount,
  hl_actual_pnl: amount,
  deviation: amount,
  deviation_rate: digits.optional(),
  cover: amount,
  window_from: ms,
  window_to: ms,
  created_at: ms,
  resolved_at: ms.optional(),
  note: z.string().optional(),
});

function toRow(item: Item): DeviationRow {
  const row = parse(rowShape, item);
  return {
    id: row.id,
    positionId: row.position_id,
    symbol: row.symbol,
    cause: row.cause,
    level: row.level,
    status: row.status,
    platformPnl: row.platform_pnl,
    hlActualPnl: row.hl_actual_pnl,
    deviation: row.deviation,
    deviationRate: row.deviation_rate,
    cover: row.cover,
    from: row.window_from,
    to: row.window_to,
    createdAt: row.created_at,
    resolvedAt: row.resolved_at,
    note: row.note,
  };
}

const toItem = (row: DeviationRow): Item => ({
  id: text(row.id),
  position_id: text(row.positionId),
  symbol: text(row.symbol),
  cause: text(row.cause),
  level: text(row.level),
  status: text(row.status),
  platform_pnl: text(String(row.platformPnl)),
  hl_actual_pnl: text(String(row.hlActualPnl)),
  deviation: text(String(row.deviation)),
  ...(row.deviationRate === undefined ? {} : { deviation_rate: text(String(row.deviationRate)) }),
  cover: text(String(row.cover)),
  window_from: integer(row.from),
  window_to: integer(row.to),
  created_at: integer(row.createdAt),
  ...(row.resolvedAt === undefined ? {} : { resolved_at: integer(row.resolvedAt) }),
  ...(row.note === undefined ? {} : { note: text(row.note) }),
});

/** Creates the log; a row is written once, and then only closed. */
export function createDynamoDeviations(client: DynamoDBClient, TableName: string): DeviationLog {
  const find: DeviationLog['find'] = async (id) => {
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName, Key: { id: text(id) }, ConsistentRead: true }),
    );
    return item === undefined ? undefined : toRow(item);
  };
  return {
    find,
    put: async (row) => {
      const put = { TableName, Item: toItem(row), ConditionExpression: 'attribute_not_exists(id)' };
      try {
        await client.send(new PutItemCommand({ ...put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }));
        return row;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException) || error.Item === undefined) throw error;
        return toRow(error.Item);
      }
    },
    withStatus: async (status, from) => {
      const rows: DeviationRow[] = [];
      const query = {
        TableName,
        IndexName: 'by_status',
        KeyConditionExpression: '#status = :status AND created_at >= :from',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':status': text(status), ':from': integer(from) },
      };
      for await (const { Items = [] } of paginateQuery({ client }, query)) rows.push(...Items.map(toRow));
      return rows;
    },
    newestOf: async (symbol, limit) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          IndexName: 'by_symbol',
          KeyConditionExpression: 'symbol = :symbol',
          ExpressionAttributeValues: { ':symbol': text(symbol) },
          ScanIndexForward: false,
          Limit: limit,
        }),
      );
      return Items.map(toRow);
    },
    resolve: (id, end) => resolve(client, { TableName, id, ...end }),
  };
}

async function resolve(
  client: DynamoDBClient,
  end: { readonly TableName: string; readonly id: string; readonly at: number; readonly note: string },
): Promise<DeviationRow | undefined> {
  try {
    const { Attributes = {} } = await client.send(
      new UpdateItemCommand({
        TableName: end.TableName,
        Key: { id: text(end.id) },
        UpdateExpression: 'SET #status = :resolved, resolved_at = :at, note = :note',
        ConditionExpression: '#status = :open',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':resolved': text('RESOLVED'),
          ':open': text('OPEN'),
          ':at': integer(end.at),
          ':note': text(end.note),
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return toRow(Attributes);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** Beside the checkpoints of those who follow the journal; the account at the venue is one for all shards. */
const CHECKPOINT = { consumer: text('deviation'), shard: integer(0) };

export function createDynamoDeviationCheckpoint(client: DynamoDBClient, TableName: string): DeviationCheckpoint {
  return {
    read: async () => {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName, Key: CHECKPOINT, ConsistentRead: true }),
      );
      return item === undefined ? undefined : integerOf(item, 'compared_to');
    },
    advance: async (from, to) => {
      const isFirst = from === undefined;
      try {
        await client.send(
          new UpdateItemCommand({
            TableName,
            Key: CHECKPOINT,
            UpdateExpression: 'SET compared_to = :to',
            ConditionExpression: isFirst ? 'attribute_not_exists(consumer)' : 'compared_to = :from',
            ExpressionAttributeValues: { ':to': integer(to), ...(isFirst ? {} : { ':from': integer(from) }) },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}

const fillShape = z.object({
  venue_tid: z.string().regex(/^\d+$/).transform(Number),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  price: digits.transform(price),
  size: digits.transform(size),
  fee: amount,
  filled_at: ms,
  position_id: z.string(),
});

function toExecution(item: Item): BookedExecution {
  const { venue_tid: tid, filled_at: time, position_id: positionId, ...fill } = parse(fillShape, item);
  return { ...fill, tid, time, positionId };
}

/** Our books as the read tables have them: some moments behind the journal. */
export function createDynamoOwnBooks(
  client: DynamoDBClient,
  tables: { readonly FILLS_TABLE: string; readonly FUNDING_SETTLEMENTS_TABLE: string },
): OwnBooks {
  const inBucket = async (bucket: number, window: { readonly from: number; readonly to: number }) => {
    const fills: BookedExecution[] = [];
    const query = {
      TableName: tables.FILLS_TABLE,
      IndexName: 'by_venue',
      KeyConditionExpression: 'venue_bucket = :bucket AND filled_at BETWEEN :from AND :last',
      ExpressionAttributeValues: {
        ':bucket': integer(bucket),
        ':from': integer(window.from),
        ':last': integer(window.to - 1),
      },
    };
    for await (const { Items = [] } of paginateQuery({ client }, query)) fills.push(...Items.map(toExecution));
    return fills;
  };
  return {
    executions: async (window) => {
      const buckets = Array.from({ length: VENUE_BUCKETS }, (_, bucket) => inBucket(bucket, window));
      return (await Promise.all(buckets)).flat().toSorted((one, other) => one.time - other.time);
    },
    funding: createDynamoMirroredFunding(client, tables.FUNDING_SETTLEMENTS_TABLE),
  };
}

/** How current our books are, for so many shards. */
export function createDynamoProgress(
  client: DynamoDBClient,
  tables: { readonly JOURNAL_TABLE: string; readonly CHECKPOINTS_TABLE: string },
): (shardCount: number) => Promise<number> {
  const journal = createDynamoJournal({ client: journalClientOf(client), tableName: tables.JOURNAL_TABLE });
  const checkpointsTable = tables.CHECKPOINTS_TABLE;
  const checkpoints = createDynamoCheckpoints({ client, checkpointsTable, consumer: READ_TABLES_CONSUMER });
  const codec = createBatchCodec<ShardEvent>();
  return (shardCount) => projectedUntil({ journal, codec, checkpoints, shardCount });
}

/** The plain value of every attribute, checked. Throws `MalformedItemError`. */
function parse<Shape extends z.ZodType>(shape: Shape, item: Item): z.infer<Shape> {
  const plain = Object.fromEntries(Object.entries(item).map(([name, { S, N }]) => [name, S ?? Number(N)]));
  const parsed = shape.safeParse(plain);
  if (parsed.success) return parsed.data;
  throw new MalformedItemError(z.prettifyError(parsed.error));
}
