import type { OrderTarget } from './commands.ts';
import type { Draft } from './draft.ts';
import { stopOrder } from './order-end.ts';
import type { CancelOutcome } from './results.ts';
import { findOrder, findTrigger, isActive } from './state.ts';
import { endTrigger } from './trigger-ends.ts';

/**
 * Cancels what the target names, an order or a trigger; at the venue it is only asked, and a second cancel asks nothing
 * again. No state and no pause forbids it.
 */
export function cancelOrder(draft: Draft, target: OrderTarget): CancelOutcome {
  const order = findOrder(draft.state, target);
  const trigger = order !== undefined && isActive(order) ? undefined : findTrigger(draft.state, target);
  if (trigger !== undefined) {
    endTrigger(draft, trigger, { status: 'canceled' });
    return { status: 'canceled' };
  }
  if (order === undefined) return { status: 'refused', rejection: { reason: 'OrderNotFound' } };
  const hasEnded = stopOrder(draft, order, { cause: 'user', status: 'canceled' });
  return hasEnded ? { status: 'canceled' } : { status: 'pending', orderId: order.orderId };
}
