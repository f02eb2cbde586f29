/**
 * Large IOC orders at the venue: equal child orders one after another, one order for the user. What is not sent yet is
 * a leg without a venue cloid, so margin and closable lots are held for the whole from the beginning. The next child
 * goes out once the one before has filled whole, not before its time; anything else stops the rest.
 */
import type { MarketView } from '../market/index.ts';
import { ZERO_SIZE } from '../money/index.ts';
import { type Draft, emit } from './draft.ts';
import { orderMarginAfter } from './margin.ts';
import type { Order, OrderLeg } from './model.ts';
import { checkTrading } from './order-checks.ts';
import { changeLegs, endIfDone } from './order-end.ts';
import { orderOf } from './order-list.ts';
import { checkVenue, requestVenueOrder } from './place-orders.ts';
import type { Rejection } from './results.ts';
import { isUnsent, nextVenueSliceAt } from './venue-slices.ts';
import { split } from './venue-split.ts';

/** Sends the next child of an order; asked too early, or twice, nothing happens. */
export function sendVenueSlice(draft: Draft, orderId: number): Rejection | undefined {
  const order = orderOf(draft.state.orders, orderId);
  const dueAt = order === undefined ? undefined : nextVenueSliceAt(order);
  const waiting = order?.legs.find(isUnsent);
  if (order?.slicing === undefined || waiting === undefined || dueAt === undefined) return { reason: 'OrderNotFound' };
  if (dueAt > draft.at) return { reason: 'NothingToMatch' };
  // Not known yet, after a start: the next turn asks again.
  const view = draft.context.markets[order.symbol];
  if (view === undefined) return { reason: 'MarketDataUnavailable' };
  const refusal = refusalOf(draft, view, { order, waiting });
  if (refusal !== undefined) {
    stopRest(draft, order, refusal.reason);
    return undefined;
  }
  const [next, ...rest] = split(draft, orderId, {
    leg: waiting,
    sliceSize: order.slicing.size,
    attempt: order.legs.filter(({ venueCloid }) => venueCloid !== undefined).length,
  });
  if (next === undefined) return { reason: 'OrderNotFound' };
  const legs = [...order.legs.filter((leg) => leg !== waiting), next, ...rest];
  changeLegs(draft, order, { legs, cause: 'slice' });
  requestVenueOrder(draft, { order, leg: next, view });
  return undefined;
}

/** Nothing of a large order goes on into a halt, blindness, or a venue that takes no opens. */
function refusalOf(
  draft: Draft,
  view: MarketView,
  { order, waiting }: { readonly order: Order; readonly waiting: OrderLeg },
): Rejection | undefined {
  const openingSize = waiting.openingSize ?? ZERO_SIZE;
  const plan = { route: waiting.route, size: waiting.size, openingSize, decision: waiting.decision };
  return checkTrading(draft, view) ?? checkVenue(draft, order.symbol, [plan]);
}

function stopRest(draft: Draft, order: Order, cause: string): void {
  const legs = order.legs.map((leg): OrderLeg => (isUnsent(leg) ? { ...leg, status: 'done' } : leg));
  emit(draft, {
    type: 'OrderChanged',
    orderId: order.orderId,
    legs,
    orderMargin: orderMarginAfter(order, legs),
    cause,
  });
  endIfDone(draft, order.orderId, { status: 'canceled', cause });
}
