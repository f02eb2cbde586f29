import type { AppendOutcome, Clock, JournalRecord, JournalStore, Lease, LeaseStore } from '@perps/runtime/ports';
import { createMemoryLeases } from '@perps/runtime/testing';
import type { MemoryJournal } from '@perps/runtime/testing';
import type { Life, World } from './world.ts';

/** The caller gives up on a put after this long; the put may well land later. */
const PUT_TIMEOUT_MS = 100;
const READ_PAGE = 8;

/** A process's own clock: its wall time is off by `skewMs` while faults are on. */
export function processClock(world: World, life: Life, skewMs: number): Clock {
  const { clock } = world;
  return {
    now: () => clock.now() + (world.faults.active ? skewMs : 0),
    monotonic: clock.monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const cancel = clock.schedule(ms, () => world.deliver(life, resolve));
        signal?.addEventListener('abort', () => {
          cancel();
          resolve();
        });
      }),
  };
}

/** The journal as one process sees it through a bad network. */
export function faultyJournal(world: World, life: Life, store: MemoryJournal): JournalStore {
  return {
    append: (record) => faultyAppend(world, { life, store, record }),
    read: async function* (range) {
      const end = range.fromSeq + (range.limit ?? Number.MAX_SAFE_INTEGER);
      for (let fromSeq = range.fromSeq; fromSeq < end; fromSeq += READ_PAGE) {
        const limit = Math.min(READ_PAGE, end - fromSeq);
        const act = (): Promise<Page> => collect(store.read({ ...range, fromSeq, limit }));
        const page = await roundTrip(world, { life, act });
        if (world.strikes('failedRead')) throw new Error('read failed');
        yield* page.records;
        if (page.gap !== undefined) throw page.gap;
        if (page.records.length < limit) return;
      }
    },
    lastSeq: (shard) => roundTrip(world, { life, act: () => store.lastSeq(shard) }),
  };
}

interface Page {
  readonly records: readonly JournalRecord[];
  readonly gap?: unknown;
}

async function collect(read: AsyncIterable<JournalRecord>): Promise<Page> {
  const records: JournalRecord[] = [];
  try {
    for await (const record of read) records.push(record);
    return { records };
  } catch (gap) {
    return { records, gap };
  }
}

function faultyAppend(
  world: World,
  { life, store, record }: { readonly life: Life; readonly store: MemoryJournal; readonly record: JournalRecord },
): Promise<AppendOutcome> {
  const { clock, random } = world;
  return new Promise((resolve, reject) => {
    if (world.breaks()) reject(new Error('injected'));
    if (!world.leave(life)) return;
    let answered = false;
    const answer = (outcome: AppendOutcome): void => {
      if (answered) return;
      answered = true;
      cancelTimeout();
      world.deliver(life, () => resolve(outcome));
    };
    const cancelTimeout = clock.schedule(PUT_TIMEOUT_MS, () => answer({ status: 'undecided', cause: 'timeout' }));
    if (world.strikes('throttle')) {
      clock.schedule(world.latency(), () => answer({ status: 'undecided', cause: 'throttled' }));
      return;
    }
    const landsIn = world.strikes('delayedPut') ? random.next() * 3_000 : world.latency();
    const isLost = world.strikes('lostReply');
    clock.schedule(landsIn, () => {
      const outcome = store.appendNow(record);
      if (!isLost) clock.schedule(world.latency(), () => answer(outcome));
    });
    if (world.strikes('duplicatedPut')) {
      clock.schedule(landsIn + random.next() * 3_000, () => void store.appendNow(record));
    }
  });
}

/** The lease table as one process sees it, judged by the process's own clock. */
export function faultyLeases(
  world: World,
  life: Life,
  { clock, table }: { readonly clock: Clock; readonly table: Map<string, Lease> },
): LeaseStore {
  const leases = createMemoryLeases(clock, table);
  const call = async <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
    const extraMs = world.strikes('slowLease') ? world.random.next() * 2_000 : 0;
    const answer = await roundTrip(world, { life, act, extraMs });
    if (world.strikes('lostLease')) throw new Error('lease table timed out');
    return answer;
  };
  return {
    acquire: (request) => call(() => leases.acquire(request)),
    renew: (request) => call(() => leases.renew(request)),
    release: (request) => call(() => leases.release(request)),
    read: (resource) => call(() => leases.read(resource)),
  };
}

interface Call<Answer> {
  readonly life: Life;
  /** What happens on the other side, whatever becomes of the caller meanwhile. */
  readonly act: () => Promise<Answer>;
  /** Added to the answer's way back. */
  readonly extraMs?: number;
}

/** A call there and back; the caller may die on either end of it. */
export function roundTrip<Answer>(world: World, { life, act, extraMs = 0 }: Call<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (world.breaks()) reject(new Error('injected'));
    if (!world.leave(life)) return;
    const bring = (hear: () => void): void => {
      world.clock.schedule(world.latency() + extraMs, () => world.deliver(life, hear));
    };
    world.clock.schedule(world.latency(), () => {
      act().then(
        (answer) => bring(() => resolve(answer)),
        (cause: unknown) => bring(() => reject(cause)),
      );
    });
  });
}
