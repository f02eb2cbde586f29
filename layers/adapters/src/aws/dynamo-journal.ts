/** The journal on DynamoDB: one conditional put per batch, one key per (shard, seq) for ever. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  JournalGapError,
  type AppendOutcome,
  type JournalRecord,
  type JournalStore,
  type ReadRange,
} from '@perps/runtime/ports';
import { DynamoWireError, type DynamoWire, type WireItem } from './dynamo-wire.ts';
import {
  SEGMENT_SIZE,
  createPutBody,
  edgeQuery,
  pageQuery,
  recordOf,
  segmentOf,
  seqOf,
  storedOf,
} from './journal-items.ts';

/** Records a page holds at most: with batches of up to 350 KB DynamoDB ends a page at 1 MB anyway. */
const PAGE_RECORDS = 1_000;

/** Answers which say that the request itself is wrong: a repeat cannot help, so they are thrown. */
const CALLER_ERRORS = new Set(['ValidationException', 'SerializationException']);

/** Times a query is sent at most; a put is sent once. */
const READ_ATTEMPTS = 3;
/** Before the second attempt; twice as long before the next, ms. */
const READ_PAUSE_MS = 50;

export interface DynamoJournalOptions {
  /** From `createJournalClient`: without retries of its own. */
  readonly client: DynamoWire;
  readonly tableName: string;
}

interface PagePosition {
  readonly shard: number;
  readonly fromSeq: number;
  readonly limit: number;
}

interface Page {
  readonly records: readonly JournalRecord[];
  /** The segment has nothing after it. */
  readonly isLast: boolean;
}

/** Creates the journal store over a table with keys `pk` (string) and `sk` (number). */
export function createDynamoJournal({ client, tableName }: DynamoJournalOptions): JournalStore {
  const putBody = createPutBody(tableName);

  const page = async (position: PagePosition): Promise<Page> => {
    const limit = Math.min(position.limit, PAGE_RECORDS);
    const { items, isLast } = await query(client, pageQuery(tableName, { ...position, limit }));
    return { records: items.map(recordOf), isLast };
  };

  const edgeOf = async (shard: number, segment: number, edge: 'first' | 'last'): Promise<number | undefined> => {
    const { items } = await query(client, edgeQuery(tableName, { shard, segment, edge }));
    return items[0] === undefined ? undefined : seqOf(items[0]);
  };

  /** The journal seems to end before `expected`: true end, a hole, or a writer that went on since we looked. */
  const endsAt = async (shard: number, expected: number): Promise<boolean> => {
    const found = await edgeOf(shard, segmentOf(expected) + 1, 'first');
    if (found === undefined) return true;
    const again = await page({ shard, fromSeq: expected, limit: 1 });
    if (again.records[0]?.seq === expected) return false;
    throw new JournalGapError({ shard, expectedSeq: expected, foundSeq: again.records[0]?.seq ?? found });
  };

  /** The next page is asked for while the caller works on this one; one that leaves early has asked for it in vain. */
  async function* read({ shard, fromSeq, limit = Number.MAX_SAFE_INTEGER }: ReadRange): AsyncIterable<JournalRecord> {
    let expected = Math.max(fromSeq, 1);
    let left = limit;
    let ahead: Promise<Page> | undefined;
    while (left > 0) {
      const { records, isLast } = await (ahead ?? page({ shard, fromSeq: expected, limit: left }));
      const next = expected + records.length;
      const isSegmentDone = records.length > 0 && next % SEGMENT_SIZE === 0;
      const hasMore = (!isLast || isSegmentDone) && left > records.length;
      ahead = hasMore ? quietly(page({ shard, fromSeq: next, limit: left - records.length })) : undefined;
      for (const record of records) {
        if (record.seq !== expected) {
          throw new JournalGapError({ shard, expectedSeq: expected, foundSeq: record.seq });
        }
        yield record;
        expected += 1;
        left -= 1;
      }
      if (isLast && !isSegmentDone && left > 0 && (await endsAt(shard, expected))) return;
    }
  }

  return {
    append: (record) => append(client, putBody(record)),
    read,
    lastSeq: (shard) => findLastSeq((segment) => edgeOf(shard, segment, 'last')),
  };
}

/** A page nobody has asked for yet may fail before anybody does. */
function quietly(ahead: Promise<Page>): Promise<Page> {
  ahead.catch(() => undefined);
  return ahead;
}

async function append(client: DynamoWire, body: string): Promise<AppendOutcome> {
  try {
    await client.send('PutItem', body);
    return { status: 'appended' };
  } catch (error) {
    return failedAppend(error);
  }
}

function failedAppend(error: unknown): AppendOutcome {
  if (!(error instanceof DynamoWireError)) return { status: 'undecided', cause: error };
  if (CALLER_ERRORS.has(error.name)) throw error;
  if (error.name !== 'ConditionalCheckFailedException' || error.item === undefined) {
    return { status: 'undecided', cause: error };
  }
  return { status: 'conflict', stored: storedOf(error.item) };
}

/** Sends a query until it is answered; a repeat of a read is harmless. Throws the last attempt's error. */
async function query(
  client: DynamoWire,
  body: string,
): Promise<{ readonly items: readonly WireItem[]; readonly isLast: boolean }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { Items: items, LastEvaluatedKey } = await client.send('Query', body);
      if (!Array.isArray(items)) throw new DynamoWireError('UnreadableAnswer', 'no items', { retryable: true });
      return { items, isLast: LastEvaluatedKey === undefined };
    } catch (error) {
      const isFinal = error instanceof DynamoWireError && !error.retryable;
      if (isFinal || attempt === READ_ATTEMPTS) throw error;
      await delay(READ_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
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
