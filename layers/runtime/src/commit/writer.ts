import type { JournalEntry } from '@perps/contracts/journal';
import type { JournalStore, Metrics, Random } from '@perps/runtime/ports';
import { CommitAbortedError } from './errors.ts';
import type { CommitGuards } from './guards.ts';
import { createOpenBatch } from './open-batch.ts';
import type { Flight, OpenBatchOptions } from './open-batch.ts';
import { putUntilDecided } from './put.ts';
import type { CommittedBatch } from './replay.ts';
import { createWaiters } from './waiters.ts';
import type { Durable } from './waiters.ts';

export interface WriterOptions<Event = unknown, Result = unknown> extends OpenBatchOptions<Event, Result> {
  readonly journal: JournalStore;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly guards: CommitGuards;
  /** Puts in flight at once; more than one rests on the chain rule (limits-and-faults §5.1). */
  readonly maxInFlight: number;
  /** Called in journal order, after the answers that waited for the batch. */
  readonly onCommitted: (batch: CommittedBatch<Event, Result>) => void;
  /** Called once, when the writer can write no more: fenced, aborted, or a fault of ours. */
  readonly onStopped: (cause: Error) => void;
}

export interface JournalWriter<Event = unknown, Result = unknown> {
  /** Adds to the open batch, which leaves as soon as a slot is free. */
  append(entry: JournalEntry<Event, Result>): void;
  /** Calls back in order of asking: at once where nothing is open or in flight. */
  whenDurable(done: Durable): void;
  /** Callbacks that wait. */
  waiting(): number;
  /** Since when (monotonic ms) the oldest put in flight is undecided; undefined while all is well. */
  undecidedSince(): number | undefined;
  /** Ends at once: nothing further is put, everyone who waits is told. */
  abort(cause: Error): void;
}

/** The group commit of one owner: entries gather while a put is in flight, and each batch is one conditional put. */
export function createJournalWriter<Event, Result>(
  options: WriterOptions<Event, Result>,
): JournalWriter<Event, Result> {
  const { clock, guards, metrics } = options;
  const aborter = new AbortController();
  const waiters = createWaiters();
  const open = createOpenBatch(options);
  const flights: Flight<Event, Result>[] = [];
  let durable = 0;
  let flushScheduled = false;
  let stopped: Error | undefined;

  const stop = (cause: Error): void => {
    if (stopped !== undefined) return;
    stopped = cause;
    aborter.abort(cause);
    waiters.failAll(cause);
    options.onStopped(cause);
  };

  const land = (flight: Flight<Event, Result>): void => {
    flight.landed = true;
    metrics.timing('journal.commit', clock.monotonic() - flight.leftAt);
    // In order: a batch that landed early waits for every earlier one, which may still turn out never to land.
    for (let first = flights[0]; first?.landed === true && stopped === undefined; first = flights[0]) {
      flights.shift();
      durable = first.upTo;
      waiters.settle(durable);
      const { shard, seq, epoch, token } = first.record;
      options.onCommitted({ shard, seq, epoch, token, entries: first.entries });
    }
    flush();
  };

  const fly = async (): Promise<void> => {
    try {
      const flight = open.seal();
      flights.push(flight);
      const onUndecided = (): void => {
        flight.undecided = true;
        metrics.count('journal.undecided');
      };
      await putUntilDecided(flight.record, { ...options, signal: aborter.signal, onUndecided });
      if (stopped === undefined) land(flight);
    } catch (cause) {
      stop(asError(cause));
    }
  };

  function flush(): void {
    flushScheduled = false;
    // The window counts from the first put that has not landed: a reader relies on no record standing further beyond it.
    while (stopped === undefined && !open.isEmpty() && flights.length < options.maxInFlight) void fly();
  }

  return {
    append: (entry) => {
      open.add(entry);
      if (flushScheduled || flights.length >= options.maxInFlight) return;
      flushScheduled = true;
      // Not at once: what the same turn still brings travels in the same put.
      queueMicrotask(flush);
    },
    whenDurable: (done) => {
      if (stopped !== undefined) done(stopped);
      else if (durable === open.added() || !guards.ackAfterDurable) done();
      else waiters.add({ upTo: open.added(), done });
    },
    waiting: waiters.count,
    undecidedSince: () => flights.find((flight) => flight.undecided && !flight.landed)?.leftAt,
    abort: stop,
  };
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new CommitAbortedError('the writer failed', { cause });
}
