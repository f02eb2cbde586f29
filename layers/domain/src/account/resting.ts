/** A resting INTERNAL leg that the bbo has crossed, and orders whose time is over. */
import { bestLevel, crosses, type MarketView } from '../market/index.ts';
import { size as lots, type Usd, usd } from '../money/index.ts';
import { type Draft, emit, venueCloidFor, viewOf } from './draft.ts';
import { feesOn } from './fees.ts';
import { divide, type LegPlan } from './legs.ts';
import { availableMargin, marginPrice, openingNeed, orderMarginAfter, releasedByClosing } from './margin.ts';
import type { Order, OrderLeg } from './model.ts';
import { checkStates, checkTrading } from './order-checks.ts';
import { endIfDone, followPositions, stopOrder } from './order-end.ts';
import { checkVenue, fillInternal, requestVenueOrder } from './place-orders.ts';
import type { Rejection } from './results.ts';
import { leverageSettingOf, oppositeSize, positionOn, remainingOf } from './state.ts';
import { orderOf } from './order-list.ts';

/**
 * Fills a resting INTERNAL leg at its limit where the bbo really crosses it. It is divided again first: what it opens
 * meets the forced conditions of this moment, and what they send to the venue leaves as a new leg.
 */
export function fillResting(draft: Draft, orderId: number): Rejection | undefined {
  const order = orderOf(draft.state.orders, orderId);
  const leg = order?.legs.find(({ route, status }) => route === 'INTERNAL' && status === 'open');
  if (order === undefined || leg === undefined) return { reason: 'OrderNotFound' };
  const view = viewOf(draft, order.symbol);
  const refusal = checkTrading(draft, view);
  if (refusal !== undefined) return refusal;
  if (bestLevel(view, order.side) === undefined) return { reason: 'NoLiquidity' };
  if (!crosses(view, order.side, order.limitPrice)) return { reason: 'NothingToMatch' };
  const plans = replan(draft, { order, leg, view });
  const held = checkStates(draft, order.symbol, partsOf(plans)) ?? checkVenue(draft, order.symbol, plans);
  if (held !== undefined) return held;
  if (!hasMargin(draft, { order, view, plans })) {
    stopOrder(draft, order, { cause: 'user', status: 'marginCanceled' });
    return undefined;
  }
  fire(draft, { order, leg, view, plans });
  return undefined;
}

/** What would happen now: a state or a pause that forbids it holds the order, and ends nothing. */
const partsOf = (plans: readonly LegPlan[]): { readonly opens: boolean; readonly closes: boolean } => ({
  opens: plans.some(({ openingSize }) => openingSize > 0n),
  closes: plans.some(({ size, openingSize }) => size > openingSize),
});

/** GTC on `/v1` ends after its lifetime; a venue leg is asked to cancel. */
export function expireOrder(draft: Draft, orderId: number): Rejection | undefined {
  const order = orderOf(draft.state.orders, orderId);
  if (order === undefined || order.expiresAt === undefined || draft.at < order.expiresAt)
    return { reason: 'OrderNotFound' };
  stopOrder(draft, order, { cause: 'expired', status: 'expired' });
  return undefined;
}

interface Firing {
  readonly order: Order;
  readonly leg: OrderLeg;
  readonly view: MarketView;
  readonly plans: readonly LegPlan[];
}

/** A reduce-only leg never leaves its route and never exceeds its position. */
function replan(draft: Draft, { order, leg, view }: Omit<Firing, 'plans'>): readonly LegPlan[] {
  const { symbol, side, orderId } = order;
  const left = remainingOf(leg);
  if (!order.reduceOnly) return divide(draft, { view, side, size: left, orderId });
  const opposite = oppositeSize(draft.state, { symbol, side, route: 'INTERNAL' });
  const size = opposite < left ? opposite : left;
  return size === 0n ? [] : [{ route: 'INTERNAL', size, openingSize: lots(0n), decision: leg.decision }];
}

/** What it had set aside is free for it again; the rest must be there now. */
function hasMargin(draft: Draft, { order, view, plans }: Omit<Firing, 'leg'>): boolean {
  const needed = neededMargin(draft, { order, view, plans });
  if (needed === 0n) return true;
  let released: bigint = order.orderMargin;
  for (const { route, size, openingSize } of plans) {
    const position = positionOn(draft.state, order.symbol, route);
    if (position !== undefined) released += releasedByClosing(position, view, lots(size - openingSize));
  }
  const available = availableMargin(draft.state, draft.context);
  return available !== undefined && needed <= available + released;
}

/** An INTERNAL part fills at its limit now; what goes to the venue may fill higher. 10⁻⁶ USD. */
function neededMargin(draft: Draft, { order, view, plans }: Omit<Firing, 'leg'>): Usd {
  const { leverage } = leverageSettingOf(draft.state, view.instrument);
  let needed = 0n;
  for (const { route, openingSize } of plans) {
    const price = route === 'INTERNAL' ? order.limitPrice : marginPrice(view, order.side, order.limitPrice);
    needed += openingNeed(view, { size: openingSize, price, leverage }, feesOn(draft, route));
  }
  return usd(needed);
}

function fire(draft: Draft, firing: Firing): void {
  const { order, leg, view, plans } = firing;
  const internal = plans.find(({ route }) => route === 'INTERNAL');
  const venue = plans.find(({ route }) => route === 'HYPERLIQUID');
  const stays: OrderLeg = internal === undefined ? { ...leg, status: 'done' } : kept(leg, internal);
  const added = venue === undefined ? undefined : venueLeg(draft, order, venue);
  const legs = [...order.legs.map((old) => (old === leg ? stays : old)), ...(added === undefined ? [] : [added])];
  const others = order.legs.filter((old) => old !== leg);
  const isSame = added === undefined && stays.size === leg.size && stays.status === leg.status;
  if (!isSame) {
    emit(draft, {
      type: 'OrderChanged',
      orderId: order.orderId,
      legs,
      orderMargin: usd(orderMarginAfter(order, others) + neededMargin(draft, { order, view, plans })),
      cause: added === undefined ? 'reduceOnly' : (venue?.decision.reason ?? 'rerouted'),
    });
  }
  if (added !== undefined) requestVenueOrder(draft, { order, leg: added, view });
  const live = orderOf(draft.state.orders, order.orderId);
  if (internal !== undefined && live !== undefined) {
    fillInternal(draft, { order: live, view, price: order.limitPrice, liquidity: 'maker' });
  }
  endIfDone(draft, order.orderId, { status: 'reduceOnlyCanceled' });
  followPositions(draft, order.symbol);
}

function kept(leg: OrderLeg, plan: LegPlan): OrderLeg {
  const { openingSize: _before, ...rest } = leg;
  const opening = plan.openingSize === 0n ? {} : { openingSize: plan.openingSize };
  return { ...rest, size: lots(leg.filledSize + plan.size), ...opening };
}

/** Every leg of an order at the venue has an attempt, and so a cloid, of its own. */
function venueLeg(draft: Draft, order: Order, plan: LegPlan): OrderLeg {
  const attempt = order.legs.filter(({ venueCloid }) => venueCloid !== undefined).length;
  return {
    route: 'HYPERLIQUID',
    size: plan.size,
    filledSize: lots(0n),
    decision: plan.decision,
    status: 'pending',
    ...(plan.openingSize === 0n ? {} : { openingSize: plan.openingSize }),
    venueCloid: venueCloidFor(draft, order.orderId, attempt),
  };
}
