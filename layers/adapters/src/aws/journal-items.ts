/** Journal records as DynamoDB's JSON says them: bodies of the two operations, and records out of what comes back. */
import type { JournalRecord, StoredRecord } from '@perps/runtime/ports';
import type { WireItem } from './dynamo-wire.ts';
import { MalformedItemError } from './items.ts';

/** seq >> 12: a partition key serves 4,096 records. Fixed for life: another value would give one seq two keys. */
const SEGMENT_BITS = 12;
export const SEGMENT_SIZE = 2 ** SEGMENT_BITS;

export const segmentOf = (seq: number): number => Math.floor(seq / SEGMENT_SIZE);
const partitionKey = (shard: number, segment: number): string => `${shard}#${segment}`;

/** Creates the writer of a put's body. Joined by hand: the batch's base64 is most of it and is looked at once. */
export function createPutBody(tableName: string): (record: JournalRecord) => string {
  const head = `{"TableName":${JSON.stringify(tableName)},"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD","Item":{"pk":{"S":"`;
  return ({ shard, seq, epoch, token, previousToken, body }) =>
    `${head}${partitionKey(shard, segmentOf(seq))}"},"sk":{"N":"${seq}"},"epoch":{"N":"${epoch}"},"token":{"S":${JSON.stringify(token)}},"previousToken":{"S":${JSON.stringify(previousToken)}},"body":{"B":"${base64Of(body)}"}}}`;
}

const base64Of = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** A consistent query for records of one segment from `fromSeq` on, at most `limit` of them. */
export const pageQuery = (
  tableName: string,
  { shard, fromSeq, limit }: { readonly shard: number; readonly fromSeq: number; readonly limit: number },
): string =>
  JSON.stringify({
    TableName: tableName,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND sk >= :from',
    ExpressionAttributeValues: {
      ':pk': { S: partitionKey(shard, segmentOf(fromSeq)) },
      ':from': { N: String(fromSeq) },
    },
    Limit: limit,
  });

/** A consistent query for the lowest or the highest seq of one segment. */
export const edgeQuery = (
  tableName: string,
  { shard, segment, edge }: { readonly shard: number; readonly segment: number; readonly edge: 'first' | 'last' },
): string =>
  JSON.stringify({
    TableName: tableName,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: partitionKey(shard, segment) } },
    ProjectionExpression: 'sk',
    ScanIndexForward: edge === 'first',
    Limit: 1,
  });

/** The record of a stored item. Throws `MalformedItemError` where it is not as `createPutBody` writes it. */
export const recordOf = (item: WireItem): JournalRecord => ({
  shard: Number.parseInt(textOf(item, 'pk'), 10),
  seq: seqOf(item),
  epoch: integerOf(item, 'epoch'),
  token: textOf(item, 'token'),
  previousToken: textOf(item, 'previousToken'),
  body: bytesOf(item, 'body'),
});

/** Throws `MalformedItemError`. */
export const seqOf = (item: WireItem): number => integerOf(item, 'sk');

/** Whose record stands there. Throws `MalformedItemError`. */
export const storedOf = (item: WireItem): StoredRecord => ({
  token: textOf(item, 'token'),
  epoch: integerOf(item, 'epoch'),
});

function textOf(item: WireItem, attribute: string): string {
  const value = item[attribute]?.S;
  if (typeof value !== 'string') throw new MalformedItemError(`attribute ${attribute}: expected a string`);
  return value;
}

function integerOf(item: WireItem, attribute: string): number {
  const text = item[attribute]?.N;
  const value = typeof text === 'string' ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new MalformedItemError(`attribute ${attribute}: expected an integer`);
  return value;
}

function bytesOf(item: WireItem, attribute: string): Uint8Array {
  const value = item[attribute]?.B;
  if (typeof value !== 'string') throw new MalformedItemError(`attribute ${attribute}: expected bytes`);
  return Buffer.from(value, 'base64');
}
