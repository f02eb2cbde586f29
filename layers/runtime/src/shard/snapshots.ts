import { crc32 } from 'node:zlib';
import { CHAIN_START, replay } from '@perps/runtime/commit';
import type { ChainPosition, ReplayOptions } from '@perps/runtime/commit';
import type { JournalRecord, JournalStore, SnapshotRef, SnapshotStore } from '@perps/runtime/ports';
import type { ShardMachine } from './machine.ts';

/** [frame version][crc32 of the rest, 4 bytes][the machine's bytes] */
const FRAME_VERSION = 1;
const FRAME_HEADER_BYTES = 5;
/** Older ones would cost more to try than the journal to replay. */
const SNAPSHOT_CANDIDATES_MAX = 5;

/** A snapshot that was passed over, and why. */
export interface SkippedSnapshot {
  readonly seq: number;
  readonly reason: string;
}

/** Where a replay can begin. */
export interface LoadedState<State> {
  readonly state: State;
  readonly position: ChainPosition;
  readonly skipped: readonly SkippedSnapshot[];
}

export interface SnapshotSource<State, Command, Event, Result> {
  readonly shard: number;
  readonly machine: ShardMachine<State, Command, Event, Result>;
  readonly journal: JournalStore;
  readonly snapshots: SnapshotStore;
}

/** The newest snapshot that the journal vouches for (its token stands at its seq), else the machine's initial state. */
export async function loadState<State, Command, Event, Result>(
  source: SnapshotSource<State, Command, Event, Result>,
): Promise<LoadedState<State>> {
  const skipped: SkippedSnapshot[] = [];
  const candidates = await source.snapshots.list(source.shard);
  for (const ref of candidates.slice(0, SNAPSHOT_CANDIDATES_MAX)) {
    const loaded = await tryLoad(source, ref);
    if (typeof loaded !== 'string') return { ...loaded, skipped };
    skipped.push({ seq: ref.seq, reason: loaded });
  }
  return { state: source.machine.initial(), position: CHAIN_START, skipped };
}

/** Answers the reason where the snapshot cannot be used. */
async function tryLoad<State, Command, Event, Result>(
  { machine, journal, snapshots }: SnapshotSource<State, Command, Event, Result>,
  ref: SnapshotRef,
): Promise<Omit<LoadedState<State>, 'skipped'> | string> {
  if (ref.schemaVersion !== machine.schemaVersion) return `schema version ${ref.schemaVersion}`;
  const record = await recordAt(journal, ref);
  if (record?.token !== ref.token) return 'the journal does not hold its token';
  const bytes = await snapshots.get(ref);
  if (bytes === undefined) return 'gone';
  const payload = unframe(bytes);
  if (payload === undefined) return 'checksum does not match';
  const position = { nextSeq: ref.seq + 1, appliedSeq: ref.seq, token: ref.token, epoch: record.epoch };
  try {
    return { state: machine.deserialize(payload), position };
  } catch (cause) {
    return `cannot be read: ${String(cause)}`;
  }
}

async function recordAt(journal: JournalStore, { shard, seq }: SnapshotRef): Promise<JournalRecord | undefined> {
  const lastSeq = await journal.lastSeq(shard);
  if (seq > lastSeq) return undefined;
  for await (const record of journal.read({ shard, fromSeq: seq, limit: 1 })) return record;
  return undefined;
}

export interface WriteSnapshotOptions<State, Command, Event, Result>
  extends
    SnapshotSource<State, Command, Event, Result>,
    Pick<ReplayOptions<Event, Result>, 'codec' | 'maxInFlight' | 'guards'> {
  /** Nothing is written where fewer entries than this have come since the previous one. Default 1. */
  readonly minEntries?: number;
}

export interface WrittenSnapshot {
  readonly ref: SnapshotRef;
  /** Entries replayed on top of the previous snapshot. */
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Replays the journal on top of the newest good snapshot and stores the state it comes to. A follower's work: it holds
 * committed state only and never runs in the writer, whose pauses every order would feel.
 * @throws JournalGapError, JournalCorruptError where the journal cannot be followed
 */
export async function writeSnapshot<State, Command, Event, Result>(
  options: WriteSnapshotOptions<State, Command, Event, Result>,
): Promise<WrittenSnapshot | undefined> {
  const { shard, machine, minEntries = 1 } = options;
  const { state, position: from } = await loadState(options);
  let entries = 0;
  const { appliedSeq, token } = await replay({
    ...options,
    from,
    apply: (batch) => {
      for (const entry of batch.entries) machine.apply(state, entry);
      entries += batch.entries.length;
    },
  });
  if (entries < minEntries) return undefined;
  const ref = { shard, seq: appliedSeq, token, schemaVersion: machine.schemaVersion };
  const bytes = frame(machine.serialize(state));
  await options.snapshots.put({ ...ref, bytes });
  return { ref, entries, bytes: bytes.length };
}

function frame(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  bytes[0] = FRAME_VERSION;
  new DataView(bytes.buffer).setUint32(1, crc32(payload), true);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

function unframe(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < FRAME_HEADER_BYTES || bytes[0] !== FRAME_VERSION) return undefined;
  const payload = bytes.subarray(FRAME_HEADER_BYTES);
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);
  return stored === crc32(payload) ? payload : undefined;
}
