/**
 * Packed records one after another, bounded as a whole: the oldest go, a segment at a time. A record has a position
 * that is never used again; chains of positions lead from a newer record to the one before it.
 */
import type { Packer, Unpacker } from './packing.ts';

const SEGMENT_BYTES = 1_048_576;
/** A segment begins small, so that a shard with little to remember is small. */
const SEGMENT_BYTES_MIN = 4_096;
/** No record: the end of a chain. */
export const NOWHERE = 0;

interface Segment {
  bytes: Uint8Array;
  used: number;
  /** Time of its newest record, ms. */
  newestAt: number;
}

export interface RecordLog {
  readonly segmentsMax: number;
  /** Oldest first. */
  readonly segments: Segment[];
  /** Number of the oldest one; the first of all is 1. */
  firstNumber: number;
}

export interface SerializedLog {
  readonly firstNumber: number;
  readonly segments: readonly { readonly bytes: Uint8Array; readonly newestAt: number }[];
}

/** An empty log of at most so many bytes (rounded down to whole segments). */
export const createLog = (bytesMax: number): RecordLog => ({
  segmentsMax: Math.floor(bytesMax / SEGMENT_BYTES),
  segments: [],
  firstNumber: 1,
});

/** Adds what is packed as one record of the time `at` (ms); returns its position. */
export function append(log: RecordLog, packed: Packer, at: number): number {
  let segment = log.segments.at(-1);
  if (segment === undefined || segment.used + packed.at > SEGMENT_BYTES) segment = addSegment(log);
  if (segment.used + packed.at > segment.bytes.length) enlarge(segment, segment.used + packed.at);
  const start = segment.used;
  segment.bytes.set(packed.bytes.subarray(0, packed.at), start);
  segment.used += packed.at;
  if (at > segment.newestAt) segment.newestAt = at;
  return (log.firstNumber + log.segments.length - 1) * SEGMENT_BYTES + start;
}

/** Reads the record of a position; undefined where it is gone, or is none. */
export function recordAt(log: RecordLog, position: number): Unpacker | undefined {
  const index = Math.floor(position / SEGMENT_BYTES) - log.firstNumber;
  const segment = index < 0 ? undefined : log.segments[index];
  return segment === undefined ? undefined : { bytes: segment.bytes, at: position % SEGMENT_BYTES };
}

/** A position as a chain may lead to it: none where its record is gone, so that one state is always the same bytes. */
export const stillThere = (log: RecordLog, position: number): number =>
  position >= log.firstNumber * SEGMENT_BYTES ? position : NOWHERE;

/** Forgets segments without a record of `since` (ms) or later; the newest one stays. */
export function forgetBefore(log: RecordLog, since: number): void {
  while (log.segments.length > 1 && (log.segments[0]?.newestAt ?? since) < since) forgetOldest(log);
}

/** Walks all records, oldest first; `take` reads exactly one. */
export function eachRecord(log: RecordLog, take: (record: Unpacker, position: number) => void): void {
  for (const [index, segment] of log.segments.entries()) {
    const record = { bytes: segment.bytes, at: 0 };
    while (record.at < segment.used) take(record, (log.firstNumber + index) * SEGMENT_BYTES + record.at);
  }
}

export const serializeLog = ({ firstNumber, segments }: RecordLog): SerializedLog => ({
  firstNumber,
  segments: segments.map(({ bytes, used, newestAt }) => ({ bytes: bytes.slice(0, used), newestAt })),
});

export function restoreLog(log: RecordLog, stored: SerializedLog): void {
  log.firstNumber = stored.firstNumber;
  log.segments.length = 0;
  for (const { bytes, newestAt } of stored.segments) log.segments.push({ bytes, used: bytes.length, newestAt });
}

function addSegment(log: RecordLog): Segment {
  if (log.segments.length === log.segmentsMax) forgetOldest(log);
  const segment = { bytes: new Uint8Array(SEGMENT_BYTES_MIN), used: 0, newestAt: 0 };
  log.segments.push(segment);
  return segment;
}

function forgetOldest(log: RecordLog): void {
  log.segments.shift();
  log.firstNumber += 1;
}

/** A record longer than a segment has one of its own. */
function enlarge(segment: Segment, needed: number): void {
  const doubled = Math.min(SEGMENT_BYTES, segment.bytes.length * 2);
  const longer = new Uint8Array(Math.max(doubled, needed));
  longer.set(segment.bytes.subarray(0, segment.used));
  segment.bytes = longer;
}
