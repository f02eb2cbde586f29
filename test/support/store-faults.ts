/** Faults between an SDK client and its store, injected below everything the adapter does. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export type StoreFault =
  /** The request never leaves. */
  | { readonly kind: 'loseRequest' }
  /** The store does it, the answer never comes. */
  | { readonly kind: 'loseReply' }
  /** The store refuses for load. */
  | { readonly kind: 'throttle' }
  /** The request leaves later; `gate` decides when. */
  | { readonly kind: 'delay'; readonly gate: Promise<void> };

export interface StoreFaults {
  /** The next request suffers this; several queue up. */
  next(fault: StoreFault): void;
  /** Requests that reached the store. */
  readonly reached: () => number;
}

/** Puts a fault injector into a client; without a queued fault it only counts. */
export function injectFaults(client: DynamoDBClient): StoreFaults {
  const queued: StoreFault[] = [];
  let reached = 0;
  client.middlewareStack.add(
    (send) => async (args) => {
      const fault = queued.shift();
      if (fault?.kind === 'loseRequest') throw named('ECONNRESET', 'connection lost before the request');
      if (fault?.kind === 'throttle') throw named('ProvisionedThroughputExceededException', 'slow down');
      if (fault?.kind === 'delay') await fault.gate;
      reached += 1;
      const answer = await send(args);
      if (fault?.kind === 'loseReply') throw named('TimeoutError', 'no answer in time');
      return answer;
    },
    { step: 'deserialize', priority: 'low', name: 'storeFaults' },
  );
  return { next: (fault) => void queued.push(fault), reached: () => reached };
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
