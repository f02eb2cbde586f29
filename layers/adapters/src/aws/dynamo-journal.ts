/** The journal on DynamoDB: one conditional put per batch, one key per (shard, seq) for ever. */
import {
  ConditionalCheckFailedException,
  PutItemCommand,
  QueryCommand,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import {
  JournalGapError,
  type AppendOutcome,
  type JournalRecord,
  type JournalStore,
  type ReadRange,
} from '@perps/runtime/ports';
import { bytesOf, integer, integerOf, text, textOf, type Item } from './items.ts';

/** seq >> 12: a partition key serves 4,096 records. Fixed for life: another value would give one seq two keys. */
const SEGMENT_BITS = 12;
const SEGMENT_SIZE = 2 ** SEGMENT_BITS;

/** Records a page holds at most: with batches of up to 350 KB DynamoDB ends a page at 1 MB anyway. */
const PAGE_RECORDS = 1_000;

/** Answers which say that the request itself is wrong: a repeat cannot help, so they are thrown. */
const CALLER_ERRORS = new Set(['ValidationException', 'SerializationException']);

export interface DynamoJournalOptions {
  /** From `createJournalClient`: without retries of its own. */
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

const segmentOf = (seq: number): number => Math.floor(seq / SEGMENT_SIZE);
const partitionKey = (shard: number, segment: number): string => `${shard}#${segment}`;

/** Creates the journal store over a table with keys `pk` (string) and `sk` (number). */
export function createDynamoJournal({ client, tableName }: DynamoJournalOptions): JournalStore {
  const query = async (input: Omit<QueryCommandInput, 'TableName' | 'ConsistentRead'>) =>
    client.send(new QueryCommand({ TableName: tableName, ConsistentRead: true, ...input }));

  const page = async (position: { shard: number; fromSeq: number; limit: number }) => {
    const answer = await query({
      KeyConditionExpression: 'pk = :pk AND sk >= :from',
      ExpressionAttributeValues: {
        ':pk': text(partitionKey(position.shard, segmentOf(position.fromSeq))),
        ':from': integer(position.fromSeq),
      },
      Limit: Math.min(position.limit, PAGE_RECORDS),
    });
    return { records: (answer.Items ?? []).map(toRecord), isLast: answer.LastEvaluatedKey === undefined };
  };

  const edgeOf = async (shard: number, segment: number, edge: 'first' | 'last'): Promise<number | undefined> => {
    const answer = await query({
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': text(partitionKey(shard, segment)) },
      ProjectionExpression: 'sk',
      ScanIndexForward: edge === 'first',
      Limit: 1,
    });
    const item = answer.Items?.[0];
    return item === undefined ? undefined : integerOf(item, 'sk');
  };

  /** The journal seems to end before `expected`: true end, a hole, or a writer that went on since we looked. */
  const endsAt = async (shard: number, expected: number): Promise<boolean> => {
    const found = await edgeOf(shard, segmentOf(expected) + 1, 'first');
    if (found === undefined) return true;
    const again = await page({ shard, fromSeq: expected, limit: 1 });
    if (again.records[0]?.seq === expected) return false;
    throw new JournalGapError({ shard, expectedSeq: expected, foundSeq: again.records[0]?.seq ?? found });
  };

  async function* read({ shard, fromSeq, limit = Number.MAX_SAFE_INTEGER }: ReadRange): AsyncIterable<JournalRecord> {
    let expected = Math.max(fromSeq, 1);
    let left = limit;
    while (left > 0) {
      const { records, isLast } = await page({ shard, fromSeq: expected, limit: left });
      for (const record of records) {
        if (record.seq !== expected) {
          throw new JournalGapError({ shard, expectedSeq: expected, foundSeq: record.seq });
        }
        yield record;
        expected += 1;
        left -= 1;
      }
      const isSegmentDone = records.length > 0 && expected % SEGMENT_SIZE === 0;
      if (isLast && !isSegmentDone && left > 0 && (await endsAt(shard, expected))) return;
    }
  }

  return {
    append: (record) => append(client, tableName, record),
    read,
    lastSeq: (shard) => findLastSeq((segment) => edgeOf(shard, segment, 'last')),
  };
}

async function append(client: DynamoDBClient, tableName: string, record: JournalRecord): Promise<AppendOutcome> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: toItem(record),
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { status: 'appended' };
  } catch (error) {
    return failedAppend(error);
  }
}

function failedAppend(error: unknown): AppendOutcome {
  if (error instanceof ConditionalCheckFailedException) {
    if (error.Item === undefined) return { status: 'undecided', cause: error };
    return {
      status: 'conflict',
      stored: { token: textOf(error.Item, 'token'), epoch: integerOf(error.Item, 'epoch') },
    };
  }
  if (error instanceof Error && CALLER_ERRORS.has(error.name)) throw error;
  return { status: 'undecided', cause: error };
}

/** Segments are filled in order, so the last one is found by doubling and halving: about 2·log2(segments) reads. */
async function findLastSeq(lastOf: (segment: number) => Promise<number | undefined>): Promise<number> {
  let known = await lastOf(0);
  if (known === undefined) return 0;
  let low = 0;
  let high = 1;
  for (let found = await lastOf(high); found !== undefined; found = await lastOf(high)) {
    [known, low, high] = [found, high, high * 2];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const found = await lastOf(middle);
    if (found === undefined) high = middle;
    else [known, low] = [found, middle];
  }
  return known;
}

const toItem = (record: JournalRecord) => ({
  pk: text(partitionKey(record.shard, segmentOf(record.seq))),
  sk: integer(record.seq),
  epoch: integer(record.epoch),
  token: text(record.token),
  previousToken: text(record.previousToken),
  body: { B: record.body },
});

/** The record of a stored item; streams deliver the same item, so the dispatcher reads it with this too. */
export function toRecord(item: Item): JournalRecord {
  return {
    shard: Number.parseInt(textOf(item, 'pk'), 10),
    seq: integerOf(item, 'sk'),
    epoch: integerOf(item, 'epoch'),
    token: textOf(item, 'token'),
    previousToken: textOf(item, 'previousToken'),
    body: bytesOf(item, 'body'),
  };
}
