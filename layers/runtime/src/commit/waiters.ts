/** Told when everything appended before has become durable, or (with the cause) that it will not be by this writer. */
export type Durable = (failure?: Error) => void;

interface Waiter {
  /** Ordinal of the last entry it waits for. */
  readonly upTo: number;
  readonly done: Durable;
}

export interface Waiters {
  add(waiter: Waiter): void;
  /** Tells all that wait for entries up to this ordinal. */
  settle(durable: number): void;
  failAll(cause: Error): void;
  count(): number;
}

/** First in, first told. A head index instead of shifts keeps it O(1) per waiter. */
export function createWaiters(): Waiters {
  let queue: Waiter[] = [];
  let head = 0;
  return {
    add: (waiter) => {
      queue.push(waiter);
    },
    settle: (durable) => {
      for (let waiter = queue[head]; waiter !== undefined && waiter.upTo <= durable; waiter = queue[head]) {
        head += 1;
        waiter.done();
      }
      if (head * 2 > queue.length) {
        queue = queue.slice(head);
        head = 0;
      }
    },
    failAll: (cause) => {
      const left = queue.slice(head);
      queue = [];
      head = 0;
      for (const waiter of left) waiter.done(cause);
    },
    count: () => queue.length - head,
  };
}
