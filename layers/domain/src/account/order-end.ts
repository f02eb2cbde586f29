/** How legs and orders end, and how resting reduce-only orders follow their position. */
import { type Size, size, ZERO_SIZE } from '../money/index.ts';
import { type Draft, emit, takeVenueNonce, viewOf } from './draft.ts';
import { orderMarginAfter } from './margin.ts';
import type { EndStatus, Order, OrderLeg } from './model.ts';
import type { Route } from '../routing/index.ts';
import { oppositeSize, remainingOf } from './state.ts';
import { endOrphans, type Ending, followEnd } from './trigger-ends.ts';
import { endingOfSliced, isUnsent } from './venue-slices.ts';
import { finishIfOver } from './twap-end.ts';
import { orderOf } from './order-list.ts';

export type { Ending } from './trigger-ends.ts';

/** Ends the order where all its legs are done; an order that filled whole is `filled` whatever the cause. */
export function endIfDone(draft: Draft, orderId: number, ending: Ending): boolean {
  const order = orderOf(draft.state.orders, orderId);
  if (order === undefined || order.legs.some((leg) => leg.status !== 'done')) return false;
  const isWhole = order.filledSize > 0n && order.legs.every((leg) => leg.filledSize >= leg.size);
  end(draft, order, isWhole ? { status: 'filled' } : endingOfSliced(order, ending));
  return true;
}

/** The end of an order, and what it means for triggers that belong to it. */
function end(draft: Draft, order: Order, ending: Ending): void {
  emit(draft, { type: 'OrderEnded', orderId: order.orderId, ...ending });
  followEnd(draft, order, ending);
  finishIfOver(draft, order.twapId);
}

/** Replaces the legs of a live order and keeps its margin in step. */
export function changeLegs(draft: Draft, order: Order, change: { legs: readonly OrderLeg[]; cause: string }): void {
  emit(draft, {
    type: 'OrderChanged',
    orderId: order.orderId,
    ...change,
    orderMargin: orderMarginAfter(order, change.legs),
  });
}

/**
 * Stops what of the order may still fill: INTERNAL legs end at once, a HYPERLIQUID leg is asked of the venue, once.
 * True when the order has ended; false while the venue has to answer.
 */
export function stopOrder(
  draft: Draft,
  order: Order,
  stop: { readonly cause: NonNullable<OrderLeg['cancelCause']>; readonly status: EndStatus },
): boolean {
  // What liquidates the user's position is the platform's order: only its own lifetime ends it.
  if (order.liquidationId !== undefined && stop.cause !== 'expired') return false;
  const legs = order.legs.map((leg): OrderLeg => {
    if (leg.status === 'done') return leg;
    if (leg.route === 'INTERNAL' || isUnsent(leg)) return { ...leg, status: 'done' };
    // The user's own cancel stands over any other; asked again it changes nothing.
    if (leg.isCancelRequested === true && (leg.cancelCause === 'user' || leg.cancelCause === stop.cause)) return leg;
    return { ...leg, isCancelRequested: true, cancelCause: stop.cause };
  });
  const isOver = legs.every((leg) => leg.status === 'done');
  if (!isOver) {
    if (hasChanged(order.legs, legs)) changeLegs(draft, order, { legs, cause: stop.status });
    for (const leg of order.legs) {
      if (leg.status !== 'done' && leg.isCancelRequested !== true) requestCancel(draft, order, leg);
    }
    return false;
  }
  end(draft, order, { status: stop.status });
  return true;
}

/** Asks the venue to cancel a leg; INTERNAL legs have nothing to ask. */
export function requestCancel(draft: Draft, order: Order, leg: OrderLeg): void {
  if (leg.venueCloid === undefined) return;
  const { venue } = draft.context;
  emit(draft, {
    type: 'VenueCancelRequested',
    request: {
      venueCloid: leg.venueCloid,
      orderId: order.orderId,
      accountId: draft.state.accountId,
      assetId: viewOf(draft, order.symbol).instrument.assetId,
      slot: venue.slot,
      nonce: takeVenueNonce(draft),
      expiresAfter: draft.at + venue.expiresAfterMs,
      requestedAt: draft.at,
    },
  });
}

/**
 * Lets the symbol's reduce-only orders follow the positions: together they never exceed what they close, and the
 * newest keep their size (a fired trigger is as old as its firing). What is too much is cut off (INTERNAL) or cancelled
 * at the venue (HYPERLIQUID).
 */
export function followPositions(draft: Draft, symbol: string): void {
  endOrphans(draft, symbol);
  const orders = draft.state.orders
    .filter((order) => order.reduceOnly && order.symbol === symbol)
    .sort((left, right) => right.placedAt - left.placedAt || right.orderId - left.orderId);
  if (orders.length === 0) return;
  const capacity = new Map<string, bigint>();
  for (const order of orders) {
    const legs = order.legs.map((leg) => followed(leg, takeCapacity(draft, { capacity, order, leg })));
    if (!hasChanged(order.legs, legs)) continue;
    changeLegs(draft, order, { legs, cause: 'reduceOnly' });
    legs.forEach((leg, index) => {
      if (leg.isCancelRequested === true && order.legs[index]?.isCancelRequested !== true)
        requestCancel(draft, order, leg);
    });
    endIfDone(draft, order.orderId, { status: 'reduceOnlyCanceled' });
  }
}

/** What this leg may still close, after the newer ones have taken theirs. */
function takeCapacity(
  draft: Draft,
  of: { readonly capacity: Map<string, bigint>; readonly order: Order; readonly leg: OrderLeg },
): Size {
  const { capacity, order, leg } = of;
  const key = `${order.side}:${leg.route}`;
  const left =
    capacity.get(key) ?? initialCapacity(draft, { symbol: order.symbol, side: order.side, route: leg.route });
  const wanted = leg.status === 'done' ? ZERO_SIZE : remainingOf(leg);
  const granted = wanted < left ? wanted : left;
  capacity.set(key, left - granted);
  return size(granted);
}

/** The position, less the lots that orders which are not reduce-only have on their way to the venue to close it. */
function initialCapacity(draft: Draft, leg: { symbol: string; side: Order['side']; route: Route }): bigint {
  let left: bigint = oppositeSize(draft.state, leg);
  if (leg.route === 'INTERNAL' || left === 0n) return left;
  for (const order of draft.state.orders) {
    if (order.reduceOnly || order.symbol !== leg.symbol || order.side !== leg.side) continue;
    for (const part of order.legs) {
      if (part.route === 'HYPERLIQUID' && part.status === 'pending') left -= remainingOf(part);
    }
  }
  return left > 0n ? left : 0n;
}

function followed(leg: OrderLeg, granted: Size): OrderLeg {
  if (leg.status === 'done' || granted >= remainingOf(leg)) return leg;
  if (leg.route === 'INTERNAL') {
    const shrunk = { ...leg, size: size(leg.filledSize + granted) };
    return granted === 0n ? { ...shrunk, status: 'done' } : shrunk;
  }
  // What is still on its way cannot be called back; a leg that rests is, and comes back at the right size.
  if (leg.status === 'pending' || leg.isCancelRequested === true) return leg;
  return { ...leg, isCancelRequested: true, cancelCause: 'reduceOnly' };
}

const hasChanged = (before: readonly OrderLeg[], after: readonly OrderLeg[]): boolean =>
  before.some((leg, index) => leg !== after[index]);
