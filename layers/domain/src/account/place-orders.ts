/** Places an order: checked, divided by route, matched, margined; then its facts. */
import type { Writable } from '../kernel/index.ts';
import type { MarketView } from '../market/index.ts';
import {
  absoluteNotional,
  averagePrice,
  feeOf,
  type Price,
  type Size,
  size as lots,
  usd,
  type Usd,
  ZERO_SIZE,
  ZERO_USD,
} from '../money/index.ts';
import type { OrderRequest } from './commands.ts';
import { type Draft, emit, takeOrderId, takeVenueNonce, venueCloidFor } from './draft.ts';
import { bookExecution, legFilled } from './fill.ts';
import { divide, type LegPlan } from './legs.ts';
import { feesOn } from './fees.ts';
import { availableMargin, marginPrice, openingNeed, releasedByClosing } from './margin.ts';
import { type Match, matchInternal, quoteOf } from './matching.ts';
import type { Order, OrderLeg, Trigger } from './model.ts';
import { checkOrder, type Occasion } from './order-checks.ts';
import { endIfDone, followPositions } from './order-end.ts';
import type { OrderOutcome, Rejection } from './results.ts';
import { leverageSettingOf, positionOn } from './state.ts';
import { orderOf } from './order-list.ts';
import { slicingOf, split } from './venue-split.ts';

/** The order as it is about to be placed. */
export interface Placement {
  readonly request: OrderRequest;
  readonly view: MarketView;
  readonly size: Size;
  readonly plans: readonly LegPlan[];
  /** Of the INTERNAL leg; undefined where there is none. */
  readonly match: Match | undefined;
  /** Initial margin and fee that it sets aside, 10⁻⁶ USD. */
  readonly needed: Usd;
}

/** One order of a command. A refusal leaves no fact. */
export function placeOrder(draft: Draft, request: OrderRequest): OrderOutcome {
  const planned = planOrder(draft, request, { isFired: false });
  return planned.ok ? placePlanned(draft, planned.placement) : { status: 'refused', rejection: planned.rejection };
}

export type Planned =
  { readonly ok: true; readonly placement: Placement } | { readonly ok: false; readonly rejection: Rejection };

/** Checks an order and divides it by route; nothing has happened yet. */
export function planOrder(draft: Draft, request: OrderRequest, occasion: Occasion): Planned {
  const checked = checkOrder(draft, request, occasion);
  if (!checked.ok) return checked;
  const { view, size } = checked;
  const plans = divide(draft, { view, side: request.side, size });
  const divided = { request, view, size, plans, match: matchOf(draft, { request, view, plans }) };
  const placement = { ...divided, needed: neededMargin(draft, divided) };
  const rejection =
    checkVenue(draft, request.symbol, plans) ?? refusalOf(placement.match) ?? checkMargin(draft, placement);
  return rejection === undefined ? { ok: true, placement } : { ok: false, rejection };
}

function matchOf(
  draft: Draft,
  { request, view, plans }: Pick<Placement, 'request' | 'view' | 'plans'>,
): Match | undefined {
  const plan = plans.find(({ route }) => route === 'INTERNAL');
  if (plan === undefined) return undefined;
  return matchInternal(view, { ...request, size: plan.size }, draft.context.policy.slippageCapTenthsBps);
}

/** What only closes is sent even when the venue takes no opens; nothing becomes INTERNAL because the venue is away. */
export function checkVenue(draft: Draft, symbol: string, plans: readonly LegPlan[]): Rejection | undefined {
  const { venue, policy } = draft.context;
  const stopped = policy.symbols[symbol]?.venueOpensStopped;
  if (venue.isAvailable && stopped === undefined) return undefined;
  const opens = plans.some((plan) => plan.route === 'HYPERLIQUID' && plan.openingSize > 0n);
  if (!opens) return undefined;
  if (stopped !== undefined) return { reason: 'VenueOpensStopped', cause: stopped };
  return { reason: 'VenueUnavailable', cause: venue.reason ?? 'not connected' };
}

const refusalOf = (match: Match | undefined): Rejection | undefined =>
  match?.kind === 'refuse' ? match.rejection : undefined;

