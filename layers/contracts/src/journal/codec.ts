/**
 * Bytes of a batch: [format version][event schema version][crc32 of the rest, 4 bytes][deflate(msgpack records)].
 * Records + deflate level 1 take 19 B per event where JSON takes 131 (limits-and-faults §2.4); every batch carries its
 * own record structures, so that each can be read alone.
 */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { Packr } from 'msgpackr/pack';
import { EntryTooLargeError, JournalCorruptError } from './model.ts';
import type { BatchCodec, BatchEntry, EncodedBatch } from './model.ts';

/** A record stays under DynamoDB's 400 KB with room for its keys and tokens. */
export const MAX_BODY_BYTES = 350_000;

const FORMAT_VERSION = 1;
const HEADER_BYTES = 6;
/** A batch unpacks to at most so much: a damaged length must not take the process down. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

export interface BatchCodecOptions<Event = unknown> {
  /** Schema version of the events written now, 0 … 255. */
  readonly schemaVersion?: number;
  /** From each older version to the next one: `upcasters[1]` lifts an entry of version 1 to version 2. */
  readonly upcasters?: Readonly<Record<number, (entry: BatchEntry) => BatchEntry>>;
  /** Checks one event as read (after upcasting); throws on a type it does not know. Absent: events pass as they are. */
  readonly decodeEvent?: (event: unknown) => Event;
}

/** The journal's codec; `decode(encode(entries).body)` is the first `count` entries, bigint for bigint. */
export function createBatchCodec<Event = unknown, Result = unknown>(
  options: BatchCodecOptions<Event> = {},
): BatchCodec<Event, Result> {
  const { schemaVersion = 1, upcasters = {}, decodeEvent } = options;
  // Without shared structures each pack() starts a fresh set, so no batch depends on another.
  const packr = new Packr({ useRecords: true, useBigIntExtension: true, copyBuffers: true });
  const upcast = (entry: BatchEntry, writtenVersion: number): BatchEntry => {
    let current = entry;
    for (let version = writtenVersion; version < schemaVersion; version += 1) {
      const lift = upcasters[version];
      if (lift === undefined) throw new JournalCorruptError(`no upcaster from event schema version ${version}`);
      current = lift(current);
    }
    return current;
  };
  // The decoder's one cast: what `encode` was given comes back, checked by the checksum and by `decodeEvent`.
  const checkEvents = (entry: BatchEntry): BatchEntry<Event, Result> =>
    (decodeEvent === undefined || 'control' in entry
      ? entry
      : { ...entry, events: entry.events.map((event) => decodeEvent(event)) }) as BatchEntry<Event, Result>;

  return {
    encode: (entries) => encodeLongestPrefix(entries, (prefix) => frame(packr.pack(prefix), schemaVersion)),
    decode: (body) => {
      const writtenVersion = openFrame(body, schemaVersion);
      return corruptUnlessDecoded(() => {
        const unpacked: unknown = packr.unpack(
          inflateRawSync(body.subarray(HEADER_BYTES), { maxOutputLength: MAX_UNPACKED_BYTES }),
        );
        return parseEntries(unpacked).map((entry) => checkEvents(upcast(entry, writtenVersion)));
      });
    },
  };
}

function encodeLongestPrefix(
  entries: readonly BatchEntry[],
  encode: (prefix: readonly BatchEntry[]) => Uint8Array,
): EncodedBatch {
  let count = entries.length;
  for (;;) {
    const body = encode(count === entries.length ? entries : entries.slice(0, count));
    if (body.length <= MAX_BODY_BYTES) return { body, count };
    if (count <= 1) throw new EntryTooLargeError(`one entry takes ${body.length} bytes of ${MAX_BODY_BYTES}`);
    count = Math.ceil(count / 2);
  }
}

function frame(packed: Uint8Array, schemaVersion: number): Uint8Array {
  const payload = deflateRawSync(packed, { level: 1 });
  const body = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  body[0] = FORMAT_VERSION;
  body[1] = schemaVersion;
  payload.copy(body, HEADER_BYTES);
  body.writeUInt32LE(checksum(body), 2);
  return body;
}

/** Covers the two version bytes and the payload. */
function checksum(body: Uint8Array): number {
  return crc32(body.subarray(HEADER_BYTES), crc32(body.subarray(0, 2)));
}

function openFrame(body: Uint8Array, schemaVersion: number): number {
  const [formatVersion, writtenVersion] = body;
  if (formatVersion !== FORMAT_VERSION || writtenVersion === undefined || body.length <= HEADER_BYTES) {
    throw new JournalCorruptError(`not a batch of format ${FORMAT_VERSION} (${body.length} bytes)`);
  }
  const stored = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(2, true);
  if (stored !== checksum(body)) throw new JournalCorruptError('batch checksum does not match');
  if (writtenVersion > schemaVersion) {
    throw new JournalCorruptError(
      `event schema version ${writtenVersion} is newer than this program's ${schemaVersion}`,
    );
  }
  return writtenVersion;
}

function corruptUnlessDecoded<Value>(decode: () => Value): Value {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof JournalCorruptError) throw cause;
    throw new JournalCorruptError('batch cannot be decoded', { cause });
  }
}

function parseEntries(unpacked: unknown): readonly BatchEntry[] {
  if (!Array.isArray(unpacked)) throw new JournalCorruptError('batch is not a list of entries');
  return unpacked.map((entry: unknown) => {
    if (!isEntry(entry)) throw new JournalCorruptError('batch holds something that is not an entry');
    return entry;
  });
}

function isEntry(entry: unknown): entry is BatchEntry {
  if (typeof entry !== 'object' || entry === null) return false;
  if ('control' in entry) return entry.control === 'EpochStarted';
  return 'commandId' in entry && 'streamId' in entry && 'events' in entry && Array.isArray(entry.events);
}
