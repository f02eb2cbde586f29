import { describe, expect, it } from '@jest/globals';
import type { JournalEntry } from '@perps/contracts/journal';
import { ALL_GUARDS, claim, createJournalWriter, FencedError, replay } from '@perps/runtime/commit';
import { JournalGapError, noMetrics } from '@perps/runtime/ports';
import type { AppendOutcome, JournalRecord } from '@perps/runtime/ports';
import {
  createIdentityCodec,
  createMemoryJournal,
  createSeededRandom,
  createSequentialIds,
  createVirtualClock,
} from '@perps/runtime/testing';

const entry = (commandId: string): JournalEntry => ({ commandId, streamId: 's', at: 0, events: [] });

function createWorld(maxInFlight = 2) {
  const journal = createMemoryJournal();
  const codec = createIdentityCodec();
  const clock = createVirtualClock();
  const applied: string[] = [];
  const options = (owner: string, epoch: number) => ({
    shard: 0,
    journal,
    codec,
    maxInFlight,
    clock,
    random: createSeededRandom(1),
    ids: createSequentialIds(`${owner}-`),
    metrics: noMetrics,
    guards: ALL_GUARDS,
    signal: new AbortController().signal,
    owner,
    epoch,
    apply: (batch: { entries: readonly JournalEntry[] }) => applied.push(...batch.entries.map((e) => e.commandId)),
    onCommitted: () => undefined,
    onStopped: () => undefined,
  });
  const record = (seq: number, token: string, previousToken: string): JournalRecord => {
    const { body } = codec.encode([entry(`in ${token}`)]);
    return { shard: 0, seq, epoch: 1, token, previousToken, body };
  };
  return { journal, clock, applied, options, record };
}

describe('claim', () => {
  it('fills the hole a dead writer left with its fence, and steps over what stands above it', async () => {
    const { journal, applied, options, record } = createWorld();
    for (const stored of [record(1, 'a', ''), record(2, 'b', 'a'), record(4, 'd', 'c')]) journal.appendNow(stored);
    const position = await claim(options('new', 2));
    expect(position).toMatchObject({ appliedSeq: 3, nextSeq: 5, epoch: 2 });
    expect(applied).toEqual(['in a', 'in b']);
    // The put that would have filled the hole comes too late, and changes nothing.
    expect(journal.appendNow(record(3, 'c', 'b')).status).toBe('conflict');
    expect(await replay(options('reader', 2))).toEqual(position);
  });

  it('does not take a hole for one in flight where more stands above it than flight allows', async () => {
    const { journal, options, record } = createWorld();
    for (const stored of [record(1, 'a', ''), record(3, 'c', 'b'), record(4, 'd', 'c')]) journal.appendNow(stored);
    await expect(claim(options('new', 2))).rejects.toThrow(JournalGapError);
    expect(journal.records(0)).toHaveLength(3);
  });

  it('gives way to a newer epoch', async () => {
    const { options } = createWorld();
    await claim(options('newer', 5));
    await expect(claim(options('older', 4))).rejects.toThrow(FencedError);
  });

  it('reads on and tries again where the former owner commits in between', async () => {
    const { journal, applied, options, record } = createWorld();
    journal.appendNow(record(1, 'a', ''));
    let isFirst = true;
    const append = (fence: JournalRecord): Promise<AppendOutcome> => {
      if (isFirst) journal.appendNow(record(2, 'b', 'a'));
      isFirst = false;
      return journal.append(fence);
    };
    const position = await claim({ ...options('new', 2), journal: { ...journal, append } });
    expect(position).toMatchObject({ appliedSeq: 3, nextSeq: 4 });
    expect(applied).toEqual(['in a', 'in b']);
  });
});

describe('journal writer', () => {
  async function openWriter(append: (record: JournalRecord) => Promise<AppendOutcome>, maxInFlight: number) {
    const world = createWorld(maxInFlight);
    const position = await claim(world.options('w', 1));
    const stopped: Error[] = [];
    const writer = createJournalWriter({
      ...world.options('w', 1),
      ids: createSequentialIds('w2-'),
      journal: { ...world.journal, append },
      position,
      onStopped: (cause) => stopped.push(cause),
    });
    return { ...world, writer, stopped };
  }

  it('answers in order although a later put has landed first', async () => {
    const land: ((outcome: AppendOutcome) => void)[] = [];
    const { writer, clock } = await openWriter(() => new Promise((resolve) => land.push(resolve)), 2);
    const durable: string[] = [];
    for (const id of ['first', 'second', 'third']) {
      writer.append(entry(id));
      writer.whenDurable(() => durable.push(id));
      await clock.settle();
    }
    expect(land).toHaveLength(2);
    land[1]?.({ status: 'appended' });
    await clock.settle();
    // The window counts from the first put that has not landed: the third waits.
    expect([durable, land.length]).toEqual([[], 2]);
    land[0]?.({ status: 'appended' });
    await clock.settle();
    expect([durable, land.length]).toEqual([['first', 'second'], 3]);
  });

  it('repeats the identical record while a put is undecided, and takes its own token for success', async () => {
    const tries: JournalRecord[] = [];
    const { writer, clock } = await openWriter((record) => {
      tries.push(record);
      return Promise.resolve(
        tries.length < 4
          ? { status: 'undecided', cause: 'timeout' }
          : { status: 'conflict', stored: { token: record.token, epoch: 1 } },
      );
    }, 1);
    let isDurable = false;
    writer.append(entry('one'));
    writer.whenDurable((failure) => (isDurable = failure === undefined));
    await clock.advance(10_000);
    expect(isDurable).toBe(true);
    expect(new Set(tries).size).toBe(1);
    expect(tries).toHaveLength(4);
  });

  it('stops at a collision with another token, and fails everything that waits', async () => {
    const { writer, clock, stopped } = await openWriter(
      () => Promise.resolve({ status: 'conflict', stored: { token: 'of another', epoch: 2 } }),
      1,
    );
    const failures: (Error | undefined)[] = [];
    writer.append(entry('one'));
    writer.whenDurable((failure) => failures.push(failure));
    await clock.settle();
    writer.whenDurable((failure) => failures.push(failure));
    expect(stopped).toEqual([expect.any(FencedError)]);
    expect(failures).toEqual([expect.any(FencedError), expect.any(FencedError)]);
  });
});
