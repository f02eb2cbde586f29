import { describe, expect, it } from '@jest/globals';
import { createBatchCodec } from '@perps/contracts/journal';
import { JournalGapError, noMetrics, silentLogger } from '@perps/runtime/ports';
import type { AppendOutcome, JournalRecord, JournalStore } from '@perps/runtime/ports';
import { createShardHost, LeaseHeldError, NotOwnerError, OverloadedError, writeSnapshot } from '@perps/runtime/shard';
import type { ShardHostOptions } from '@perps/runtime/shard';
import {
  counterMachine,
  createMemoryJournal,
  createMemoryLeases,
  createMemorySnapshots,
  createSeededRandom,
  createSequentialIds,
  createVirtualClock,
} from '@perps/runtime/testing';
import type { AddCommand, Added, AddResult, CounterState } from '@perps/runtime/testing';

type Options = ShardHostOptions<CounterState, AddCommand, Added, AddResult>;

function createWorld() {
  const clock = createVirtualClock();
  const journal = createMemoryJournal();
  const leases = createMemoryLeases(clock);
  const snapshots = createMemorySnapshots();
  const codec = createBatchCodec<Added, AddResult>();
  const host = (owner: string, extra: Partial<Options> = {}) =>
    createShardHost<CounterState, AddCommand, Added, AddResult>({
      shard: 0,
      machine: counterMachine,
      codec,
      journal,
      leases,
      snapshots,
      clock,
      ids: createSequentialIds(`${owner}-`),
      random: createSeededRandom(1),
      logger: silentLogger,
      metrics: noMetrics,
      lease: { resource: 'shard:0', owner, address: `ws://${owner}`, ttlMs: 9_000 },
      ...extra,
    });
  return { clock, journal, leases, snapshots, codec, host };
}

const add = (id: string, amount = 1, counter = 'a'): AddCommand => ({ id, counter, amount });

/** A journal whose puts wait for `release`. */
function held(journal: JournalStore) {
  const waiting: (() => void)[] = [];
  const append = (record: JournalRecord): Promise<AppendOutcome> =>
    new Promise((resolve) => {
      waiting.push(() => void journal.append(record).then(resolve));
    });
  return {
    journal: { ...journal, append },
    waiting,
    release: () => waiting.shift()?.(),
  };
}