/** What opens needs initial margin and fee; what the same order closes is counted as given back. Closing alone needs none. */
function checkMargin(draft: Draft, placement: Placement): Rejection | undefined {
  const { needed } = placement;
  if (needed === 0n) return undefined;
  const available = availableMargin(draft.state, draft.context);
  if (available === undefined) return { reason: 'MarketDataUnavailable' };
  let released = 0n;
  for (const plan of placement.plans) {
    const position = positionOn(draft.state, placement.request.symbol, plan.route);
    if (position === undefined || plan.size === plan.openingSize) continue;
    released += releasedByClosing(position, placement.view, lots(plan.size - plan.openingSize));
  }
  return needed > available + released ? { reason: 'InsufficientMargin' } : undefined;
}

function neededMargin(draft: Draft, placement: Omit<Placement, 'needed'>): Usd {
  const { request, view, plans, match } = placement;
  const { leverage } = leverageSettingOf(draft.state, view.instrument);
  let needed = 0n;
  for (const plan of plans) {
    const isFilledNow = plan.route === 'INTERNAL' && match?.kind === 'fill';
    const price = isFilledNow ? match.price : marginPrice(view, request.side, request.limitPrice);
    needed += openingNeed(view, { size: plan.openingSize, price, leverage }, feesOn(draft, plan.route));
  }
  return usd(needed);
}

/** What an order comes from where nobody has sent it as such: a trigger that has fired, or a TWAP. */
type Origin = { readonly orderId: number; readonly trigger: Trigger } | { readonly twapId: number };

/** Places a planned order: under a new id, or under the one of the trigger that has fired. */
export function placePlanned(draft: Draft, placement: Placement, origin?: Origin): OrderOutcome {
  const { request, view, size, plans, match } = placement;
  const orderId = origin !== undefined && 'orderId' in origin ? origin.orderId : takeOrderId(draft);
  const atVenue = plans.find(({ route }) => route === 'HYPERLIQUID');
  const slicing = atVenue && slicingOf(draft, view, { ...atVenue, timeInForce: request.timeInForce });
  const isLasting = request.expiresAt !== undefined && request.timeInForce !== 'IOC';
  const order: Writable<Order> = {
    orderId,
    symbol: request.symbol,
    side: request.side,
    size,
    limitPrice: request.limitPrice,
    timeInForce: request.timeInForce,
    reduceOnly: request.reduceOnly,
    legs: plans.flatMap((plan) => legsOf(draft, { orderId, plan, slicing })),
    filledSize: ZERO_SIZE,
    filledNotional: ZERO_USD,
    orderMargin: placement.needed,
    placedAt: draft.at,
  };
  if (slicing !== undefined) order.slicing = slicing;
  if (request.cloid !== undefined) order.cloid = request.cloid;
  if (isLasting) order.expiresAt = request.expiresAt;
  if (origin !== undefined) Object.assign(order, marksOf(origin));
  const routingLatencyMs = draft.at - draft.receivedAt;
  emit(draft, { type: 'OrderPlaced', order, routingLatencyMs, quote: quoteOf(view) });
  for (const leg of order.legs) {
    if (leg.route === 'HYPERLIQUID') requestVenueOrder(draft, { order, leg, view });
  }
  if (match?.kind === 'fill') fillInternal(draft, { order, view, price: match.price, liquidity: 'taker' });
  if (match?.kind === 'fill' || request.reduceOnly || plans.some(({ size, openingSize }) => openingSize < size)) {
    followPositions(draft, request.symbol);
  }
  return outcomeOf(draft, order);
}

function marksOf(origin: Origin): Pick<Order, 'trigger' | 'twapId'> {
  return 'trigger' in origin ? { trigger: origin.trigger } : { twapId: origin.twapId };
}

function legsOf(
  draft: Draft,
  part: { readonly orderId: number; readonly plan: LegPlan; readonly slicing: Order['slicing'] },
): readonly OrderLeg[] {
  const { orderId, plan, slicing } = part;
  const leg = legOf(draft, orderId, plan);
  if (plan.route === 'INTERNAL' || slicing === undefined) return [leg];
  return split(draft, orderId, { leg, sliceSize: slicing.size, attempt: 0 });
}

