/** What a journal record holds: one batch of entries, each the outcome of one command. */

/** The facts of one command, as they are journaled and replayed. */
export interface JournalEntry<Event = unknown, Result = unknown> {
  readonly commandId: string;
  /** The account, risk book or strategy the events belong to; `config` for the shard's own settings. */
  readonly streamId: string;
  /** Wall-clock ms of the decision; explains, never orders. */
  readonly at: number;
  /** Empty for a journaled refusal. */
  readonly events: readonly Event[];
  /** What the sender was answered; a repeat of the command is answered the same. */
  readonly result?: Result;
}

/** A new owner's first record: it fences the one before. Machines never see it. */
export interface EpochStarted {
  readonly control: 'EpochStarted';
  readonly epoch: number;
  readonly owner: string;
  readonly at: number;
}

export type BatchEntry<Event = unknown, Result = unknown> = JournalEntry<Event, Result> | EpochStarted;

/** False for entries of the runtime itself, which change no stream. */
export function isJournalEntry<Event, Result>(entry: BatchEntry<Event, Result>): entry is JournalEntry<Event, Result> {
  return !('control' in entry);
}

/** A stored batch that cannot be what was written: the reader stops, loudly. */
export class JournalCorruptError extends Error {
  readonly code = 'JournalCorrupt';
  override readonly name = 'JournalCorruptError';
}

/** One entry alone is over the store's item limit: a bound upstream is missing. */
export class EntryTooLargeError extends Error {
  readonly code = 'EntryTooLarge';
  override readonly name = 'EntryTooLargeError';
}

/** The longest prefix of the entries that fits one record, and how many entries that is (at least one). */
export interface EncodedBatch {
  readonly body: Uint8Array;
  readonly count: number;
}

export interface BatchCodec<Event = unknown, Result = unknown> {
  /** Throws `EntryTooLargeError` where not even the first entry fits. */
  encode(entries: readonly BatchEntry<Event, Result>[]): EncodedBatch;
  /** Throws `JournalCorruptError` on anything that was not written by `encode`, an unknown version or event. */
  decode(body: Uint8Array): readonly BatchEntry<Event, Result>[];
}
