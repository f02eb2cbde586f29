import type { AccountCommand } from './commands.ts';
import type { Draft } from './draft.ts';
import { stopOrder } from './order-end.ts';
import { placeOrder } from './place-orders.ts';
import type { OrderOutcome } from './results.ts';
import { findOrder, isActive } from './state.ts';

type Modify = Extract<AccountCommand, { type: 'ModifyOrders' }>['modifies'][number];

/**
 * Cancel and replace: a new order id, the same cloid. The old order is gone also where the new one is refused, as on
 * Hyperliquid; a leg at the venue is asked to cancel, and what it still fills is booked on the old order.
 */
export function modifyOrder(draft: Draft, modify: Modify): OrderOutcome {
  const order = findOrder(draft.state, modify.target);
  if (order === undefined || !isActive(order)) return { status: 'refused', rejection: { reason: 'CannotModify' } };
  stopOrder(draft, order, { cause: 'user', status: 'canceled' });
  const cloid = modify.order.cloid ?? order.cloid;
  return placeOrder(draft, { ...modify.order, ...(cloid === undefined ? {} : { cloid }) });
}
