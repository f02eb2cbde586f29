/** Stream records of the journal → one notice per shard. */
import { MalformedItemError } from '@perps/adapters/aws';
import type { JournalNotice } from '@perps/contracts/projection';
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import { z } from 'zod';

/** Settings of the dispatcher. */
export const dispatcherConfig = z.object({ PROJECTIONS_QUEUE_URL: z.url(), RECEIPTS_QUEUE_URL: z.url() });

type Send = (notice: JournalNotice) => Promise<void>;

/** Tells every consumer; where one cannot be told, all are told again: a notice that comes twice changes nothing. */
export const toAll =
  (consumers: readonly Send[]): Send =>
  async (notice) => {
    await Promise.all(consumers.map((send) => send(notice)));
  };

/** The newest record of one shard in a batch, and the first of them: where the stream goes on if telling fails. */
interface ShardNews {
  readonly notice: JournalNotice;
  readonly firstStreamNumber: string;
}

/**
 * Tells consumers, shard by shard, how far the journal has come. A shard that could not be told is a partial failure:
 * the stream delivers again from its first record. Records are read by key only; what they hold is read in the journal.
 */
export async function dispatch(
  records: readonly DynamoDBRecord[],
  send: Send,
): Promise<DynamoDBBatchResponse & { readonly causes: readonly unknown[] }> {
  const news = [...newsByShard(records).values()];
  const outcomes = await Promise.allSettled(news.map(({ notice }) => send(notice)));
  const failures = outcomes.flatMap((outcome, index) => {
    const failed = news[index];
    return outcome.status === 'fulfilled' || failed === undefined
      ? []
      : [{ itemIdentifier: failed.firstStreamNumber, cause: outcome.reason as unknown }];
  });
  return {
    batchItemFailures: failures.map(({ itemIdentifier }) => ({ itemIdentifier })),
    causes: failures.map(({ cause }) => cause),
  };
}

function newsByShard(records: readonly DynamoDBRecord[]): ReadonlyMap<number, ShardNews> {
  const news = new Map<number, ShardNews>();
  for (const { dynamodb } of records) {
    const key = dynamodb?.Keys;
    const [shard, seq] = [Number.parseInt(key?.['pk']?.S ?? '', 10), Number(key?.['sk']?.N)];
    if (!Number.isSafeInteger(shard) || !Number.isSafeInteger(seq)) throw new MalformedItemError('not a journal key');
    const known = news.get(shard);
    news.set(shard, {
      notice: { shard, seq: Math.max(seq, known?.notice.seq ?? 0) },
      firstStreamNumber: known?.firstStreamNumber ?? dynamodb?.SequenceNumber ?? '',
    });
  }
  return news;
}
