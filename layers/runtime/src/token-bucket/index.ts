import type { Clock } from '@perps/runtime/ports';

/** More callers wait than the bound allows: refused at once rather than late. */
export class RateLimitedError extends Error {
  readonly code = 'RateLimited';
  override readonly name = 'RateLimitedError';
}

export interface TokenBucketOptions {
  readonly clock: Clock;
  /** Tokens when full, and at the start. */
  readonly capacity: number;
  readonly refillPerSecond: number;
  /**
   * One floor per priority, highest priority first: a caller of that priority leaves at least so many tokens behind.
   * `[0, 0, 240, 600]` of 1,200 keeps a fifth for cancels and reductions, and half from queries.
   */
  readonly floors: readonly number[];
  /** Callers that may wait. Default 1,000. */
  readonly waitingMax?: number;
}

export interface Take {
  readonly tokens: number;
  /** Index into `floors`; 0 goes first. */
  readonly priority: number;
}

export interface TokenBucket {
  /** Takes now, or says no; never past a caller of the same or a higher priority who waits. */
  tryTake(take: Take): boolean;
  /** Resolves once taken, by priority, then in order of asking. @throws RateLimitedError, RangeError where it can never be */
  take(take: Take): Promise<void>;
  /** Spends tokens that were taken elsewhere: the venue's own count is the truth; may go below zero. */
  drain(tokens: number): void;
  available(): number;
  waiting(): number;
}

interface Waiter extends Take {
  readonly resolve: () => void;
}

/** A limiter whose last tokens are kept for what must not wait. One timer runs, and only while somebody waits. */
export function createTokenBucket(options: TokenBucketOptions): TokenBucket {
  const { clock, capacity, refillPerSecond, floors, waitingMax = 1_000 } = options;
  const queues: Waiter[][] = floors.map(() => []);
  let tokens = capacity;
  let filledAt = clock.monotonic();
  let waking: AbortController | undefined;

  const floorOf = ({ tokens: wanted, priority }: Take): number => {
    const floor = floors[priority];
    if (floor === undefined || wanted + floor > capacity) {
      throw new RangeError(`${wanted} tokens at priority ${priority} can never be had of ${capacity}`);
    }
    return floor;
  };
  const refill = (): void => {
    const now = clock.monotonic();
    tokens = Math.min(capacity, tokens + ((now - filledAt) / 1_000) * refillPerSecond);
    filledAt = now;
  };
  // Sums of fractions fall short of whole numbers by a hair; waiting a whole turn for it would be silly.
  const missing = (take: Take): number => take.tokens + floorOf(take) - tokens - 1e-6;
  const first = (): Waiter | undefined => queues.find((queue) => queue.length > 0)?.[0];
  const waiting = (): number => queues.reduce((sum, queue) => sum + queue.length, 0);

  const serve = (): void => {
    refill();
    for (let next = first(); next !== undefined && missing(next) <= 0; next = first()) {
      queues[next.priority]?.shift();
      tokens -= next.tokens;
      next.resolve();
    }
  };
  const pump = async (): Promise<void> => {
    for (let next = first(); next !== undefined; next = first()) {
      waking = new AbortController();
      await clock.sleep(Math.max(1, Math.ceil((missing(next) / refillPerSecond) * 1_000)), waking.signal);
      serve();
    }
    waking = undefined;
  };
  const enqueue = (waiter: Waiter): void => {
    queues[waiter.priority]?.push(waiter);
    if (waking === undefined) void pump();
    // Whoever came first now may need to wait less long than the one the timer was set for.
    else if (first() === waiter) waking.abort('a more urgent caller came');
  };
  const tryTake = (take: Take): boolean => {
    refill();
    const isBehind = queues.slice(0, take.priority + 1).some((queue) => queue.length > 0);
    if (missing(take) > 0 || isBehind) return false;
    tokens -= take.tokens;
    return true;
  };
  return {
    tryTake,
    take: (take) => {
      if (tryTake(take)) return Promise.resolve();
      if (waiting() >= waitingMax) return Promise.reject(new RateLimitedError(`${waitingMax} callers wait for tokens`));
      return new Promise((resolve) => {
        enqueue({ ...take, resolve });
      });
    },
    drain: (spent) => {
      refill();
      tokens -= spent;
    },
    available: () => {
      refill();
      return tokens;
    },
    waiting,
  };
}
