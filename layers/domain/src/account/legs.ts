/** How an order is divided: what closes follows its position's route, only the rest opens and is routed. */
import { absoluteNotional, type Size, size, ZERO_SIZE, ZERO_USD } from '../money/index.ts';
import type { MarketView } from '../market/index.ts';
import { route as routeOf, type Route, type RoutingDecision, type RoutingReason } from '../routing/index.ts';
import { type Draft, exposureOf } from './draft.ts';
import type { AccountState, Side } from './model.ts';
import { oppositeSize, positionOn, remainingOf } from './state.ts';
import { volumeSince } from './recent-volume.ts';

/** What one route is to carry. `openingSize` is the part that does not close. */
export interface LegPlan {
  readonly route: Route;
  readonly size: Size;
  readonly openingSize: Size;
  readonly decision: RoutingDecision;
}

interface Division {
  readonly view: MarketView;
  readonly side: Side;
  readonly size: Size;
  /** The order being divided again (a resting one that fires): its own legs do not count as in flight. */
  readonly orderId?: number;
}

/**
 * Lots of the route's position that an order of this side may close now. What is on its way to the venue already and
 * may close the same lots is taken off, so that two orders never close one position twice.
 */
export function closableOn(draft: Draft, leg: { symbol: string; side: Side; route: Route; orderId?: number }): Size {
  const opposite = oppositeSize(draft.state, leg);
  if (leg.route === 'INTERNAL' || opposite === 0n) return opposite;
  const left = opposite - inFlight(draft.state, leg);
  return left > 0n ? size(left) : ZERO_SIZE;
}

/** INTERNAL positions close first, then HYPERLIQUID ones; the rest opens. At most one leg per route. */
export function divide(draft: Draft, order: Division): readonly LegPlan[] {
  const { view, side, orderId } = order;
  const { symbol } = view.instrument;
  const by = { symbol, side, ...(orderId === undefined ? {} : { orderId }) };
  const internal = smaller(order.size, closableOn(draft, { ...by, route: 'INTERNAL' }));
  const venue = smaller(size(order.size - internal), closableOn(draft, { ...by, route: 'HYPERLIQUID' }));
  const opening = size(order.size - internal - venue);
  const decision = opening === 0n ? undefined : openingDecision(draft, { view, side, size: opening });
  return [
    ...planOf(draft, { route: 'INTERNAL', closing: internal, opening }, decision),
    ...planOf(draft, { route: 'HYPERLIQUID', closing: venue, opening }, decision),
  ];
}

function planOf(
  draft: Draft,
  part: { readonly route: Route; readonly closing: Size; readonly opening: Size },
  decision: RoutingDecision | undefined,
): readonly LegPlan[] {
  const { route, closing } = part;
  const openingSize = decision?.route === route ? part.opening : ZERO_SIZE;
  const total = size(closing + openingSize);
  if (total === 0n) return [];
  const carried = openingSize > 0n && decision !== undefined ? decision : closingDecision(draft, route);
  return [{ route, size: total, openingSize, decision: carried }];
}

function closingDecision(draft: Draft, route: Route): RoutingDecision {
  const { policy } = draft.context;
  const reason: RoutingReason = route === 'INTERNAL' ? 'closes_internal_position' : 'closes_hyperliquid_position';
  return { route, reason, mode: policy.mode, thresholdUsed: ZERO_USD, policyVersion: policy.version };
}

function openingDecision(draft: Draft, opening: Omit<Division, 'orderId'>): RoutingDecision {
  const { view, side } = opening;
  const { symbol } = view.instrument;
  const { policy } = draft.context;
  const exposure = exposureOf(draft, symbol);
  const held = positionOn(draft.state, symbol, 'INTERNAL');
  return routeOf(
    {
      symbol,
      notional: absoluteNotional(view.markPrice, opening.size),
      direction: side === 'buy' ? 1 : -1,
      netExposure: exposure.net,
      totalExposure: exposure.total,
      userInternalNotional: held === undefined ? ZERO_USD : absoluteNotional(view.markPrice, held.size),
      userRecentInternalVolume: volumeSince(draft.state.recentInternalVolume, symbol, draft.at - policy.splitWindowMs),
      latencyMs: view.latencyMs,
      quoteAgeMs: view.quoteAgeMs,
      isPriceHeld: view.isPriceHeld,
      isVolatile: view.isVolatile === true,
    },
    policy,
  );
}

/** Lots of this side that were sent to the venue and whose fate is not known. */
function inFlight(state: AccountState, leg: { symbol: string; side: Side; orderId?: number }): bigint {
  let lots = 0n;
  for (const order of state.orders) {
    if (order.symbol !== leg.symbol || order.side !== leg.side) continue;
    if (order.orderId === leg.orderId) continue;
    for (const part of order.legs) {
      if (part.route === 'HYPERLIQUID' && part.status === 'pending') lots += remainingOf(part);
    }
  }
  return lots;
}

const smaller = (left: Size, right: Size): Size => (left < right ? left : right);
