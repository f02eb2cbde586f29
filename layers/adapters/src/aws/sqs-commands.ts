/** Commands by queue: one FIFO queue per shard. The queue is a transport; idempotency is the engine's alone. */
import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  MessageNotInflight,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { CommandQueue, Ids, QueuedMessage } from '@perps/runtime/ports';

export interface SqsCommandOptions {
  readonly client: SQSClient;
  /** By shard. */
  readonly queueUrls: readonly string[];
  readonly ids: Ids;
}

/** Longest deduplication id SQS takes. */
const DEDUPLICATION_ID_MAX = 128;
const MAX_WAIT_SECONDS = 20;
const MAX_BATCH = 10;

/** A shard without a queue: the system is configured for fewer shards. */
export class UnknownShardError extends Error {
  readonly code = 'UnknownShard';
  override readonly name = 'UnknownShardError';
}

/** Creates the command queues of all shards. */
export function createSqsCommands({ client, queueUrls, ids }: SqsCommandOptions): CommandQueue {
  const urlOf = (shard: number): string => {
    const url = queueUrls[shard];
    if (url === undefined) throw new UnknownShardError(`no command queue for shard ${shard}`);
    return url;
  };
  return {
    receive: async ({ shard, max, waitMs, signal }) => {
      const command = new ReceiveMessageCommand({
        QueueUrl: urlOf(shard),
        MaxNumberOfMessages: Math.min(Math.max(max, 1), MAX_BATCH),
        WaitTimeSeconds: Math.min(Math.ceil(waitMs / 1_000), MAX_WAIT_SECONDS),
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      });
      try {
        const answer = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
        return (answer.Messages ?? []).map(toQueuedMessage);
      } catch (error) {
        if (signal?.aborted === true) return [];
        throw error;
      }
    },
    delete: async ({ shard, receipt }) => {
      await client.send(new DeleteMessageCommand({ QueueUrl: urlOf(shard), ReceiptHandle: receipt }));
    },
    extend: async ({ shard, receipt, seconds }) => {
      const command = { QueueUrl: urlOf(shard), ReceiptHandle: receipt, VisibilityTimeout: seconds };
      try {
        await client.send(new ChangeMessageVisibilityCommand(command));
      } catch (error) {
        // Visible again or deleted by now: somebody else will see it, or nobody needs to.
        if (!(error instanceof MessageNotInflight)) throw error;
      }
    },
    send: async ({ shard, groupId, commandId, body }) => {
      await client.send(
        new SendMessageCommand({
          QueueUrl: urlOf(shard),
          MessageBody: body,
          MessageGroupId: groupId,
          MessageDeduplicationId: deduplicationId(commandId, ids.token()),
        }),
      );
    },
  };
}

/**
 * `commandId#attempt`: the SDK's own repeat of one send is dropped by SQS, a sender's later repeat goes through (SQS
 * would swallow it for five minutes even where the first was lost with its queue).
 */
function deduplicationId(commandId: string, attempt: string): string {
  const id = `${commandId}#${attempt}`;
  if (id.length <= DEDUPLICATION_ID_MAX && /^[\x21-\x7e]+$/.test(id)) return id;
  return createHash('sha256').update(id).digest('hex');
}

function toQueuedMessage(message: Message): QueuedMessage {
  return {
    id: message.MessageId ?? '',
    body: message.Body ?? '',
    receipt: message.ReceiptHandle ?? '',
    attempts: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
  };
}
