/** The embedded cloud for tests: a store, queues, buckets and keys in a folder of their own, gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ClientOptions } from '@perps/adapters/aws';
import { createDynamoClient, createS3Client, createSqsClient } from '@perps/adapters/aws';
import { createLocalCloud, type LocalCloud } from '../../local/cloud/index.ts';

export interface Emulators {
  readonly cloud: LocalCloud;
  /** Client options of a service, e.g. `KMS`. */
  options(service: string): ClientOptions;
  readonly dynamo: DynamoDBClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  /** A table with a string partition key and perhaps a number sort key. */
  createTable(key: { readonly partition: string; readonly sort?: string }): Promise<string>;
  createBucket(): Promise<string>;
  /** FIFO queues as the template makes them; URLs as clients on this machine use them. */
  createQueues(count: number): Promise<string[]>;
  close(): Promise<void>;
}

/** Starts the embedded cloud in a temporary folder. */
export async function startEmulators(): Promise<Emulators> {
  const dir = mkdtempSync(join(tmpdir(), 'perps-cloud-'));
  const cloud = await createLocalCloud({ dir });
  const options = (service: string): ClientOptions => ({
    region: cloud.region,
    endpoint: cloud.env[`AWS_ENDPOINT_URL_${service}`] ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const [dynamo, s3, sqs] = [
    createDynamoClient(options('DYNAMODB')),
    createS3Client(options('S3')),
    createSqsClient(options('SQS')),
  ];
  let names = 0;
  const nextName = (kind: string): string => `${kind}-${(names += 1)}`;
  return {
    cloud,
    options,
    dynamo,
    s3,
    sqs,
    createTable: async ({ partition, sort }) => {
      const TableName = nextName('table');
      await dynamo.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: partition, AttributeType: 'S' },
            ...(sort === undefined ? [] : [{ AttributeName: sort, AttributeType: 'N' as const }]),
          ],
          KeySchema: [
            { AttributeName: partition, KeyType: 'HASH' },
            ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
          ],
        }),
      );
      return TableName;
    },
    createBucket: async () => {
      const Bucket = nextName('bucket');
      await s3.send(new CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    createQueues: async (count) => {
      const urls: string[] = [];
      for (let shard = 0; shard < count; shard += 1) {
        const QueueName = `${nextName('commands')}.fifo`;
        await sqs.send(
          new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true', VisibilityTimeout: '5' } }),
        );
        urls.push(cloud.queueUrlOf(`arn:aws:sqs:${cloud.region}:${cloud.accountId}:${QueueName}`));
      }
      return urls;
    },
    close: async () => {
      for (const client of [dynamo, s3, sqs]) client.destroy();
      await cloud.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
