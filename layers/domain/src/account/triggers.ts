import type { Draft } from './draft.ts';
import type { TriggerOrder } from './model.ts';
import type { Rejection } from './results.ts';

/** Sell stops and buy take-profits fire at mark ≤ price; buy stops and sell take-profits at mark ≥ price. */
export const firesAtOrBelow = ({ side, trigger }: Pick<TriggerOrder, 'side' | 'trigger'>): boolean =>
  (side === 'sell') === (trigger.kind === 'stop');

/** Fires a trigger order where the mark really has reached it. */
export function fireTrigger(draft: Draft, orderId: number): Rejection | undefined {
  return draft.state.triggers[orderId] === undefined ? { reason: 'OrderNotFound' } : undefined;
}
