import { isJournalEntry } from '@perps/contracts/journal';
import type { BatchCodec, JournalEntry } from '@perps/contracts/journal';
import { JournalGapError } from '@perps/runtime/ports';
import type { JournalRecord, JournalStore } from '@perps/runtime/ports';
import { ALL_GUARDS } from './guards.ts';
import type { CommitGuards } from './guards.ts';

/** How far a reader has come. `token`, `epoch` and `appliedSeq` are those of the last record that was applied, not of void ones. */
export interface ChainPosition {
  /** First seq not read yet. */
  readonly nextSeq: number;
  readonly appliedSeq: number;
  readonly token: string;
  readonly epoch: number;
}

export const CHAIN_START: ChainPosition = { nextSeq: 1, appliedSeq: 0, token: '', epoch: 0 };

/** One applied record, decoded; `entries` without the runtime's own. */
export interface CommittedBatch<Event = unknown, Result = unknown> {
  readonly shard: number;
  readonly seq: number;
  readonly epoch: number;
  readonly token: string;
  readonly entries: readonly JournalEntry<Event, Result>[];
}

export interface ReplayOptions<Event = unknown, Result = unknown> {
  readonly shard: number;
  readonly journal: JournalStore;
  readonly codec: BatchCodec<Event, Result>;
  /** How many puts writers of this shard may have in flight: the last records may stand above a hole so wide. */
  readonly maxInFlight?: number;
  readonly guards?: CommitGuards;
  readonly from?: ChainPosition;
  readonly apply: (batch: CommittedBatch<Event, Result>) => void;
}

/**
 * Applies every record that continues the chain, up to the end of the journal or to a hole that puts in flight explain.
 * @throws JournalGapError where a record is missing for good; JournalCorruptError where one cannot be decoded
 */
export async function replay<Event, Result>(options: ReplayOptions<Event, Result>): Promise<ChainPosition> {
  const { shard, journal, maxInFlight = 1 } = options;
  let position = options.from ?? CHAIN_START;
  let suspectSeq = 0;
  for (;;) {
    const read = await readToGap(options, position);
    position = read.position;
    if (read.gap === undefined) return position;
    // A gap elsewhere than where the records end is a store that withheld some: nothing can be concluded from it.
    if (read.gap.expectedSeq === suspectSeq || read.gap.expectedSeq !== position.nextSeq) throw read.gap;
    const lastSeq = await journal.lastSeq(shard);
    if (lastSeq - read.gap.expectedSeq < maxInFlight) return position;
    // A put may have landed between the two reads. Now that records stand beyond what flight allows, it must be there.
    suspectSeq = read.gap.expectedSeq;
  }
}

/** True where the record continues the history that ends at `position`; false = it is void, now and for ever. */
export function continuesChain(position: ChainPosition, record: JournalRecord, guards = ALL_GUARDS): boolean {
  if (guards.chainRule && record.previousToken !== position.token) return false;
  return !guards.epochNeverBack || record.epoch >= position.epoch;
}

async function readToGap<Event, Result>(
  options: ReplayOptions<Event, Result>,
  from: ChainPosition,
): Promise<{ readonly position: ChainPosition; readonly gap?: JournalGapError }> {
  let position = from;
  try {
    for await (const record of options.journal.read({ shard: options.shard, fromSeq: from.nextSeq })) {
      position = step(options, position, record);
    }
    return { position };
  } catch (cause) {
    if (cause instanceof JournalGapError) return { position, gap: cause };
    throw cause;
  }
}

function step<Event, Result>(
  options: ReplayOptions<Event, Result>,
  position: ChainPosition,
  record: JournalRecord,
): ChainPosition {
  const { shard } = options;
  if (record.seq !== position.nextSeq) {
    throw new JournalGapError({ shard, expectedSeq: position.nextSeq, foundSeq: record.seq });
  }
  if (!continuesChain(position, record, options.guards)) return { ...position, nextSeq: record.seq + 1 };
  const { seq, epoch, token } = record;
  const entries = options.codec.decode(record.body).filter(isJournalEntry);
  options.apply({ shard, seq, epoch, token, entries });
  return { nextSeq: seq + 1, appliedSeq: seq, token, epoch };
}
