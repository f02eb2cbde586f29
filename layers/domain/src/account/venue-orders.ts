/** What the venue says of a leg: executions, and its end. Each is booked once, whatever order they come in. */
import { addSize, feeOf, notional, size as lots, usd, type Usd } from '../money/index.ts';
import type { VenueFate, VenueFill } from './commands.ts';
import { type Draft, emit, venueCloidFor, viewOf } from './draft.ts';
import { bookExecution } from './fill.ts';
import { venueStepDecided } from './liquidation-answer.ts';
import { orderMarginAfter } from './margin.ts';
import type { EndStatus, Order, OrderLeg } from './model.ts';
import { changeLegs, endIfDone, type Ending, followPositions } from './order-end.ts';
import { requestVenueOrder } from './place-orders.ts';
import type { Rejection } from './results.ts';
import { findVenueOrder, oppositeSize, remainingOf } from './state.ts';
import { orderOf } from './order-list.ts';
import { afterSlice } from './venue-slices.ts';

interface VenueLeg {
  readonly order: Order;
  readonly leg: OrderLeg;
  readonly legIndex: number;
}

/** Books one execution, once by tid; also one that arrives after its order has ended (I5). */
export function bookVenueFill(draft: Draft, venueCloid: string, fill: VenueFill): Rejection | undefined {
  const found = findVenueOrder(draft.state, venueCloid);
  const leg = found?.order.legs[found.legIndex];
  if (found === undefined || leg === undefined) return { reason: 'OrderNotFound' };
  if (draft.state.bookedTids[fill.tid] !== undefined) return undefined;
  const { order, legIndex, isLive } = found;
  const filledSize = addSize(leg.filledSize, fill.size);
  const isOver = filledSize >= leg.size || (leg.ending !== undefined && filledSize >= leg.ending.executedSize);
  const status = statusAfterFill(order, leg, isOver || !isLive);
  bookExecution(draft, {
    order,
    legIndex,
    price: fill.price,
    size: fill.size,
    liquidity: fill.liquidity,
    fee: fill.fee,
    builderFee: order.liquidationId === undefined ? builderPart(draft, fill) : usd(0n),
    legAfter: { ...leg, filledSize, status, venueOrderId: fill.venueOrderId },
    venue: { tid: fill.tid, venueOrderId: fill.venueOrderId, hash: fill.hash, time: fill.time },
  });
  if (isLive && isOver && leg.status !== 'done') {
    emit(draft, { type: 'VenueOrderResolved', venueCloid, fate: 'ended' });
    stopAfterSlice(draft, order.orderId, legIndex);
    endIfDone(draft, order.orderId, endingOf(leg, leg.ending?.status ?? 'filled', leg.ending?.cause));
  }
  followPositions(draft, order.symbol);
  venueStepDecided(draft, order);
  return undefined;
}

/** A child that ended short of its size stops what was to follow it. */
function stopAfterSlice(draft: Draft, orderId: number, legIndex: number): void {
  const order = orderOf(draft.state.orders, orderId);
  const over = order?.legs[legIndex];
  if (order?.slicing === undefined || over === undefined) return;
  const legs = afterSlice(order.legs, over);
  if (legs !== order.legs) changeLegs(draft, order, { legs, cause: 'slice' });
}

/** A fill proves that the order reached the book; an IOC one does not rest there, and what was over stays over. */
function statusAfterFill(order: Order, leg: OrderLeg, isOver: boolean): OrderLeg['status'] {
  if (isOver || leg.status === 'done') return 'done';
  return order.timeInForce === 'IOC' ? leg.status : 'open';
}

/** The venue charges the builder's part inside its fee; our schedule says how much of it that is. */
function builderPart(draft: Draft, fill: VenueFill): Usd {
  const part = feeOf(notional(fill.price, fill.size), draft.context.fees.builder);
  if (fill.fee <= 0n) return usd(0n);
  return part < fill.fee ? part : fill.fee;
}

/** Takes the fate of a leg, from whichever source came first; told again it changes nothing. */
export function resolveVenueOrder(draft: Draft, venueCloid: string, fate: VenueFate): Rejection | undefined {
  const found = findVenueOrder(draft.state, venueCloid);
  const leg = found?.order.legs[found.legIndex];
  if (found === undefined || leg === undefined) return { reason: 'OrderNotFound' };
  if (!found.isLive || leg.status === 'done') return undefined;
  const at = { order: found.order, leg, legIndex: found.legIndex };
  switch (fate.kind) {
    case 'open':
      opened(draft, at, fate.venueOrderId);
      return undefined;
    case 'cancelRefused':
      cancelRefused(draft, at, fate.cause);
      return undefined;
    case 'ended':
      ended(draft, at, fate);
      return undefined;
    case 'refused':
      close(draft, at, { fate: 'refused', status: refusedStatus(at.order, fate.cause), cause: fate.cause });
      return undefined;
    case 'neverArrived':
      close(draft, at, { fate: 'neverArrived', status: 'neverArrived' });
      return undefined;
  }
}

