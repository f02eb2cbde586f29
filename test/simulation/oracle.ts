/**
 * What the journal says, judged by rules written down a second time: not one line is shared with the code under test.
 */
import { isJournalEntry } from '@perps/contracts/journal';
import type { BatchCodec, JournalEntry } from '@perps/contracts/journal';
import type { JournalRecord } from '@perps/runtime/ports';
import { counterMachine } from '@perps/runtime/testing';
import type { Added, AddResult } from '@perps/runtime/testing';

export type Entry = JournalEntry<Added, AddResult>;

export interface Acknowledged {
  readonly id: string;
  readonly result: AddResult;
}

/** A read that was answered: the counter's total after so many entries of history. */
export interface Observed {
  readonly counter: string;
  readonly total: number;
  readonly entries: number;
}

/** A batch that an owner told its followers of. */
export interface Published {
  readonly seq: number;
  readonly token: string;
}

export interface Evidence {
  readonly records: readonly JournalRecord[];
  readonly codec: BatchCodec<Added, AddResult>;
  readonly acknowledged: readonly Acknowledged[];
  readonly observed: readonly Observed[];
  readonly published: readonly Published[];
  /** Serialized state of the last active owner; undefined where the run found none. */
  readonly liveState: Uint8Array | undefined;
}

/** The one history: from the first record on, each that names the one before it and does not go back in epoch. */
export function historyOf(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const history: JournalRecord[] = [];
  let expectedSeq = 1;
  for (const record of records) {
    if (record.seq !== expectedSeq) break;
    expectedSeq += 1;
    const last = history.at(-1);
    const continues = record.previousToken === (last?.token ?? '') && record.epoch >= (last?.epoch ?? 0);
    if (continues) history.push(record);
  }
  return history;
}

/** Every broken promise, in words; empty = the run was safe. */
export function violations(evidence: Evidence): readonly string[] {
  const history = historyOf(evidence.records);
  const entries = history.flatMap((record) => evidence.codec.decode(record.body).filter(isJournalEntry));
  return [
    ...doubled(entries),
    ...wrongAnswers(entries),
    ...lost(entries, evidence.acknowledged),
    ...forked(history, evidence.published),
    ...misread(entries, evidence.observed),
    ...diverged(entries, evidence.liveState),
  ];
}

function doubled(entries: readonly Entry[]): readonly string[] {
  const seen = new Set<string>();
  return entries.flatMap(({ commandId }) => {
    if (seen.has(commandId)) return [`${commandId} is in the history twice`];
    seen.add(commandId);
    return [];
  });
}

/** Each answer must follow from the entries before it: `total` is the counter's running sum. */
function wrongAnswers(entries: readonly Entry[]): readonly string[] {
  const totals = new Map<string, number>();
  return entries.flatMap((entry) => {
    const total = entry.events.reduce((sum, { amount }) => sum + amount, totals.get(entry.streamId) ?? 0);
    totals.set(entry.streamId, total);
    if (entry.result?.total === total && total >= 0) return [];
    return [`${entry.commandId} was answered ${entry.result?.total}, history says ${total}`];
  });
}

function lost(entries: readonly Entry[], acknowledged: readonly Acknowledged[]): readonly string[] {
  const byId = new Map(entries.map((entry) => [entry.commandId, entry]));
  return acknowledged.flatMap(({ id, result }) => {
    const isRemembered = result.status === 'ok' || id.startsWith('q');
    const stored = byId.get(id)?.result;
    if (!isRemembered) return [];
    if (stored === undefined) return [`${id} was acknowledged and is not in the history`];
    if (stored.status === result.status && stored.total === result.total) return [];
    return [`${id} was acknowledged as ${result.status} ${result.total}, stored as ${stored.status} ${stored.total}`];
  });
}

function forked(history: readonly JournalRecord[], published: readonly Published[]): readonly string[] {
  const tokens = new Map(history.map(({ seq, token }) => [seq, token]));
  return published
    .filter(({ seq, token }) => tokens.get(seq) !== token)
    .map(({ seq, token }) => `seq ${seq} was published as ${token}, which is not in the history`);
}

function misread(entries: readonly Entry[], observed: readonly Observed[]): readonly string[] {
  const byLength = [...observed].sort((left, right) => left.entries - right.entries);
  const totals = new Map<string, number>();
  let applied = 0;
  return byLength.flatMap((read) => {
    for (const entry of entries.slice(applied, read.entries)) {
      for (const { counter, amount } of entry.events) totals.set(counter, (totals.get(counter) ?? 0) + amount);
    }
    applied = Math.max(applied, read.entries);
    if (read.entries <= entries.length && (totals.get(read.counter) ?? 0) === read.total) return [];
    return [`a read after ${read.entries} entries saw ${read.counter} at ${read.total}: never so in the history`];
  });
}

function diverged(entries: readonly Entry[], liveState: Uint8Array | undefined): readonly string[] {
  if (liveState === undefined) return ['no owner was active at the end'];
  const replayed = counterMachine.initial();
  for (const entry of entries) counterMachine.apply(replayed, entry);
  const isEqual = Buffer.compare(Buffer.from(counterMachine.serialize(replayed)), Buffer.from(liveState)) === 0;
  return isEqual ? [] : ['the live state is not the state that replay comes to'];
}
