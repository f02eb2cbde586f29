import { describe, expect, it } from '@jest/globals';
import type { JournalNotice } from '@perps/contracts/projection';
import type { DynamoDBRecord } from 'aws-lambda';
import { dispatch, toAll } from './request.ts';

const record = (shard: number, seq: number): DynamoDBRecord => ({
  dynamodb: {
    Keys: { pk: { S: `${shard}#${seq >> 12}` }, sk: { N: String(seq) } },
    SequenceNumber: `stream-${shard}-${seq}`,
  },
});

describe('dispatch', () => {
  it('tells each shard once, of its newest record, whatever the order', async () => {
    const sent: JournalNotice[] = [];
    const records = [record(0, 4_096), record(1, 7), record(0, 4_095), record(1, 8)];
    const { batchItemFailures } = await dispatch(records, async (notice) => void sent.push(notice));
    expect(sent).toEqual([
      { shard: 0, seq: 4_096 },
      { shard: 1, seq: 8 },
    ]);
    expect(batchItemFailures).toEqual([]);
  });

  it('goes on from the first record of a shard that could not be told, and tells the others', async () => {
    const sent: JournalNotice[] = [];
    const records = [record(0, 1), record(1, 1), record(1, 2), record(0, 2)];
    const outcome = await dispatch(records, async (notice) => {
      if (notice.shard === 1) throw new Error('queue is away');
      sent.push(notice);
    });
    expect(sent).toEqual([{ shard: 0, seq: 2 }]);
    expect(outcome.batchItemFailures).toEqual([{ itemIdentifier: 'stream-1-1' }]);
    expect(outcome.causes).toEqual([new Error('queue is away')]);
  });

  it('tells all consumers, and names the shard again where one of them could not be told', async () => {
    const sent: JournalNotice[] = [];
    const reached = async (notice: JournalNotice) => void sent.push(notice);
    const away = async () => Promise.reject(new Error('queue is away'));
    expect(await dispatch([record(0, 1)], toAll([reached, reached]))).toMatchObject({ batchItemFailures: [] });
    expect(sent).toHaveLength(2);
    const { batchItemFailures } = await dispatch([record(0, 2)], toAll([reached, away]));
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'stream-0-2' }]);
  });

  it('stops on what is no journal record', async () => {
    const foreign: DynamoDBRecord = { dynamodb: { Keys: { pk: { S: 'orders' } }, SequenceNumber: '1' } };
    await expect(dispatch([foreign], async () => undefined)).rejects.toMatchObject({ code: 'MalformedItem' });
  });
});
