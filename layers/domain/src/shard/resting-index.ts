/** Resting INTERNAL legs by symbol and side in price-time order, so that a bbo touches only what it crosses. */
import type { Order, Side } from '../account/index.ts';
import type { Bbo } from '../market/index.ts';
import type { Price } from '../money/index.ts';

export interface RestingOrder {
  readonly accountId: string;
  readonly orderId: number;
  readonly price: Price;
}

/** Best first: bids by falling, asks by rising price; equal prices by order id, which grows with time. */
export interface RestingSides {
  readonly buy: RestingOrder[];
  readonly sell: RestingOrder[];
}

export type RestingIndex = Map<string, RestingSides>;

/** True where some INTERNAL leg of the order waits for the bbo. */
export const isResting = (order: Order | undefined): boolean =>
  order?.legs.some((leg) => leg.route === 'INTERNAL' && leg.status === 'open') === true;

export function addResting(index: RestingIndex, accountId: string, order: Order): void {
  const { symbol, side, orderId, limitPrice: price } = order;
  let sides = index.get(symbol);
  if (sides === undefined) {
    sides = { buy: [], sell: [] };
    index.set(symbol, sides);
  }
  const list = sides[side];
  list.splice(position(list, side, { price, orderId }), 0, { accountId, orderId, price });
}

export function removeResting(index: RestingIndex, order: Order): void {
  const { symbol, side, orderId, limitPrice: price } = order;
  const list = index.get(symbol)?.[side];
  if (list === undefined) return;
  const at = position(list, side, { price, orderId });
  if (list[at]?.orderId === orderId) list.splice(at, 1);
}

/** Orders the bbo crosses, in the order they fill: by price, then time; at most `max` of those that are wanted. */
export function crossed(
  sides: RestingSides | undefined,
  bbo: Bbo,
  by: { readonly max: number; readonly isWanted: (order: RestingOrder) => boolean },
): readonly RestingOrder[] {
  if (sides === undefined) return [];
  const { ask, bid } = bbo;
  const found: RestingOrder[] = [];
  if (ask !== undefined) takeWhile(sides.buy, found, { ...by, isCrossed: (price) => ask.price <= price });
  if (bid !== undefined) takeWhile(sides.sell, found, { ...by, isCrossed: (price) => bid.price >= price });
  return found;
}

function takeWhile(
  list: readonly RestingOrder[],
  found: RestingOrder[],
  by: {
    readonly max: number;
    readonly isCrossed: (price: Price) => boolean;
    readonly isWanted: (order: RestingOrder) => boolean;
  },
): void {
  for (const order of list) {
    if (found.length >= by.max || !by.isCrossed(order.price)) return;
    if (by.isWanted(order)) found.push(order);
  }
}

/** Index of the order, or where it belongs. */
function position(
  list: readonly RestingOrder[],
  side: Side,
  wanted: { readonly price: Price; readonly orderId: number },
): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = list[middle];
    if (order !== undefined && isBefore(order, side, wanted)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(order: RestingOrder, side: Side, than: { readonly price: Price; readonly orderId: number }): boolean {
  if (order.price === than.price) return order.orderId < than.orderId;
  return order.price > than.price === (side === 'buy');
}
