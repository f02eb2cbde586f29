/** Live orders of an account: a list by order id, because records with numbers as keys are large and slow. */
import type { Order } from './model.ts';
import { NONE } from './records.ts';

/** The order of an id; undefined where it is not live. */
export function orderOf(orders: readonly Order[], orderId: number): Order | undefined {
  const index = indexOf(orders, orderId);
  return index === -1 ? undefined : orders[index];
}

/** With this order in its place, instead of the one of its id where there is one. */
export function withOrder(orders: readonly Order[], order: Order): readonly Order[] {
  const last = orders.at(-1);
  if (last === undefined || last.orderId < order.orderId) return [...orders, order];
  const index = indexOf(orders, order.orderId);
  if (index !== -1) return orders.with(index, order);
  const at = orders.findIndex(({ orderId }) => orderId > order.orderId);
  return orders.toSpliced(at, 0, order);
}

export function withoutOrder(orders: readonly Order[], orderId: number): readonly Order[] {
  return orders.length === 1 && orders[0]?.orderId === orderId
    ? NONE
    : orders.filter((order) => order.orderId !== orderId);
}

/** −1 where it is not among them. */
function indexOf(orders: readonly Order[], wanted: number): number {
  let low = 0;
  let high = orders.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = orders[middle]?.orderId ?? 0;
    if (found === wanted) return middle;
    if (found < wanted) low = middle + 1;
    else high = middle;
  }
  return -1;
}
