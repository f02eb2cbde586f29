import { JournalGapError } from '@perps/runtime/ports';
import type { AppendOutcome, JournalRecord, JournalStore, ReadRange } from '@perps/runtime/ports';

export interface MemoryJournal extends JournalStore {
  /** The put itself, now. */
  appendNow(record: JournalRecord): AppendOutcome;
  /** Everything stored, in seq order, holes included. */
  records(shard: number): readonly JournalRecord[];
  /** Damages the journal, for tests of what must notice. */
  replace(shard: number, seq: number, record: JournalRecord | undefined): void;
}

/** The journal's contract in memory: conditional put per (shard, seq), consistent gap-checked reads. */
export function createMemoryJournal(): MemoryJournal {
  const shards = new Map<number, Map<number, JournalRecord>>();
  const shardOf = (shard: number): Map<number, JournalRecord> => {
    const known = shards.get(shard) ?? new Map<number, JournalRecord>();
    shards.set(shard, known);
    return known;
  };
  const appendNow = (record: JournalRecord): AppendOutcome => {
    const stored = shardOf(record.shard).get(record.seq);
    if (stored !== undefined) return { status: 'conflict', stored: { token: stored.token, epoch: stored.epoch } };
    shardOf(record.shard).set(record.seq, record);
    return { status: 'appended' };
  };
  async function* read({ shard, fromSeq, limit = Number.MAX_SAFE_INTEGER }: ReadRange): AsyncGenerator<JournalRecord> {
    for (let seq = fromSeq; seq < fromSeq + limit; seq += 1) {
      const record = shardOf(shard).get(seq);
      if (record === undefined) {
        const foundSeq = nextSeqFrom(shardOf(shard), seq);
        if (foundSeq !== undefined) throw new JournalGapError({ shard, expectedSeq: seq, foundSeq });
        return;
      }
      yield record;
    }
  }
  return {
    append: async (record) => appendNow(record),
    appendNow,
    read,
    lastSeq: async (shard) => [...shardOf(shard).keys()].reduce((last, seq) => Math.max(last, seq), 0),
    records: (shard) => [...shardOf(shard).values()].sort((left, right) => left.seq - right.seq),
    replace: (shard, seq, record) => {
      if (record === undefined) shardOf(shard).delete(seq);
      else shardOf(shard).set(seq, record);
    },
  };
}

function nextSeqFrom(records: ReadonlyMap<number, JournalRecord>, fromSeq: number): number | undefined {
  let next: number | undefined;
  for (const seq of records.keys()) if (seq > fromSeq && (next === undefined || seq < next)) next = seq;
  return next;
}
