import type { BatchCodec, JournalEntry } from '@perps/contracts/journal';
import type { Clock, Ids, JournalRecord } from '@perps/runtime/ports';
import type { ChainPosition } from './replay.ts';

/** A batch takes at most so many entries: at 20 to 130 B an entry it stays far below the codec's limit and one put short. */
const BATCH_ENTRIES_MAX = 1_000;

/** A sealed batch on its way. */
export interface Flight<Event, Result> {
  readonly record: JournalRecord;
  readonly entries: readonly JournalEntry<Event, Result>[];
  /** Ordinal of the last entry, counted over the writer's life. */
  readonly upTo: number;
  readonly leftAt: number;
  undecided: boolean;
  landed: boolean;
}

export interface OpenBatchOptions<Event, Result> {
  readonly shard: number;
  readonly epoch: number;
  /** Where the claim left the chain. */
  readonly position: ChainPosition;
  readonly codec: BatchCodec<Event, Result>;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** The entries that gather for the next put, and the chain they will continue. */
export interface OpenBatch<Event, Result> {
  add(entry: JournalEntry<Event, Result>): void;
  isEmpty(): boolean;
  /** Entries added so far, sealed ones included. */
  added(): number;
  /** Seals what fits one record and links it to the one sealed before; the rest stays open. */
  seal(): Flight<Event, Result>;
}

/** Opens the first batch after a claim. */
export function createOpenBatch<Event, Result>(options: OpenBatchOptions<Event, Result>): OpenBatch<Event, Result> {
  const { shard, epoch, codec, clock, ids } = options;
  let open: JournalEntry<Event, Result>[] = [];
  let { nextSeq, token: lastToken } = options.position;
  let added = 0;
  return {
    add: (entry) => {
      open.push(entry);
      added += 1;
    },
    isEmpty: () => open.length === 0,
    added: () => added,
    seal: () => {
      const { body, count } = codec.encode(open.length > BATCH_ENTRIES_MAX ? open.slice(0, BATCH_ENTRIES_MAX) : open);
      const entries = count === open.length ? open : open.slice(0, count);
      open = count === open.length ? [] : open.slice(count);
      const record = { shard, seq: nextSeq, epoch, token: ids.token(), previousToken: lastToken, body };
      nextSeq += 1;
      lastToken = record.token;
      return { record, entries, upTo: added - open.length, leftAt: clock.monotonic(), undecided: false, landed: false };
    },
  };
}
