/** Answers to commands, remembered so that a repeat is answered the same and changes nothing (I4). */
import { type CommandResult, shortHash } from '../account/index.ts';
import { createPacker, putBytes, putNumber, putText, takeNumber, takeText, type Unpacker } from './packing.ts';
import { putPlain, takePlain } from './plain-codec.ts';
import {
  append,
  createLog,
  eachRecord,
  forgetBefore,
  NOWHERE,
  recordAt,
  type RecordLog,
  restoreLog,
  type SerializedLog,
  serializeLog,
  stillThere,
} from './record-log.ts';

/** A repeat within this time is recognised by its id; later nonces and deposit ids still are. ms. */
export const RESULT_KEPT_MS = 15 * 60_000;
/** Of a shard, about half a million answers; under more than 600 commands a second the oldest go sooner. */
export const RESULTS_BYTES_MAX = 67_108_864;
const BUCKETS = 65_536;

export interface RememberedResult {
  readonly at: number;
  readonly result: CommandResult;
  /** Of the signed action, as short as its event has it; the same id with another hash is another command. */
  readonly hash?: string;
}

/** Answers of a shard by stream and command id. */
export interface Results {
  readonly log: RecordLog;
  /** By hash of stream and id: position of the newest record, which leads to the one before. Made for the first one. */
  buckets: Float64Array;
}

export interface CommandName {
  readonly streamId: string;
  readonly commandId: string;
}

export const createResults = (bytesMax = RESULTS_BYTES_MAX): Results => ({
  log: createLog(bytesMax),
  buckets: new Float64Array(0),
});

export function rememberResult(results: Results, name: CommandName, remembered: RememberedResult): void {
  const { at, result, hash } = remembered;
  if (results.buckets.length === 0) results.buckets = new Float64Array(BUCKETS);
  const key = keyOf(name);
  const bucket = key % BUCKETS;
  body.at = 0;
  putText(body, name.streamId);
  putText(body, name.commandId);
  putNumber(body, at);
  // As hex with its sign it takes half the bytes.
  putText(body, hash === undefined ? '' : `0x${shortHash(hash)}`);
  putPlain(body, result);
  whole.at = 0;
  putNumber(whole, stillThere(results.log, results.buckets[bucket] ?? NOWHERE));
  putNumber(whole, key);
  putNumber(whole, body.at);
  putBytes(whole, body);
  results.buckets[bucket] = append(results.log, whole, at);
  forgetBefore(results.log, at - RESULT_KEPT_MS);
}

/** undefined = the command is new, or too old. */
export function findResult(results: Results, name: CommandName): RememberedResult | undefined {
  const key = keyOf(name);
  let record = recordAt(results.log, results.buckets[key % BUCKETS] ?? NOWHERE);
  while (record !== undefined) {
    const previous = takeNumber(record);
    const isSameKey = takeNumber(record) === key;
    takeNumber(record);
    if (isSameKey) {
      const found = takeIfNamed(record, name);
      if (found !== undefined) return found;
    }
    record = recordAt(results.log, previous);
  }
  return undefined;
}

export const serializeResults = ({ log }: Results): SerializedLog => serializeLog(log);

export function restoreResults(results: Results, stored: SerializedLog): void {
  restoreLog(results.log, stored);
  results.buckets = new Float64Array(stored.segments.length === 0 ? 0 : BUCKETS);
  eachRecord(results.log, (record, position) => {
    takeNumber(record);
    results.buckets[takeNumber(record) % BUCKETS] = position;
    const length = takeNumber(record);
    record.at += length;
  });
}

/** For all of them: a record is packed and copied away within one call. */
const body = createPacker();
const whole = createPacker();

function takeIfNamed(record: Unpacker, name: CommandName): RememberedResult | undefined {
  if (takeText(record) !== name.streamId || takeText(record) !== name.commandId) return undefined;
  const at = takeNumber(record);
  const hash = takeText(record);
  const result = takePlain(record) as CommandResult;
  return hash === '' ? { at, result } : { at, result, hash: hash.slice(2) };
}

const { imul } = Math;

/** FNV-1a, 32 bits. */
function keyOf({ streamId, commandId }: CommandName): number {
  return mixed(mixed(0x811c9dc5, streamId), commandId) >>> 0;
}

function mixed(seed: number, text: string): number {
  let key = seed;
  for (let at = 0; at < text.length; at += 1) key = imul(key ^ text.charCodeAt(at), 0x01000193);
  return key;
}