describe('shard host', () => {
  it('answers once durable and finds everything again after a restart', async () => {
    const world = createWorld();
    const first = world.host('e1');
    await first.start();
    expect(await Promise.all([first.submit(add('c1', 5)), first.submit(add('c2', -2))])).toEqual([
      { status: 'ok', total: 5 },
      { status: 'ok', total: 3 },
    ]);
    // The fence and one batch: both commands travelled in one put.
    expect(world.journal.records(0)).toHaveLength(2);
    await first.stop();
    const second = world.host('e2');
    const report = await second.start();
    expect(report).toMatchObject({ epoch: 2, entries: 2, fenceSeq: 3, differences: [] });
    expect(await second.query((state) => state.totals.get('a'))).toBe(3);
    expect(await second.submit(add('c1', 5))).toEqual({ status: 'ok', total: 5 });
    expect(world.journal.records(0)).toHaveLength(3);
  });

  it('holds back answers, queries and repeats until the put has landed, and gathers meanwhile', async () => {
    const world = createWorld();
    const gate = held(world.journal);
    const host = world.host('e1', { journal: gate.journal });
    const started = host.start();
    await world.clock.settle();
    gate.release();
    await started;
    const answered: string[] = [];
    const note = (name: string) => (): void => void answered.push(name);
    void host.submit(add('c1')).then(note('c1'));
    await world.clock.settle();
    void host.submit(add('c2')).then(note('c2'));
    void host.submit(add('c1')).then(note('c1 again'));
    void host.query((state) => state.totals.get('a')).then(note('query'));
    void host.submit(add('c3')).then(note('c3'));
    void host.submit(add('r1', -100)).then(note('refusal'));
    await world.clock.settle();
    expect([answered, gate.waiting.length]).toEqual([[], 1]);
    gate.release();
    await world.clock.settle();
    expect([answered, gate.waiting.length]).toEqual([['c1'], 1]);
    gate.release();
    await world.clock.settle();
    expect(answered).toEqual(['c1', 'c2', 'c1 again', 'query', 'c3', 'refusal']);
    expect(world.journal.records(0)).toHaveLength(3);
  });

  it('journals refusals that must be remembered, and only those', async () => {
    const world = createWorld();
    const host = world.host('e1');
    await host.start();
    await host.submit(add('r1', -1));
    expect(world.journal.records(0)).toHaveLength(1);
    expect(await host.submit(add('q1', -1))).toEqual({ status: 'refused', total: 0 });
    await host.submit(add('c1', 10));
    expect(await host.submit(add('q1', -1))).toEqual({ status: 'refused', total: 0 });
    expect(await host.submit(add('r1', -1))).toEqual({ status: 'ok', total: 9 });
  });

  it('tells listeners of committed batches in order, after the answers', async () => {
    const world = createWorld();
    const host = world.host('e1');
    const seen: string[] = [];
    host.onCommitted(({ seq, entries }) => seen.push(`${seq}:${entries.map((entry) => entry.commandId).join()}`));
    await host.start();
    await host.submit(add('c1'));
    await Promise.all([host.submit(add('c2')), host.submit(add('c3'))]);
    expect(seen).toEqual(['2:c1', '3:c2,c3']);
  });

  it('stops when another owner has claimed, and says so to everyone who waits', async () => {
    const world = createWorld();
    const stale = world.host('e1');
    await stale.start();
    await stale.submit(add('c1'));
    await world.leases.release({ resource: 'shard:0', owner: 'e1', epoch: 1 });
    const next = world.host('e2');
    await next.start();
    await expect(stale.submit(add('c2'))).rejects.toThrow(NotOwnerError);
    expect(await stale.stopped).toMatchObject({ code: 'Fenced' });
    await expect(stale.submit(add('c3'))).rejects.toThrow(NotOwnerError);
    expect(await next.submit(add('c2'))).toEqual({ status: 'ok', total: 2 });
  });

  it('does not start while the lease is held, and stops answering when it runs out unrenewed', async () => {
    const world = createWorld();
    const leases = { ...world.leases, renew: () => Promise.reject(new Error('table is gone')) };
    const host = world.host('e1', { leases });
    await host.start();
    await expect(world.host('e2').start()).rejects.toThrow(LeaseHeldError);
    await world.clock.advance(8_000);
    expect(await host.submit(add('c1'))).toEqual({ status: 'ok', total: 1 });
    await world.clock.advance(1_500);
    expect(host.health()).toEqual({ ok: false, reasons: ['lease has run out'] });
    await expect(host.query((state) => state.totals.size)).rejects.toThrow(NotOwnerError);
    const next = world.host('e2');
    await next.start();
    expect(await next.query((state) => state.totals.get('a'))).toBe(1);
  });

  it('keeps its lease as long as it renews', async () => {
    const world = createWorld();
    const host = world.host('e1');
    await host.start();
    await world.clock.advance(60_000);
    expect(host.health()).toEqual({ ok: true, reasons: [] });
    await expect(world.host('e2').start()).rejects.toThrow(LeaseHeldError);
  });

  it('refuses above its bound while the journal is silent, reports it, and goes on when it is back', async () => {
    const world = createWorld();
    let down = false;
    const append = (record: JournalRecord): Promise<AppendOutcome> =>
      down ? Promise.resolve({ status: 'undecided', cause: 'unreachable' }) : world.journal.append(record);
    const host = world.host('e1', { journal: { ...world.journal, append }, maxWaiting: 2 });
    await host.start();
    down = true;
    const waiting = [host.submit(add('c1')), host.submit(add('c2'))];
    await expect(host.submit(add('c3'))).rejects.toThrow(OverloadedError);
    await world.clock.advance(3 * 3_600_000);
    expect(host.health().reasons).toEqual([expect.stringMatching(/^journal undecided for 10800000 ms/), 'overloaded']);
    down = false;
    await world.clock.advance(2_000);
    expect(await Promise.all(waiting)).toHaveLength(2);
    expect(host.health().ok).toBe(true);
  });

  it('stop drains what is in flight and hands the lease over', async () => {
    const world = createWorld();
    const host = world.host('e1');
    await host.start();
    const last = host.submit(add('c1'));
    await host.stop();
    expect(await last).toEqual({ status: 'ok', total: 1 });
    expect(await host.stopped).toBeUndefined();
    await expect(host.submit(add('c2'))).rejects.toThrow(NotOwnerError);
    await world.host('e2').start();
  });

  it('a command whose decision throws fails alone; a failed apply stops the host', async () => {
    const world = createWorld();
    const machine = {
      ...counterMachine,
      decide: (state: CounterState, command: AddCommand) => {
        if (command.id === 'bad') throw new Error('bug');
        return counterMachine.decide(state, command);
      },
      apply: (state: CounterState, entry: Parameters<typeof counterMachine.apply>[1]) => {
        if (entry.commandId === 'worse') throw new Error('half applied');
        counterMachine.apply(state, entry);
      },
    };
    const host = world.host('e1', { machine });
    await host.start();
    await expect(host.submit(add('bad'))).rejects.toMatchObject({ code: 'Internal' });
    expect(await host.submit(add('c1'))).toEqual({ status: 'ok', total: 1 });
    await expect(host.submit(add('worse'))).rejects.toMatchObject({ code: 'Internal' });
    await expect(host.submit(add('c2'))).rejects.toThrow(NotOwnerError);
    expect(world.journal.records(0)).toHaveLength(2);
  });

  it('stays closed where the recovered state breaks an invariant, except for what is allowed', async () => {
    const world = createWorld();
    const machine = {
      ...counterMachine,
      checks: () => ['ledger does not sum to zero'],
      allowedWhenClosed: (command: AddCommand) => command.amount < 0,
    };
    const host = world.host('e1', { machine });
    expect(await host.start()).toMatchObject({ differences: ['ledger does not sum to zero'] });
    await expect(host.submit(add('c1'))).rejects.toMatchObject({ code: 'NotReady' });
    expect(await host.submit(add('c2', -1))).toMatchObject({ status: 'refused' });
    expect(host.health().reasons).toEqual(['checks failed: ledger does not sum to zero']);
  });
});

