/** Reading the account's state: lookups that several decisions share. */
import type { Instrument } from '../market/index.ts';
import { type Size, size, ZERO_SIZE, ZERO_USD } from '../money/index.ts';
import type { Route } from '../routing/model.ts';
import type { AccountState, LeverageSetting, Order, OrderLeg, Position, Side, TriggerOrder } from './model.ts';
import { orderOf } from './order-list.ts';
import { EMPTY, NONE } from './records.ts';
import type { OrderTarget } from './commands.ts';
import { partsOfVenueCloid } from './venue-cloid.ts';

/** Open orders an account may have (Hyperliquid's base limit); beyond it nothing that is reduce-only or a trigger. */
export const OPEN_ORDERS_MAX = 1_000;
/** One more for each so much traded volume (10⁻⁶ USD), up to the ceiling. */
const VOLUME_PER_OPEN_ORDER = 5_000_000_000_000n;
const OPEN_ORDERS_CEILING = 5_000;
/** Ended orders with a venue leg that are remembered for late and repeated fills. */
export const CLOSED_VENUE_ORDERS_MAX = 100;
/** Leverage of a symbol the user never set one for, unless the instrument allows less. */
export const DEFAULT_LEVERAGE = 20;

const NEVER_FIRED: AccountState['cancelAllFirings'] = Object.freeze({ day: 0, count: 0 });

/** An account that was never opened. */
export const initialState = (accountId: string): AccountState => ({
  accountId,
  owner: undefined,
  wallet: ZERO_USD,
  hold: ZERO_USD,
  positions: EMPTY,
  orders: NONE,
  triggers: EMPTY,
  episodes: EMPTY,
  cancelAllFirings: NEVER_FIRED,
  settledFunding: NONE,
  leverage: EMPTY,
  agents: NONE,
  nonces: NONE,
  deposits: NONE,
  recentInternalVolume: NONE,
  bookedTids: EMPTY,
  closedVenueOrders: NONE,
  cumulativeVolume: ZERO_USD,
  builderFees: EMPTY,
  referrer: undefined,
});

/** Made once: a text that is put together anew is looked up more slowly than one that is known. */
const positionKeys = new Map<string, Readonly<Record<Route, string>>>();
const POSITION_KEYS_MAX = 10_000;

export function positionKey(symbol: string, route: Route): string {
  const known = positionKeys.get(symbol);
  if (known !== undefined) return known[route];
  const keys = { INTERNAL: `${symbol}:INTERNAL`, HYPERLIQUID: `${symbol}:HYPERLIQUID` };
  if (positionKeys.size < POSITION_KEYS_MAX) positionKeys.set(symbol, keys);
  return keys[route];
}

export const positionOn = (state: AccountState, symbol: string, route: Route): Position | undefined =>
  state.positions[positionKey(symbol, route)];

/** Signed size of the route's position, zero when flat. */
export const sizeOn = (state: AccountState, symbol: string, route: Route): Size =>
  positionOn(state, symbol, route)?.size ?? ZERO_SIZE;

export const signOf = (side: Side): 1n | -1n => (side === 'buy' ? 1n : -1n);

/** How much of the route's position an order of this side could close; zero when flat or the same way. */
export function oppositeSize(state: AccountState, leg: { symbol: string; side: Side; route: Route }): Size {
  const held = sizeOn(state, leg.symbol, leg.route) * signOf(leg.side);
  return held < 0n ? size(-held) : ZERO_SIZE;
}

/** Over both routes. */
export const oppositeOf = (state: AccountState, { symbol, side }: { symbol: string; side: Side }): Size =>
  size(
    oppositeSize(state, { symbol, side, route: 'INTERNAL' }) +
      oppositeSize(state, { symbol, side, route: 'HYPERLIQUID' }),
  );

/** Open orders and triggers the account may have by its traded volume. */
export function openOrdersMax({ cumulativeVolume }: AccountState): number {
  const earned = cumulativeVolume / VOLUME_PER_OPEN_ORDER;
  return Math.min(OPEN_ORDERS_CEILING, OPEN_ORDERS_MAX + Number(earned));
}

/** Leverage and mode that an order of the symbol opens with. */
export function leverageSettingOf(state: AccountState, instrument: Instrument): LeverageSetting {
  const chosen = state.leverage[instrument.symbol];
  if (chosen !== undefined) return chosen;
  const marginMode = instrument.onlyIsolated ? 'isolated' : 'cross';
  return { marginMode, leverage: Math.min(DEFAULT_LEVERAGE, instrument.maxLeverage) };
}

/** What may still fill of a leg: up to its size or, once the venue said how it ended, up to what it executed. */
export function remainingOf(leg: OrderLeg): Size {
  const until = leg.ending === undefined ? leg.size : leg.ending.executedSize;
  return leg.filledSize < until ? size(until - leg.filledSize) : ZERO_SIZE;
}

/** The live order a target names; by cloid the newest one that is not being cancelled already. */
export function findOrder(
  state: AccountState,
  target: OrderTarget | { readonly orderId: number } | { readonly cloid: string },
): Order | undefined {
  const order = 'orderId' in target ? orderOf(state.orders, target.orderId) : newestByCloid(state, target.cloid);
  if (order === undefined || ('symbol' in target && target.symbol !== order.symbol)) return undefined;
  return order;
}

/** The trigger order a target names. */
export function findTrigger(
  state: AccountState,
  target: OrderTarget | { readonly orderId: number } | { readonly cloid: string },
): TriggerOrder | undefined {
  const trigger =
    'orderId' in target
      ? state.triggers[target.orderId]
      : Object.values(state.triggers).find(({ cloid }) => cloid === target.cloid);
  if (trigger === undefined || ('symbol' in target && target.symbol !== trigger.symbol)) return undefined;
  return trigger;
}

/** True while some leg may still fill and nobody asked to cancel it. */
export const isActive = (order: Order): boolean =>
  order.legs.some((leg) => leg.status !== 'done' && leg.isCancelRequested !== true);

function newestByCloid(state: AccountState, cloid: string): Order | undefined {
  let newest: Order | undefined;
  for (const order of state.orders) {
    if (order.cloid !== cloid) continue;
    const isBetter =
      newest === undefined ||
      (isActive(order) && !isActive(newest)) ||
      (isActive(order) === isActive(newest) && order.orderId > newest.orderId);
    if (isBetter) newest = order;
  }
  return newest;
}

/** The order behind a venue cloid, live or remembered. */
export function findVenueOrder(
  state: AccountState,
  venueCloid: string,
): { readonly order: Order; readonly legIndex: number; readonly isLive: boolean } | undefined {
  const orderId = partsOfVenueCloid(venueCloid)?.orderId;
  if (orderId === undefined) return undefined;
  const live = orderOf(state.orders, orderId);
  const order = live ?? state.closedVenueOrders.find((closed) => closed.orderId === orderId);
  if (order === undefined) return undefined;
  const legIndex = order.legs.findIndex((leg) => leg.venueCloid === venueCloid);
  return legIndex === -1 ? undefined : { order, legIndex, isLive: live !== undefined };
}
