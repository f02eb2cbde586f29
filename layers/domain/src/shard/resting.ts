/** The internal queue: price, then time. An order fills at its limit when the venue's best bid or ask crosses it. */
import type { Order } from '../account/index.ts';
import type { Bbo } from '../market/index.ts';
import type { RestingBook, RestingEntry, ShardState } from './model.ts';

/** Brings the index in line with an order that may rest, may have changed, or may be gone (undefined after its end). */
export function indexOrder(
  state: ShardState,
  accountId: string,
  change: { readonly before: Order | undefined; readonly after: Order | undefined },
): void {
  const { before, after } = change;
  const wasResting = before !== undefined && restsInternally(before);
  const isResting = after !== undefined && restsInternally(after);
  if (wasResting && !isResting) remove(sideOf(state, before), entryOf(accountId, before), before.side);
  if (isResting && !wasResting) insert(sideOf(state, after), entryOf(accountId, after), after.side);
}

/** Orders the bbo crosses, in the sequence they fill: sells the bid has reached, buys the ask has reached. */
export function crossedOrders(state: ShardState, symbol: string, bbo: Bbo): readonly RestingEntry[] {
  const book = state.resting.get(symbol);
  if (book === undefined) return [];
  const { bid, ask } = bbo;
  return [
    ...(ask === undefined ? [] : leading(book.buys, (entry) => entry.limitPrice >= ask.price)),
    ...(bid === undefined ? [] : leading(book.sells, (entry) => entry.limitPrice <= bid.price)),
  ];
}

export function restsInternally(order: Order): boolean {
  return order.timeInForce !== 'IOC' && order.legs.some((leg) => leg.route === 'INTERNAL' && leg.status === 'open');
}

function leading(entries: readonly RestingEntry[], holds: (entry: RestingEntry) => boolean): readonly RestingEntry[] {
  const end = entries.findIndex((entry) => !holds(entry));
  return end === -1 ? entries : entries.slice(0, end);
}

const entryOf = (accountId: string, order: Order): RestingEntry => ({
  accountId,
  orderId: order.orderId,
  limitPrice: order.limitPrice,
});

function sideOf(state: ShardState, order: Order): RestingEntry[] {
  let book: RestingBook | undefined = state.resting.get(order.symbol);
  if (book === undefined) {
    book = { buys: [], sells: [] };
    state.resting.set(order.symbol, book);
  }
  return order.side === 'buy' ? book.buys : book.sells;
}

/** Ids grow with time, so they order what stands at one price. */
function comesBefore(left: RestingEntry, right: RestingEntry, side: Order['side']): boolean {
  if (left.limitPrice !== right.limitPrice)
    return side === 'buy' ? left.limitPrice > right.limitPrice : left.limitPrice < right.limitPrice;
  return left.orderId < right.orderId;
}

function positionIn(entries: readonly RestingEntry[], entry: RestingEntry, side: Order['side']): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = entries[middle];
    if (at !== undefined && comesBefore(at, entry, side)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(entries: RestingEntry[], entry: RestingEntry, side: Order['side']): void {
  entries.splice(positionIn(entries, entry, side), 0, entry);
}

function remove(entries: RestingEntry[], entry: RestingEntry, side: Order['side']): void {
  const index = positionIn(entries, entry, side);
  if (entries[index]?.orderId === entry.orderId) entries.splice(index, 1);
}