describe('recovery', () => {
  async function writtenWorld() {
    const world = createWorld();
    const host = world.host('e1');
    await host.start();
    for (let n = 0; n < 20; n += 1) await host.submit(add(`c${n}`, n));
    const source = { ...world, shard: 0, machine: counterMachine };
    const older = await writeSnapshot(source);
    for (let n = 20; n < 30; n += 1) await host.submit(add(`c${n}`, n));
    const newer = await writeSnapshot(source);
    for (let n = 30; n < 35; n += 1) await host.submit(add(`c${n}`, n));
    const total = (34 * 35) / 2;
    const recover = async () => {
      const next = world.host('e1');
      const report = await next.start();
      expect(await next.query((state) => [state.totals.get('a'), state.counted.entries])).toEqual([total, 35]);
      return report;
    };
    return { ...world, older, newer, recover };
  }

  it('begins at the newest snapshot and replays only the tail', async () => {
    const { newer, recover } = await writtenWorld();
    expect(newer).toMatchObject({ entries: 10 });
    expect(await recover()).toMatchObject({ snapshotSeq: newer?.ref.seq, entries: 5, skippedSnapshots: [] });
  });

  it('falls back to the previous snapshot where the newest is torn, and to the journal where none is good', async () => {
    const { snapshots, older, newer, recover } = await writtenWorld();
    const torn = snapshots.all()[1]!;
    snapshots.corrupt(torn, torn.bytes.subarray(0, torn.bytes.length - 1));
    expect(await recover()).toMatchObject({
      snapshotSeq: older?.ref.seq,
      skippedSnapshots: [{ seq: newer?.ref.seq, reason: 'checksum does not match' }],
    });
    for (const snapshot of snapshots.all()) snapshots.corrupt(snapshot, new Uint8Array(0));
    expect(await recover()).toMatchObject({ snapshotSeq: 0, entries: 35 });
  });

  it('does not use a snapshot of a history the journal does not hold, or of another schema', async () => {
    const { snapshots, recover } = await writtenWorld();
    const good = snapshots.all()[1]!;
    await snapshots.put({ ...good, seq: 32, token: 'of a lost history' });
    await snapshots.put({ ...good, seq: 4_000, token: 'newer than the journal' });
    await snapshots.put({ ...good, seq: 34, schemaVersion: 2 });
    expect((await recover()).skippedSnapshots.map(({ reason }) => reason)).toEqual([
      'the journal does not hold its token',
      'schema version 2',
      'the journal does not hold its token',
    ]);
  });

  it('writes no snapshot where nothing new was committed', async () => {
    const world = await writtenWorld();
    await writeSnapshot({ ...world, shard: 0, machine: counterMachine });
    expect(await writeSnapshot({ ...world, shard: 0, machine: counterMachine })).toBeUndefined();
  });

  it('stops on a missing record and on a damaged one, it never skips', async () => {
    const missing = await writtenWorld();
    missing.journal.replace(0, 33, undefined);
    await expect(missing.host('e1').start()).rejects.toThrow(JournalGapError);
    const damaged = await writtenWorld();
    const record = damaged.journal.records(0)[32]!;
    const body = Uint8Array.from(record.body);
    body[body.length - 1]! ^= 1;
    damaged.journal.replace(0, 33, { ...record, body });
    await expect(damaged.host('e1').start()).rejects.toMatchObject({ code: 'JournalCorrupt' });
  });
});
