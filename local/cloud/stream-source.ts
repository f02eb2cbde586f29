/** A DynamoDB stream feeding a function: in order, at least once, with a checkpoint that survives restarts. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type DynamoDBStreamsClient,
  type _Record,
} from '@aws-sdk/client-dynamodb-streams';
import { z } from 'zod';
import { reportedFailures, retryDelayMs, type Mapping } from './event-sources.ts';

export interface StreamSourceOptions {
  readonly client: DynamoDBStreamsClient;
  readonly streamArn: string;
  readonly mapping: Mapping;
  readonly invoke: (event: unknown) => Promise<unknown>;
  /** Takes what was given up, as Lambda's failure destination does. */
  readonly giveUp: (description: object) => Promise<void>;
  readonly checkpointFile: string;
  readonly sleep: (ms: number) => Promise<void>;
  readonly onError: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Lambda asks four times a second. */
const POLL_MS = 250;

const checkpointSchema = z.record(z.string(), z.string());

/** Runs until the signal: every shard of the stream, one after the other (the embedded store has one). */
export async function runStreamSource(options: StreamSourceOptions): Promise<void> {
  const checkpoints = readCheckpoints(options.checkpointFile);
  while (!options.signal.aborted) {
    try {
      for (const shardId of await shardsOf(options)) await drain(options, shardId, checkpoints);
    } catch (error) {
      if (!options.signal.aborted) options.onError(`stream ${options.streamArn}: ${String(error)}`);
    }
    await options.sleep(POLL_MS);
  }
}

async function shardsOf({ client, streamArn }: StreamSourceOptions): Promise<readonly string[]> {
  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn: streamArn }));
  return (StreamDescription?.Shards ?? []).flatMap(({ ShardId }) => (ShardId === undefined ? [] : [ShardId]));
}

async function drain(options: StreamSourceOptions, shardId: string, checkpoints: Map<string, string>): Promise<void> {
  let iterator = await iteratorOf(options, shardId, checkpoints.get(shardId));
  while (iterator !== undefined && !options.signal.aborted) {
    const answer = await options.client.send(
      new GetRecordsCommand({ ShardIterator: iterator, Limit: Math.min(options.mapping.batchSize, 1_000) }),
    );
    const records = answer.Records ?? [];
    const last = records.at(-1)?.dynamodb?.SequenceNumber;
    if (last === undefined) return;
    await handle(options, records);
    if (options.signal.aborted) return;
    checkpoints.set(shardId, last);
    writeCheckpoints(options.checkpointFile, checkpoints);
    iterator = answer.NextShardIterator;
  }
}

async function iteratorOf({ client, streamArn, mapping }: StreamSourceOptions, shardId: string, after?: string) {
  const position =
    after === undefined
      ? { ShardIteratorType: mapping.startingPosition }
      : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: after };
  const answer = await client.send(
    new GetShardIteratorCommand({ StreamArn: streamArn, ShardId: shardId, ...position }),
  );
  return answer.ShardIterator;
}

/** Tries until all are done or the retries are used up; a reported failure moves the start to the lowest failed record. */
async function handle(options: StreamSourceOptions, records: readonly _Record[]): Promise<void> {
  const { mapping } = options;
  let left = records.map((record) => toLambdaRecord(record, options.streamArn)).filter(mapping.accepts);
  for (let attempt = 0; left.length > 0 && !options.signal.aborted; attempt += 1) {
    const before = left.length;
    left = await tryOnce(options, left);
    if (left.length === 0) return;
    if (left.length < before) attempt = 0;
    if (mapping.maximumRetryAttempts >= 0 && attempt >= mapping.maximumRetryAttempts) {
      await options.giveUp({ streamArn: options.streamArn, attempts: attempt + 1, records: left.map(sequenceOf) });
      return;
    }
    await options.sleep(retryDelayMs(attempt));
  }
}

/** What is left to do after one invocation. */
async function tryOnce(options: StreamSourceOptions, records: LambdaRecord[]): Promise<LambdaRecord[]> {
  try {
    const response = await options.invoke({ Records: records });
    const failed = new Set(reportedFailures(options.mapping, response));
    if (failed.has('')) return records;
    const first = records.findIndex((record) => failed.has(sequenceOf(record)));
    return first < 0 ? [] : records.slice(first);
  } catch (error) {
    options.onError(String(error));
    return records;
  }
}

interface LambdaRecord {
  readonly eventID: string | undefined;
  readonly eventName: string | undefined;
  readonly eventVersion: string | undefined;
  readonly eventSource: string;
  readonly awsRegion: string | undefined;
  readonly eventSourceARN: string;
  readonly dynamodb: { readonly SequenceNumber?: string | undefined };
}

const sequenceOf = (record: LambdaRecord): string => record.dynamodb.SequenceNumber ?? '';

/** Lambda hands binary values over as base64 text and times as seconds. */
function toLambdaRecord(record: _Record, streamArn: string): LambdaRecord {
  const dynamodb = record.dynamodb ?? {};
  const time = dynamodb.ApproximateCreationDateTime?.getTime() ?? Date.now();
  const images = encodeBinary({ ...dynamodb, ApproximateCreationDateTime: time / 1_000 });
  return {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion,
    eventSource: 'aws:dynamodb',
    awsRegion: record.awsRegion,
    eventSourceARN: streamArn,
    dynamodb: images as LambdaRecord['dynamodb'],
  };
}

function encodeBinary(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(encodeBinary);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, encodeBinary(one)]));
}

function readCheckpoints(file: string): Map<string, string> {
  return new Map(
    existsSync(file) ? Object.entries(checkpointSchema.parse(JSON.parse(readFileSync(file, 'utf8')))) : [],
  );
}

function writeCheckpoints(file: string, checkpoints: ReadonlyMap<string, string>): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(checkpoints)));
  renameSync(`${file}.new`, file);
}
