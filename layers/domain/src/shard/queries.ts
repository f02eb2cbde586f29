/** What the host and the doors ask of a shard's state. */
import { type AccountState, findVenueOrder, marketState, type Order, orderOf } from '../account/index.ts';
import type { Bbo } from '../market/index.ts';
import { type FillRecord, HISTORY_MAX, liveStatus, type OrderRecord, triggerRecord } from './history.ts';
import { endedOrder, endedOrders, recordedFills } from './history-log.ts';
import { crossed, type RestingOrder } from './resting-index.ts';
import type { ShardState, VenueOrder } from './state.ts';

/** Fired at most by one tick; the rest comes with the next turn, so that a jump cannot block the shard. */
export const CROSSED_MAX = 1_000;

export const accountOf = (state: ShardState, accountId: string): AccountState | undefined =>
  state.accounts.get(accountId);

/** Resting INTERNAL orders that the bbo crosses, by price, then time; none that a halt holds. */
export function crossedOrders(state: ShardState, symbol: string, bbo: Bbo): readonly RestingOrder[] {
  if (marketState(state.policy, symbol) === 'HALTED') return [];
  const isWanted = ({ accountId }: RestingOrder): boolean => state.accounts.get(accountId)?.tradingState !== 'HALTED';
  return crossed(state.resting.get(symbol), bbo, { max: CROSSED_MAX, isWanted });
}

/** Venue orders whose fate is not known, or whose cancel is not answered, or whose fills are not all booked. Oldest first. */
export function pendingVenueOrders(state: ShardState): readonly VenueOrder[] {
  const pending: VenueOrder[] = [];
  for (const order of state.venueOrders.values()) {
    if (order.status === 'pending' || order.cancel !== undefined || isAwaitingFills(state, order)) pending.push(order);
  }
  return pending;
}

/** The venue order of a cloid and its account; `request` is gone once it is resolved, while late fills still find it. */
export function venueOrderOf(
  state: ShardState,
  venueCloid: string,
): { readonly accountId: string; readonly order: Order; readonly request?: VenueOrder['request'] } | undefined {
  const accountId = state.venueOwners.get(venueCloid);
  const account = accountId === undefined ? undefined : state.accounts.get(accountId);
  const found = account === undefined ? undefined : findVenueOrder(account, venueCloid);
  if (accountId === undefined || found === undefined) return undefined;
  const request = state.venueOrders.get(venueCloid)?.request;
  return { accountId, order: found.order, ...(request === undefined ? {} : { request }) };
}

/** By our order id or the client's cloid (the newest with it). */
export function orderRecord(
  state: ShardState,
  query: { readonly accountId: string; readonly orderId?: number; readonly cloid?: string },
): OrderRecord | undefined {
  const { accountId, orderId, cloid } = query;
  if (orderId !== undefined) return recordOf(state, accountId, orderId);
  return cloid === undefined ? undefined : orderRecords(state, accountId).find(({ order }) => order.cloid === cloid);
}

function recordOf(state: ShardState, accountId: string, orderId: number): OrderRecord | undefined {
  const account = state.accounts.get(accountId);
  const order = orderOf(account?.orders ?? [], orderId);
  if (order !== undefined) return liveRecord(accountId, order);
  const trigger = account?.triggers[orderId];
  return trigger === undefined ? endedOrder(state.history, accountId, orderId) : triggerRecord(accountId, trigger);
}

/** Live, untriggered and ended orders, newest first, at most 2,000. */
export function orderRecords(state: ShardState, accountId: string): readonly OrderRecord[] {
  const account = state.accounts.get(accountId);
  const live = [
    ...(account?.orders ?? []).map((order) => liveRecord(accountId, order)),
    ...Object.values(account?.triggers ?? {}).map((trigger) => triggerRecord(accountId, trigger)),
  ];
  return [...live, ...endedOrders(state.history, accountId)]
    .sort((left, right) => right.order.orderId - left.order.orderId)
    .slice(0, HISTORY_MAX);
}

/** Newest first, at most 2,000. */
export const fillRecords = (state: ShardState, accountId: string): readonly FillRecord[] =>
  recordedFills(state.history, accountId);

/** A live order as history tells it; its status is as old as the order here, the host knows no better. */
export const liveRecord = (accountId: string, order: Order): OrderRecord => ({
  accountId,
  order,
  status: liveStatus(order),
  statusAt: order.placedAt,
});

function isAwaitingFills(state: ShardState, { accountId, request }: VenueOrder): boolean {
  const order = orderOf(state.accounts.get(accountId)?.orders ?? [], request.orderId);
  return order?.legs.some((leg) => leg.venueCloid === request.venueCloid && leg.ending !== undefined) === true;
}
