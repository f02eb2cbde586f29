/** Notices to consumers of the journal: one FIFO queue, one message group per shard. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { JournalNotice } from '@perps/contracts/projection';

export interface SqsNoticeOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
}

/** Sends a notice; the same one again within five minutes is dropped by the queue, which loses nothing. */
export type SendNotice = (notice: JournalNotice) => Promise<void>;

export function createSqsNotices({ client, queueUrl }: SqsNoticeOptions): SendNotice {
  return async (notice) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(notice),
        MessageGroupId: String(notice.shard),
        MessageDeduplicationId: `${notice.shard}-${notice.seq}`,
      }),
    );
  };
}
