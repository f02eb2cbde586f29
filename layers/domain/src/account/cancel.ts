import type { OrderTarget } from './commands.ts';
import type { Draft } from './draft.ts';
import { stopOrder } from './order-end.ts';
import type { CancelOutcome } from './results.ts';
import { findOrder } from './state.ts';

/** Cancels what the target names; at the venue it is only asked, and a second cancel asks nothing again. */
export function cancelOrder(draft: Draft, target: OrderTarget): CancelOutcome {
  const order = findOrder(draft.state, target);
  if (order === undefined) return { status: 'refused', rejection: { reason: 'OrderNotFound' } };
  const hasEnded = stopOrder(draft, order, { cause: 'user', status: 'canceled' });
  return hasEnded ? { status: 'canceled' } : { status: 'pending', orderId: order.orderId };
}