function legOf(draft: Draft, orderId: number, plan: LegPlan): OrderLeg {
  const leg: Writable<OrderLeg> = {
    route: plan.route,
    size: plan.size,
    filledSize: ZERO_SIZE,
    decision: plan.decision,
    status: plan.route === 'INTERNAL' ? 'open' : 'pending',
  };
  if (plan.openingSize > 0n) leg.openingSize = plan.openingSize;
  if (plan.route === 'HYPERLIQUID') leg.venueCloid = venueCloidFor(draft, orderId, 0);
  return leg;
}

/** The durable pending record of a venue leg; plain, never reduce-only: the venue nets our users. */
export function requestVenueOrder(
  draft: Draft,
  sent: { readonly order: Order; readonly leg: OrderLeg; readonly view: MarketView },
): void {
  const { order, leg, view } = sent;
  const { venue } = draft.context;
  if (leg.venueCloid === undefined) return;
  // What was post-only at rest with us meets a book that has crossed it: there it must be allowed to match.
  const isFiredPostOnly = order.timeInForce === 'ALO' && !order.legs.includes(leg);
  emit(draft, {
    type: 'VenueOrderRequested',
    request: {
      venueCloid: leg.venueCloid,
      orderId: order.orderId,
      accountId: draft.state.accountId,
      symbol: order.symbol,
      assetId: view.instrument.assetId,
      szDecimals: view.instrument.szDecimals,
      side: order.side,
      size: leg.size,
      limitPrice: order.limitPrice,
      timeInForce: isFiredPostOnly ? 'GTC' : order.timeInForce,
      slot: venue.slot,
      nonce: takeVenueNonce(draft),
      expiresAfter: draft.at + venue.expiresAfterMs,
      requestedAt: draft.at,
      purpose: order.liquidationId === undefined ? 'user' : 'liquidation',
    },
  });
}

/** Fills what is left of the order's INTERNAL leg and ends the order where that was all. */
export function fillInternal(
  draft: Draft,
  filling: {
    readonly order: Order;
    readonly view: MarketView;
    readonly price: Price;
    readonly liquidity: 'maker' | 'taker';
  },
): void {
  const { order, view, price, liquidity } = filling;
  const legIndex = order.legs.findIndex((leg) => leg.route === 'INTERNAL' && leg.status === 'open');
  const leg = order.legs[legIndex];
  if (leg === undefined) return;
  const size = lots(leg.size - leg.filledSize);
  const value = absoluteNotional(price, size);
  const fees = feesOn(draft, 'INTERNAL');
  const rate = liquidity === 'taker' ? fees.taker : fees.maker;
  bookExecution(draft, {
    order,
    legIndex,
    price,
    size,
    liquidity,
    fee: feeOf(value, rate + fees.builder),
    builderFee: feeOf(value, fees.builder),
    legAfter: legFilled(leg, size),
    quote: quoteOf(view),
  });
  endIfDone(draft, order.orderId, { status: 'filled' });
}

/** What the sender is told: by what is left of the order now. */
function outcomeOf(draft: Draft, placed: Order): OrderOutcome {
  const { orderId, cloid, symbol } = placed;
  const named = cloid === undefined ? { orderId } : { orderId, cloid };
  const live = orderOf(draft.state.orders, orderId);
  if (live !== undefined) {
    const isPending = live.legs.some((leg) => leg.status === 'pending');
    return { status: isPending ? 'pending' : 'resting', ...named };
  }
  const fills = draft.events.filter((event) => event.type === 'OrderFilled' && event.orderId === orderId);
  let filledSize = 0n;
  let filledNotional = 0n;
  for (const fill of fills) {
    if (fill.type !== 'OrderFilled') continue;
    filledSize += fill.size;
    filledNotional += absoluteNotional(fill.price, fill.size);
  }
  const average = averagePrice(usd(filledNotional), lots(filledSize));
  return { status: 'filled', ...named, filledSize: lots(filledSize), averagePrice: average, symbol };
}
