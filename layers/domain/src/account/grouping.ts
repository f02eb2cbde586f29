/** Orders of one command as a group: plain orders, an entry with its TP/SL, or the TP/SL of a position. */
import type { AccountCommand } from './commands.ts';
import type { Draft } from './draft.ts';
import { placeOrder } from './place-orders.ts';
import type { OrderOutcome } from './results.ts';

export function placeOrders(
  draft: Draft,
  { orders }: Extract<AccountCommand, { type: 'PlaceOrders' }>,
): readonly OrderOutcome[] {
  return orders.map((order) => placeOrder(draft, order));
}
