/** SDK clients as this system wants them: bounded time, keep-alive, and retries only where a repeat is harmless. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createDynamoWire, type DynamoWire } from './dynamo-wire.ts';

/** The SDK reads region, credentials and `AWS_ENDPOINT_URL_<SERVICE>` from the environment; fields here win over it. */
export interface ClientOptions {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Time for one attempt, ms. */
  readonly requestTimeoutMs?: number;
  /** Attempts including the first. */
  readonly maxAttempts?: number;
}

const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 3_000;
const MAX_SOCKETS = 64;
const KEEP_ALIVE_MS = 10_000;

/** One journal put: DynamoDB's own p99 is about 10 ms, so a put without an answer after this is undecided. */
const JOURNAL_TIMEOUT_MS = 1_500;

function settings(options: ClientOptions) {
  const agent = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: MAX_SOCKETS };
  return {
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    maxAttempts: options.maxAttempts ?? 3,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
  };
}

const hasOwnEndpoint = (service: string, options: ClientOptions): boolean =>
  (options.endpoint ?? process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env['AWS_ENDPOINT_URL']) !== undefined;

/** For tables whose updates are conditional or harmless to repeat (leases, identities, reads). */
export const createDynamoClient = (options: ClientOptions = {}): DynamoDBClient =>
  new DynamoDBClient(settings(options));

/**
 * For the journal alone: no request is sent twice, because a conflict on a retry does not mean that the first try landed
 * (taking it so lost acknowledged orders in 5 % of simulated seeds).
 */
export const createJournalClient = (options: ClientOptions = {}): DynamoWire =>
  wireOf(createDynamoClient(options), options.requestTimeoutMs ?? JOURNAL_TIMEOUT_MS);

/** For those who follow the journal: the same with an SDK client's credentials, region and endpoint, and more time. */
export const journalClientOf = (client: DynamoDBClient): DynamoWire => wireOf(client, REQUEST_TIMEOUT_MS);

const wireOf = (client: DynamoDBClient, timeoutMs: number): DynamoWire =>
  createDynamoWire({ client, timeoutMs, maxSockets: MAX_SOCKETS, keepAliveMs: KEEP_ALIVE_MS });

export const createKmsClient = (options: ClientOptions = {}): KMSClient => new KMSClient(settings(options));

export const createEventBridgeClient = (options: ClientOptions = {}): EventBridgeClient =>
  new EventBridgeClient(settings(options));

/** Emulators have no wildcard DNS for bucket hosts, so an own endpoint is addressed by path. */
export const createS3Client = (options: ClientOptions = {}): S3Client =>
  new S3Client({
    ...settings({ requestTimeoutMs: 30_000, ...options }),
    forcePathStyle: hasOwnEndpoint('S3', options),
  });

/** A long poll lasts up to 20 s, so the request may take longer. An own endpoint wins over the host in queue URLs. */
export const createSqsClient = (options: ClientOptions = {}): SQSClient =>
  new SQSClient({
    ...settings({ requestTimeoutMs: 25_000, ...options }),
    useQueueUrlAsEndpoint: !hasOwnEndpoint('SQS', options),
  });
