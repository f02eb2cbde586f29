import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@perps/runtime/ports';

interface Timer {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

export interface VirtualClock extends Clock {
  /** Runs `run` once, `ms` from now; returns the way to call it off. */
  schedule(ms: number, run: () => void): () => void;
  /** Runs the next timer and moves time to it; false where none is left. What the timer started goes on in microtasks. */
  step(): boolean;
  /** Moves time by `ms`, running every timer due on the way and letting what each one started settle first. */
  advance(ms: number): Promise<void>;
  /** Lets everything that waits for no timer settle. */
  settle(): Promise<void>;
  /** Timers that wait. */
  pending(): number;
}

/** A clock that moves only when told; wall and monotonic time move together. */
export function createVirtualClock(startAt = 1_700_000_000_000): VirtualClock {
  const timers: Timer[] = [];
  let elapsed = 0;
  let order = 0;

  const schedule = (ms: number, run: () => void): (() => void) => {
    order += 1;
    const timer: Timer = { at: ms > 0 ? elapsed + ms : elapsed, order, run };
    pushTimer(timers, timer);
    return () => {
      timer.run = undefined;
    };
  };
  const next = (): Timer | undefined => {
    while (timers[0] !== undefined && timers[0].run === undefined) popTimer(timers);
    return timers[0];
  };
  const step = (): boolean => {
    const timer = next();
    if (timer === undefined) return false;
    popTimer(timers);
    elapsed = timer.at;
    timer.run?.();
    return true;
  };
  const settle = async (): Promise<void> => {
    await setImmediate();
  };
  return {
    now: () => startAt + Math.floor(elapsed),
    monotonic: () => elapsed,
    sleep: (ms, signal) => sleepOn(schedule, ms, signal),
    schedule,
    step,
    settle,
    pending: () => timers.length,
    advance: async (ms) => {
      const until = elapsed + ms;
      await settle();
      for (let timer = next(); timer !== undefined && timer.at <= until; timer = next()) {
        step();
        await settle();
      }
      elapsed = until;
    },
  };
}

function sleepOn(schedule: VirtualClock['schedule'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const cancel = schedule(ms, resolve);
    signal?.addEventListener(
      'abort',
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}

const isBefore = (left: Timer, right: Timer): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

/** Binary heap, earliest first; equal times in order of scheduling. */
function pushTimer(heap: Timer[], timer: Timer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || !isBefore(timer, parent)) break;
    heap[index] = parent;
    heap[parentIndex] = timer;
    index = parentIndex;
  }
}

function popTimer(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  heap[0] = last;
  for (;;) {
    const childIndex = earlierChild(heap, index);
    const child = heap[childIndex];
    if (child === undefined || !isBefore(child, last)) return first;
    heap[index] = child;
    heap[childIndex] = last;
    index = childIndex;
  }
}

function earlierChild(heap: readonly Timer[], index: number): number {
  const left = heap[index * 2 + 1];
  const right = heap[index * 2 + 2];
  return left !== undefined && right !== undefined && isBefore(right, left) ? index * 2 + 2 : index * 2 + 1;
}
