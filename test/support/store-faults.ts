/** Faults between a journal's client and its store, injected below everything the adapter does. */
import { DynamoWireError, type DynamoWire } from '@perps/adapters/aws';

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

/** Wraps a client in a fault injector; without a queued fault it only counts. */
export function injectFaults(client: DynamoWire): StoreFaults & { readonly client: DynamoWire } {
  const queued: StoreFault[] = [];
  let reached = 0;
  const send: DynamoWire['send'] = async (operation, body) => {
    const fault = queued.shift();
    if (fault?.kind === 'loseRequest') throw new Error('ECONNRESET: connection lost before the request');
    if (fault?.kind === 'throttle') throw named('ProvisionedThroughputExceededException', 'slow down');
    if (fault?.kind === 'delay') await fault.gate;
    reached += 1;
    const answer = await client.send(operation, body);
    if (fault?.kind === 'loseReply') throw named('TimeoutError', 'no answer in time');
    return answer;
  };
  return { client: { ...client, send }, next: (fault) => void queued.push(fault), reached: () => reached };
}

const named = (name: string, message: string): DynamoWireError =>
  new DynamoWireError(name, message, { retryable: true });
