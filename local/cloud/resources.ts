/** Creates what the templates name on the emulator: keys, tables, queues, buckets. Safe to repeat at each start. */
import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  NotFoundException,
  type KMSClient,
  type KeySpec,
} from '@aws-sdk/client-kms';
import { BucketAlreadyExists, BucketAlreadyOwnedByYou, CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Physical } from './intrinsics.ts';

export interface ResourceClients {
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly kms: KMSClient;
}

export type Properties = Readonly<Record<string, unknown>>;

/** Creates the table, its indexes, stream and TTL; an existing one stays as it is. */
export async function createTable(dynamo: DynamoDBClient, name: string, properties: Properties): Promise<Physical> {
  const stream = properties['StreamSpecification'] as { StreamViewType: 'NEW_IMAGE' } | undefined;
  const indexes = (properties['GlobalSecondaryIndexes'] ?? []) as {
    IndexName: string;
    KeySchema: [];
    Projection: object;
  }[];
  const input = {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: properties['AttributeDefinitions'],
    KeySchema: properties['KeySchema'],
    ...(indexes.length === 0
      ? {}
      : {
          GlobalSecondaryIndexes: indexes.map(({ IndexName, KeySchema, Projection }) => ({
            IndexName,
            KeySchema,
            Projection,
          })),
        }),
    ...(stream === undefined
      ? {}
      : { StreamSpecification: { StreamEnabled: true, StreamViewType: stream.StreamViewType } }),
  } as CreateTableCommandInput;
  const isNew = await isCreated(() => dynamo.send(new CreateTableCommand(input)), ResourceInUseException);
  const ttl = properties['TimeToLiveSpecification'] as { AttributeName: string; Enabled: boolean } | undefined;
  if (isNew && ttl?.Enabled === true) {
    await dynamo.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification: ttl }));
  }
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: name }));
  return {
    ref: name,
    attributes: { Arn: Table?.TableArn ?? '', StreamArn: Table?.LatestStreamArn ?? '', TableId: Table?.TableId ?? '' },
  };
}

async function isCreated(
  create: () => Promise<unknown>,
  ...known: readonly (new (...args: never[]) => Error)[]
): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (known.some((type) => error instanceof type)) return false;
    throw error;
  }
}

const QUEUE_ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'FifoThroughputLimit',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'VisibilityTimeout',
];

/** Queue attributes as SQS takes them: everything a string, the redrive policy as JSON. */
export function queueAttributes(properties: Properties): Record<string, string> {
  const known = QUEUE_ATTRIBUTES.filter((name) => properties[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, textual(properties[name])]));
}

/** A template's value where AWS wants text. */
export const textual = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Creates the queue, or gives an existing one the template's attributes. */
export async function createQueue(
  sqs: SQSClient,
  queue: { readonly name: string; readonly url: string; readonly properties: Properties },
): Promise<void> {
  const attributes = queueAttributes(queue.properties);
  try {
    await sqs.send(new CreateQueueCommand({ QueueName: queue.name, Attributes: attributes }));
  } catch (error) {
    if (!(error instanceof Error) || !/QueueNameExists|QueueAlreadyExists/.test(error.name)) throw error;
    const { FifoQueue: _fixed, ...changeable } = attributes;
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: changeable }));
  }
}

export async function createBucket(s3: S3Client, name: string): Promise<void> {
  await isCreated(
    () => s3.send(new CreateBucketCommand({ Bucket: name })),
    BucketAlreadyOwnedByYou,
    BucketAlreadyExists,
  );
}

/** Creates a key, or finds the one made for the same resource before. Returns its id and ARN. */
export async function createKey(
  kms: KMSClient,
  properties: Properties,
  known: string | undefined,
): Promise<{ readonly keyId: string; readonly arn: string }> {
  const found = known === undefined ? undefined : await findKey(kms, known);
  if (found !== undefined) return found;
  const spec = (properties['KeySpec'] ?? 'SYMMETRIC_DEFAULT') as KeySpec;
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      KeySpec: spec,
      KeyUsage: spec === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : 'SIGN_VERIFY',
      Description: textual(properties['Description'] ?? ''),
    }),
  );
  return { keyId: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' };
}

async function findKey(kms: KMSClient, keyId: string) {
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }));
    return { keyId, arn: KeyMetadata?.Arn ?? '' };
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}
