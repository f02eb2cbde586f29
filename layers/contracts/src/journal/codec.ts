/**
 * Bytes of a batch: [format version][event schema version][crc32, 4 bytes][what the format makes of the entries]. Written
 * is the newest format (docs/decisions/0006), read every one there was. Each batch can be read alone.
 */
import { type BatchFormat, HEADER_BYTES } from './format.ts';
import { format1 } from './format-1.ts';
import { format2 } from './format-2.ts';
import { EntryTooLargeError, JournalCorruptError } from './model.ts';
import type { BatchCodec, BatchEntry, EncodedBatch } from './model.ts';

/** A record stays under DynamoDB's 400 KB with room for its keys and tokens. */
export const MAX_BODY_BYTES = 350_000;

const READABLE: Readonly<Record<number, Pick<BatchFormat, 'checksum' | 'read'>>> = { 1: format1, 2: format2 };

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
    encode: (entries) => encodeLongestPrefix(entries, (prefix) => sealed(format2.write(prefix), schemaVersion)),
    decode: (body) => {
      const { read, writtenVersion } = openFrame(body, schemaVersion);
      return corruptUnlessDecoded(() =>
        parseEntries(read(body)).map((entry) => checkEvents(upcast(entry, writtenVersion))),
      );
    },
  };
}

function encodeLongestPrefix(
  entries: readonly BatchEntry[],
  encode: (prefix: readonly BatchEntry[]) => Uint8Array | undefined,
): EncodedBatch {
  let count = entries.length;
  for (;;) {
    const body = encode(count === entries.length ? entries : entries.slice(0, count));
    if (body !== undefined && body.length <= MAX_BODY_BYTES) return { body, count };
    if (count <= 1) throw new EntryTooLargeError(`one entry takes more than ${MAX_BODY_BYTES} bytes`);
    count = Math.ceil(count / 2);
  }
}

/** The body with its schema version and checksum. */
function sealed(body: Buffer | undefined, schemaVersion: number): Uint8Array | undefined {
  if (body === undefined) return undefined;
  body[1] = schemaVersion;
  body.writeUInt32LE(format2.checksum(body), 2);
  return body;
}

function openFrame(
  body: Uint8Array,
  schemaVersion: number,
): { readonly read: BatchFormat['read']; readonly writtenVersion: number } {
  const [formatVersion, writtenVersion] = body;
  const format = formatVersion === undefined ? undefined : READABLE[formatVersion];
  if (format === undefined || writtenVersion === undefined || body.length <= HEADER_BYTES) {
    throw new JournalCorruptError(`not a batch of a known format (${body.length} bytes)`);
  }
  const stored = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(2, true);
  if (stored !== format.checksum(body)) throw new JournalCorruptError('batch checksum does not match');
  if (writtenVersion > schemaVersion) {
    throw new JournalCorruptError(
      `event schema version ${writtenVersion} is newer than this program's ${schemaVersion}`,
    );
  }
  return { read: format.read, writtenVersion };
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
