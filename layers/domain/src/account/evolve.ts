/** Copies the facts of events into the state: no guards, no formulas. */
import { unreachable } from '../kernel/index.ts';
import { applyTransfers, type Transfer } from '../ledger/index.ts';
import { notional, size, usd } from '../money/index.ts';
import { withNonce } from '../nonces/index.ts';
import type { AccountEvent } from './events.ts';
import { fundingPosted } from './evolve-funding.ts';
import { riskEvolved } from './evolve-risk.ts';
import { triggersEvolved } from './evolve-triggers.ts';
import { executedByTwap, twapsEvolved } from './evolve-twaps.ts';
import type { AccountState, Order, Position } from './model.ts';
import { orderOf, withOrder, withoutOrder } from './order-list.ts';
import { without } from './records.ts';
import { CLOSED_VENUE_ORDERS_MAX, positionKey } from './state.ts';
import { volumeWith } from './recent-volume.ts';

type Fact<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

export function evolve(state: AccountState, event: AccountEvent): AccountState {
  switch (event.type) {
    case 'OrderPlaced':
      return { ...state, orders: withOrder(state.orders, event.order) };
    case 'OrderFilled':
      return filled(state, event);
    case 'OrderChanged':
      return changed(state, event);
    case 'OrderEnded':
      return ended(state, event.orderId);
    case 'LeverageUpdated':
      return leverageUpdated(state, event);
    case 'DepositCredited':
      return {
        ...state,
        ...applyTransfers(state, event.transfers),
        deposits: [...state.deposits, event.depositId],
      };
    case 'VenueOrderRequested':
    case 'VenueCancelRequested':
    case 'VenueOrderResolved':
    case 'CommandRefused':
      return state;
    case 'TriggerPlaced':
    case 'TriggerChanged':
    case 'TriggerFired':
    case 'TriggerEnded':
    case 'CancelAllScheduled':
    case 'CancelAllFired':
      return triggersEvolved(state, event);
    case 'TwapPlaced':
    case 'TwapSliced':
    case 'TwapEnded':
      return twapsEvolved(state, event);
    case 'IsolatedMarginAdjusted':
    case 'GainsRealized':
      return positionsSet(state, event);
    case 'FundingPosted':
      return fundingPosted(state, event);
    case 'RiskWarned':
    case 'RiskCleared':
    case 'LiquidationStarted':
    case 'LiquidationStepped':
    case 'LiquidationWaiting':
    case 'LiquidationEnded':
      return riskEvolved(state, event);
    default:
      return identityEvolved(state, event);
  }
}

/** Facts about who may act for the account. */
function identityEvolved(
  state: AccountState,
  event: Fact<
    | 'ActionSigned'
    | 'AccountOpened'
    | 'AgentApproved'
    | 'AgentRevoked'
    | 'BuilderFeeApproved'
    | 'ReferrerSet'
    | 'TradingStateSet'
  >,
): AccountState {
  switch (event.type) {
    case 'ActionSigned': {
      return { ...state, nonces: withNonce(state.nonces, event) };
    }
    case 'AccountOpened':
      return { ...state, owner: event.owner };
    case 'AgentApproved':
      return {
        ...state,
        agents: [...state.agents.filter((agent) => agent.address !== event.replaced), event.agent],
      };
    case 'AgentRevoked':
      return { ...state, agents: state.agents.filter((agent) => agent.address !== event.address) };
    case 'BuilderFeeApproved':
      return { ...state, builderFees: { ...state.builderFees, [event.builder]: event.feeRateMax } };
    case 'ReferrerSet':
      return { ...state, referrer: event.code };
    case 'TradingStateSet':
      return { ...state, tradingState: event.tradingState };
    default:
      return unreachable(event);
  }
}

function filled(state: AccountState, event: Fact<'OrderFilled'>): AccountState {
  const traded = notional(event.price, event.size);
  const key = positionKey(event.symbol, event.route);
  const { wallet, hold } = applyTransfers(state, event.transfers);
  const { orders, closedVenueOrders } = orderFilled(state, event);
  const after: AccountState = {
    ...state,
    wallet,
    hold,
    orders,
    closedVenueOrders,
    positions:
      event.position === undefined ? without(state.positions, key) : { ...state.positions, [key]: event.position },
    recentInternalVolume:
      event.openedNotional === 0n
        ? state.recentInternalVolume
        : volumeWith(state.recentInternalVolume, [event.at, event.symbol, event.openedNotional]),
    bookedTids:
      event.venue === undefined ? state.bookedTids : { ...state.bookedTids, [event.venue.tid]: event.orderId },
    cumulativeVolume: usd(state.cumulativeVolume + traded),
  };
  return event.twapId === undefined ? after : { ...after, ...executedByTwap(state, event) };
}

/** An order after one of its fills. */
export const filledOrder = (order: Order, event: Fact<'OrderFilled'>): Order => ({
  ...order,
  legs: event.legs,
  filledSize: size(order.filledSize + event.size),
  filledNotional: usd(order.filledNotional + notional(event.price, event.size)),
  orderMargin: event.orderMargin,
});

/** A fill changes its live order or, where it came late, the remembered one. */
function orderFilled(
  state: AccountState,
  event: Fact<'OrderFilled'>,
): Pick<AccountState, 'orders' | 'closedVenueOrders'> {
  const { orders, closedVenueOrders } = state;
  const live = orderOf(orders, event.orderId);
  if (live !== undefined) return { orders: withOrder(orders, filledOrder(live, event)), closedVenueOrders };
  const after = closedVenueOrders.map((order) => (order.orderId === event.orderId ? filledOrder(order, event) : order));
  return { orders, closedVenueOrders: after };
}

function changed(state: AccountState, event: Fact<'OrderChanged'>): AccountState {
  const order = orderOf(state.orders, event.orderId);
  if (order === undefined) return state;
  const { legs, orderMargin } = event;
  return { ...state, orders: withOrder(state.orders, { ...order, legs, orderMargin }) };
}

function ended(state: AccountState, orderId: number): AccountState {
  const order = orderOf(state.orders, orderId);
  if (order === undefined) return state;
  const orders = withoutOrder(state.orders, orderId);
  if (!order.legs.some((leg) => leg.venueCloid !== undefined)) return { ...state, orders };
  const remembered = [...state.closedVenueOrders, order];
  if (remembered.length <= CLOSED_VENUE_ORDERS_MAX) return { ...state, orders, closedVenueOrders: remembered };
  const forgotten = remembered[0]?.orderId;
  const bookedTids = Object.fromEntries(Object.entries(state.bookedTids).filter(([, of]) => of !== forgotten));
  return { ...state, orders, bookedTids, closedVenueOrders: remembered.slice(1) };
}

const leverageUpdated = (state: AccountState, event: Fact<'LeverageUpdated'>): AccountState => ({
  ...positionsSet(state, event),
  leverage: { ...state.leverage, [event.symbol]: event.setting },
});

/** Positions as an event leaves them, and its money. */
function positionsSet(
  state: AccountState,
  event: { readonly positions: readonly Position[]; readonly transfers: readonly Transfer[] },
): AccountState {
  const positions = { ...state.positions };
  for (const position of event.positions) positions[positionKey(position.symbol, position.route)] = position;
  return { ...state, ...applyTransfers(state, event.transfers), positions };
}
