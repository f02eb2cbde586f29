import type { AccountCommand, OrderRequest } from './commands.ts';
import { type Draft, emit } from './draft.ts';
import { placeAny } from './grouping.ts';
import type { Order, TriggerOrder } from './model.ts';
import { stopOrder } from './order-end.ts';
import { isTriggerRequest, placeTrigger } from './place-triggers.ts';
import type { OrderOutcome } from './results.ts';
import { findOrder, findTrigger, isActive } from './state.ts';
import { armChild, endTrigger } from './trigger-ends.ts';
import { orderOf } from './order-list.ts';

type Modify = Extract<AccountCommand, { type: 'ModifyOrders' }>['modifies'][number];

/**
 * Cancel and replace: a new order id, the same cloid. The old order is gone also where the new one is refused, as on
 * Hyperliquid; a leg at the venue is asked to cancel, and what it still fills is booked on the old order. A trigger
 * stays in its group, and so do the children of an entry that has filled nothing yet.
 */
export function modifyOrder(draft: Draft, modify: Modify): OrderOutcome {
  const order = findOrder(draft.state, modify.target);
  if (order !== undefined && isActive(order)) return replaceOrder(draft, order, withCloid(modify.order, order.cloid));
  const trigger = findTrigger(draft.state, modify.target);
  if (trigger === undefined) return { status: 'refused', rejection: { reason: 'CannotModify' } };
  endTrigger(draft, trigger, { status: 'canceled' });
  return replaceTrigger(draft, trigger, withCloid(modify.order, trigger.cloid));
}

function replaceOrder(draft: Draft, old: Order, request: OrderRequest): OrderOutcome {
  const isSame = !isTriggerRequest(request) && request.symbol === old.symbol && request.side === old.side;
  const waiting = childrenOf(draft, old);
  // What has filled stays protected; the replacement comes without them.
  if (old.filledSize > 0n) for (const child of waiting) armChild(draft, child, old);
  const children = isSame && old.filledSize === 0n ? waiting : [];
  // They wait for the new entry before there is one, so that its fill finds them.
  const parentId = draft.nextOrderId;
  for (const child of children) emit(draft, { type: 'TriggerChanged', trigger: { ...child, parentId } });
  stopOrder(draft, old, { cause: 'user', status: 'canceled' });
  const placed = placeAny(draft, request);
  if (placed.status !== 'refused') return placed;
  for (const { orderId } of children) {
    const child = draft.state.triggers[orderId];
    if (child !== undefined) endTrigger(draft, child, { status: 'canceled' });
  }
  return placed;
}

const childrenOf = (draft: Draft, entry: Order): readonly TriggerOrder[] =>
  Object.values(draft.state.triggers).filter(({ parentId, isArmed }) => parentId === entry.orderId && !isArmed);

function replaceTrigger(draft: Draft, old: TriggerOrder, request: OrderRequest): OrderOutcome {
  const isOther = !isTriggerRequest(request) || request.symbol !== old.symbol || request.side !== old.side;
  if (old.grouping === 'na' || isOther) return placeAny(draft, request);
  const { grouping, parentId, siblings, isArmed } = old;
  const entry = isArmed || parentId === undefined ? undefined : orderOf(draft.state.orders, parentId);
  const placed = placeTrigger(draft, request, {
    grouping,
    ...(parentId === undefined ? {} : { parentId }),
    siblings,
    isArmed,
    ...(entry === undefined ? {} : { reference: entry.limitPrice }),
  });
  if (placed.status === 'refused') return placed;
  for (const siblingId of siblings) {
    const sibling = draft.state.triggers[siblingId];
    if (sibling === undefined) continue;
    const renamed = sibling.siblings.map((orderId) => (orderId === old.orderId ? placed.orderId : orderId));
    emit(draft, { type: 'TriggerChanged', trigger: { ...sibling, siblings: renamed } });
  }
  return placed;
}

const withCloid = (request: OrderRequest, old: string | undefined): OrderRequest => {
  const cloid = request.cloid ?? old;
  return cloid === undefined ? request : { ...request, cloid };
};
