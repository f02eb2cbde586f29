/** Orders and trigger orders → `orders`. The states are the specification's; `end_status` has the venue's own word. */
import type { EndStatus, OrderLeg, TriggerOrder } from '@perps/domain/account';
import { type Usd, ZERO_USD } from '@perps/domain/money';
import { type Draft, type Fact, without, write } from './draft.ts';
import type { Column } from './model.ts';

type EndState = 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED' | 'TRIGGERED';

/**
 * PENDING = the venue has not said yet what became of it; ROUTED = a part rests at the venue; OPEN = rests with us.
 * UNTRIGGERED orders have no route: it is decided when they fire (TRIGGERED until then, within the same record).
 */
export type OrderState = 'UNTRIGGERED' | 'PENDING' | 'OPEN' | 'ROUTED' | 'PARTIALLY_FILLED' | EndState;

const END_STATES: Readonly<Record<EndStatus, EndState>> = {
  filled: 'FILLED',
  canceled: 'CANCELLED',
  reduceOnlyCanceled: 'CANCELLED',
  marginCanceled: 'CANCELLED',
  selfTradeCanceled: 'CANCELLED',
  siblingFilledCanceled: 'CANCELLED',
  scheduledCancel: 'CANCELLED',
  liquidatedCanceled: 'CANCELLED',
  rejected: 'REJECTED',
  iocCancelRejected: 'REJECTED',
  neverArrived: 'REJECTED',
  badTriggerPxRejected: 'REJECTED',
  positionIncreaseAtOpenInterestCapRejected: 'REJECTED',
  expired: 'EXPIRED',
  triggered: 'TRIGGERED',
};

export function orderPlaced(draft: Draft, { order, routingLatencyMs }: Fact<'OrderPlaced'>): void {
  const id = String(order.orderId);
  setMargin(draft, id, order.orderMargin);
  if (order.cloid !== undefined) {
    draft.account = { ...draft.account, cloids: { ...draft.account.cloids, [id]: order.cloid } };
  }
  write(draft, 'orders', {
    id,
    user_id: draft.account.userId,
    symbol: order.symbol,
    side: order.side,
    size: String(order.size),
    price: String(order.limitPrice),
    route: routeOf(order.legs),
    status: liveState(order.legs),
    routing_latency_ms: routingLatencyMs,
    filled_size: String(filledOf(order.legs)),
    order_margin: String(order.orderMargin),
    cloid: order.cloid ?? null,
    time_in_force: order.timeInForce,
    reduce_only: order.reduceOnly,
    liquidation_id: order.liquidationId ?? null,
    cause: null,
    end_status: null,
    // What a fired trigger order was before stays in its row.
    ...(order.trigger === undefined ? NO_TRIGGER : triggerColumns(order.trigger)),
    placed_at: order.placedAt,
    updated_at: draft.at,
  });
}

/** The order that a liquidation step on the INTERNAL route is told as: filled where it was placed. */
export function liquidationOrdered(draft: Draft, event: Fact<'LiquidationStepped'>): void {
  const { fill } = event;
  if (fill === undefined || event.route !== 'INTERNAL') return;
  write(draft, 'orders', {
    id: String(fill.orderId),
    user_id: draft.account.userId,
    symbol: event.symbol,
    side: event.size > 0n ? 'sell' : 'buy',
    size: String(event.closedSize),
    price: String(event.closePrice),
    route: event.route,
    status: 'FILLED',
    routing_latency_ms: null,
    filled_size: String(event.closedSize),
    order_margin: '0',
    cloid: null,
    time_in_force: 'IOC',
    reduce_only: true,
    liquidation_id: event.liquidationId,
    cause: null,
    end_status: 'filled',
    ...NO_TRIGGER,
    placed_at: fill.at,
    updated_at: draft.at,
  });
}

export function orderProgressed(
  draft: Draft,
  { orderId, legs, orderMargin }: Fact<'OrderFilled' | 'OrderChanged'>,
): void {
  const id = String(orderId);
  const progress = { id, route: routeOf(legs), filled_size: String(filledOf(legs)), updated_at: draft.at };
  // A fill that comes after its order has ended changes how much was filled, not how it ended.
  if (!(id in draft.account.orderMargins)) return write(draft, 'orders', progress);
  setMargin(draft, id, orderMargin);
  return write(draft, 'orders', { ...progress, status: liveState(legs), order_margin: String(orderMargin) });
}

