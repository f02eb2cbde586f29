/** One conditional put. `seq` starts at 1 per shard; `token` is unique per record; `previousToken` is '' for the first. */
export interface JournalRecord {
  readonly shard: number;
  readonly seq: number;
  readonly epoch: number;
  readonly token: string;
  /** Token of the record this one continues: replay applies a record only where it does (the chain rule). */
  readonly previousToken: string;
  /** Encoded batch, see `@perps/contracts/journal`; opaque to the store. */
  readonly body: Uint8Array;
}

/** What stands where an append collided: whose record it is. */
export interface StoredRecord {
  readonly token: string;
  readonly epoch: number;
}

/**
 * What one attempt came to. `undecided` = time-out, throttle, 5xx, lost connection: the record may or may not have
 * landed, now or later; the caller repeats the identical record. The adapter itself never retries.
 */
export type AppendOutcome =
  | { readonly status: 'appended' }
  | { readonly status: 'conflict'; readonly stored: StoredRecord }
  | { readonly status: 'undecided'; readonly cause: unknown };

export interface ReadRange {
  readonly shard: number;
  /** First seq wanted, inclusive. */
  readonly fromSeq: number;
  /** At most so many records; absent = up to the end of the journal as it is now. */
  readonly limit?: number;
}

/** A seq is missing below one that exists: a reader stops here, it never skips. */
export class JournalGapError extends Error {
  readonly code = 'JournalGap';
  override readonly name = 'JournalGapError';
  readonly shard: number;
  readonly expectedSeq: number;
  readonly foundSeq: number;
  constructor(gap: { readonly shard: number; readonly expectedSeq: number; readonly foundSeq: number }) {
    super(`journal of shard ${gap.shard}: expected seq ${gap.expectedSeq}, found ${gap.foundSeq}`);
    this.shard = gap.shard;
    this.expectedSeq = gap.expectedSeq;
    this.foundSeq = gap.foundSeq;
  }
}

/** One append-only log per shard; a (shard, seq) is written once and never changes. */
export interface JournalStore {
  /** Puts the record if its seq is free; exactly one attempt. Never throws for the store's troubles: those are `undecided`. */
  append(record: JournalRecord): Promise<AppendOutcome>;
  /** Consistent reads, in seq order; yields every record before a hole, then throws `JournalGapError` if a later one exists. */
  read(range: ReadRange): AsyncIterable<JournalRecord>;
  /** Highest seq stored (consistent); 0 where the journal is empty. */
  lastSeq(shard: number): Promise<number>;
}

/** Names a snapshot: the committed record it is the state after, and the shape of its bytes. */
export interface SnapshotRef {
  readonly shard: number;
  readonly seq: number;
  readonly token: string;
  readonly schemaVersion: number;
}

/** `bytes` are framed and checksummed by the runtime; the store keeps them as they are. */
export interface Snapshot extends SnapshotRef {
  readonly bytes: Uint8Array;
}

export interface SnapshotStore {
  put(snapshot: Snapshot): Promise<void>;
  /** Candidates, newest seq first. */
  list(shard: number): Promise<readonly SnapshotRef[]>;
  /** undefined where it is gone (pruned since `list`). */
  get(ref: SnapshotRef): Promise<Uint8Array | undefined>;
}
