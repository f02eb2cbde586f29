/** An SQS queue feeding a function: what succeeds is deleted, what fails comes again or goes to the queue's DLQ. */
import { DeleteMessageCommand, ReceiveMessageCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import { reportedFailures, type Mapping } from './event-sources.ts';

export interface QueueSourceOptions {
  readonly client: SQSClient;
  readonly queueArn: string;
  readonly queueUrl: string;
  readonly mapping: Mapping;
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly onError: (message: string) => void;
  readonly signal: AbortSignal;
}

const WAIT_SECONDS = 5;
const RECEIVE_MAX = 10;
const ERROR_PAUSE_MS = 1_000;

/** Runs until the signal. */
export async function runQueueSource(options: QueueSourceOptions): Promise<void> {
  while (!options.signal.aborted) {
    try {
      await pollOnce(options);
    } catch (error) {
      if (options.signal.aborted) return;
      options.onError(`queue ${options.queueArn}: ${String(error)}`);
      await options.sleep(ERROR_PAUSE_MS);
    }
  }
}

async function pollOnce({ client, queueArn, queueUrl, mapping, invoke, signal }: QueueSourceOptions): Promise<void> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(mapping.batchSize, RECEIVE_MAX),
      WaitTimeSeconds: WAIT_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
    { abortSignal: signal },
  );
  if (messages.length === 0) return;
  const failed = new Set(
    reportedFailures(mapping, await invoke({ Records: messages.map((one) => toLambdaRecord(one, queueArn)) })),
  );
  for (const { MessageId, ReceiptHandle } of messages) {
    if (failed.has(MessageId ?? '')) continue;
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
}

const toLambdaRecord = (message: Message, queueArn: string) => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: message.Attributes ?? {},
  messageAttributes: message.MessageAttributes ?? {},
  md5OfBody: message.MD5OfBody,
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: queueArn.split(':')[3],
});