export function orderEnded(draft: Draft, { orderId, status, cause }: Fact<'OrderEnded'>): void {
  const id = String(orderId);
  const { account } = draft;
  draft.account = {
    ...account,
    orderMargins: without(account.orderMargins, id),
    cloids: without(account.cloids, id),
  };
  write(draft, 'orders', { id, ...endColumns(status, cause), order_margin: '0', updated_at: draft.at });
}

/** Placed, armed by its entry, or resized with its position. */
export function triggerSet(draft: Draft, { trigger }: Fact<'TriggerPlaced' | 'TriggerChanged'>): void {
  write(draft, 'orders', { ...triggerRow(draft, trigger), status: 'UNTRIGGERED', cause: null, end_status: null });
}

/** The order that follows in the same record says what became of it. */
export function triggerFired(draft: Draft, { orderId, markPrice }: Fact<'TriggerFired'>): void {
  write(draft, 'orders', {
    id: String(orderId),
    status: 'TRIGGERED',
    triggered_at: draft.at,
    triggered_mark_price: String(markPrice),
    updated_at: draft.at,
  });
}

export function triggerEnded(draft: Draft, { trigger, status, cause }: Fact<'TriggerEnded'>): void {
  write(draft, 'orders', { ...triggerRow(draft, trigger), ...endColumns(status, cause) });
}

function triggerRow(draft: Draft, trigger: TriggerOrder): Readonly<Record<string, Column>> {
  return {
    id: String(trigger.orderId),
    user_id: draft.account.userId,
    symbol: trigger.symbol,
    side: trigger.side,
    size: String(trigger.size),
    price: String(trigger.limitPrice),
    route: null,
    routing_latency_ms: null,
    filled_size: '0',
    order_margin: '0',
    cloid: trigger.cloid ?? null,
    time_in_force: trigger.trigger.isMarket ? 'IOC' : 'GTC',
    reduce_only: trigger.reduceOnly,
    liquidation_id: null,
    ...triggerColumns(trigger.trigger),
    grouping: trigger.grouping,
    parent_id: trigger.parentId === undefined ? null : String(trigger.parentId),
    is_armed: trigger.isArmed,
    placed_at: trigger.placedAt,
    updated_at: draft.at,
  };
}

const triggerColumns = ({ price, kind, isMarket }: TriggerOrder['trigger']): Readonly<Record<string, Column>> => ({
  trigger_price: String(price),
  trigger_kind: kind,
  trigger_is_market: isMarket,
});

const NO_TRIGGER: Readonly<Record<string, Column>> = {
  trigger_price: null,
  trigger_kind: null,
  trigger_is_market: null,
  grouping: 'na',
  parent_id: null,
};

const endColumns = (status: EndStatus, cause: string | undefined): Readonly<Record<string, Column>> => ({
  status: END_STATES[status],
  end_status: status,
  cause: cause ?? null,
});

function setMargin(draft: Draft, id: string, margin: Usd): void {
  const { orderMargins } = draft.account;
  if (orderMargins[id] === margin) return;
  draft.account = { ...draft.account, orderMargins: { ...orderMargins, [id]: margin } };
}

const filledOf = (legs: readonly OrderLeg[]): bigint => legs.reduce((total, leg) => total + leg.filledSize, 0n);

/** Orders that close on one route and open on the other have two. */
const routeOf = (legs: readonly OrderLeg[]): string => [...new Set(legs.map((leg) => leg.route))].join('+');

function liveState(legs: readonly OrderLeg[]): OrderState {
  if (legs.some((leg) => leg.status === 'pending')) return 'PENDING';
  if (filledOf(legs) > ZERO_USD) return 'PARTIALLY_FILLED';
  return legs.some((leg) => leg.status === 'open' && leg.route === 'HYPERLIQUID') ? 'ROUTED' : 'OPEN';
}