function opened(draft: Draft, at: VenueLeg, venueOrderId: number): void {
  const { order, leg } = at;
  if (leg.status === 'open') return;
  changeLegs(draft, order, { legs: replaced(at, { ...leg, status: 'open', venueOrderId }), cause: 'open' });
  emit(draft, { type: 'VenueOrderResolved', venueCloid: leg.venueCloid ?? '', fate: 'open' });
  followPositions(draft, order.symbol);
}

function cancelRefused(draft: Draft, at: VenueLeg, cause: string): void {
  if (at.leg.isCancelRequested !== true) return;
  const { isCancelRequested: _asked, cancelCause: _cause, ...leg } = at.leg;
  changeLegs(draft, at.order, { legs: replaced(at, leg), cause });
  emit(draft, { type: 'VenueOrderResolved', venueCloid: leg.venueCloid ?? '', fate: 'cancelRefused' });
}

function ended(draft: Draft, at: VenueLeg, fate: Extract<VenueFate, { kind: 'ended' }>): void {
  const { leg, order } = at;
  const { executedSize, venueOrderId, cause } = fate;
  const isIoc = order.timeInForce === 'IOC';
  const isUnmatched = isIoc && executedSize === 0n && (fate.status === 'canceled' || cause === 'iocCancelRejected');
  const status: EndStatus = isUnmatched ? 'iocCancelRejected' : fate.status;
  if (leg.filledSize >= executedSize) {
    close(draft, at, { fate: 'ended', status, ...(cause === undefined ? {} : { cause }) });
    return;
  }
  if (leg.ending !== undefined) return;
  // Its fills are still to come; until then it stays known, and what it will not fill any more gives its margin back.
  const ending = { executedSize, status, ...(cause === undefined ? {} : { cause }) };
  const waiting: OrderLeg = { ...leg, venueOrderId, ending };
  changeLegs(draft, order, { legs: replaced(at, waiting), cause: status });
}

interface Close extends Ending {
  readonly fate: VenueFate['kind'];
}

/** Nothing will come of the leg any more. A reduce-only leg that was cut for its position comes back at its size. */
function close(draft: Draft, at: VenueLeg, { fate, status, cause }: Close): void {
  const { order, leg } = at;
  const again = status === 'canceled' ? replacement(draft, at) : undefined;
  const over: OrderLeg = { ...leg, status: 'done' };
  const legs = [...afterSlice(replaced(at, over), over), ...(again === undefined ? [] : [again])];
  emit(draft, {
    type: 'OrderChanged',
    orderId: order.orderId,
    legs,
    orderMargin: orderMarginAfter(order, legs),
    cause: status,
  });
  emit(draft, { type: 'VenueOrderResolved', venueCloid: leg.venueCloid ?? '', fate });
  if (again !== undefined) requestVenueOrder(draft, { order, leg: again, view: viewOf(draft, order.symbol) });
  endIfDone(draft, order.orderId, endingOf(leg, status, cause));
  venueStepDecided(draft, order);
}

/** The order's end in its own words: what we asked the venue to cancel ended for our reason. */
function endingOf(leg: OrderLeg, status: EndStatus, cause: string | undefined): Ending {
  if (status === 'canceled' && leg.cancelCause === 'reduceOnly') return { status: 'reduceOnlyCanceled' };
  if (status === 'canceled' && leg.cancelCause === 'expired') return { status: 'expired' };
  if (status === 'canceled' && leg.cancelCause === 'scheduled') return { status: 'scheduledCancel' };
  if (status === 'canceled' && leg.cancelCause === 'liquidated') return { status: 'liquidatedCanceled' };
  return { status, ...(cause === undefined ? {} : { cause }) };
}

function replacement(draft: Draft, { order, leg }: VenueLeg): OrderLeg | undefined {
  if (leg.cancelCause !== 'reduceOnly') return undefined;
  const { symbol, side, orderId } = order;
  const opposite = oppositeSize(draft.state, { symbol, side, route: 'HYPERLIQUID' });
  const left = remainingOf(leg);
  const size = lots(opposite < left ? opposite : left);
  if (size === 0n) return undefined;
  const attempt = order.legs.filter(({ venueCloid }) => venueCloid !== undefined).length;
  return {
    route: 'HYPERLIQUID',
    size,
    filledSize: lots(0n),
    decision: leg.decision,
    status: 'pending',
    venueCloid: venueCloidFor(draft, orderId, attempt),
  };
}

/** The venue's words for an IOC that found nothing: in its answer, or as the order's status. */
const refusedStatus = (order: Order, cause: string): EndStatus =>
  order.timeInForce === 'IOC' && (cause.includes('could not immediately match') || cause === 'iocCancelRejected')
    ? 'iocCancelRejected'
    : 'rejected';

const replaced = (at: VenueLeg, leg: OrderLeg): readonly OrderLeg[] =>
  at.order.legs.map((old, index) => (index === at.legIndex ? leg : old));
