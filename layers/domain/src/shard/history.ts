/** Ended orders and fills of an account, for the doors; Hyperliquid answers at most 2,000 of each. */
import type { AccountEvent, AccountState, Order } from '../account/index.ts';
import type { AccountHistory, FillRecord, OrderRecord, ShardState } from './model.ts';

const KEPT_MAX = 2_000;
/** Trimmed only when this much too long, so that a busy account does not pay for it at every order. */
const SLACK = 500;

/** Newest first: live orders and ended ones. */
export function orderRecords(state: ShardState, accountId: string): readonly OrderRecord[] {
  const live = Object.values(state.accounts.get(accountId)?.orders ?? {}).map((order) => liveRecord(accountId, order));
  const ended = state.history.get(accountId)?.ended ?? [];
  return [...live, ...ended].sort((left, right) => right.order.orderId - left.order.orderId).slice(0, KEPT_MAX);
}

/** Newest first. */
export function fillRecords(state: ShardState, accountId: string): readonly FillRecord[] {
  return (state.history.get(accountId)?.fills ?? []).slice(-KEPT_MAX).reverse();
}

/** By our id, or the newest with the client's cloid. */
export function orderRecord(
  state: ShardState,
  wanted: { readonly accountId: string; readonly orderId?: number | undefined; readonly cloid?: string | undefined },
): OrderRecord | undefined {
  const { accountId, orderId, cloid } = wanted;
  const matches = (order: Order): boolean =>
    orderId === undefined ? order.cloid === cloid && cloid !== undefined : order.orderId === orderId;
  const live = Object.values(state.accounts.get(accountId)?.orders ?? {}).findLast(matches);
  if (live !== undefined) return liveRecord(accountId, live);
  return state.history.get(accountId)?.ended.findLast(({ order }) => matches(order));
}

/** A live order is pending while the fate of a leg at the venue is not known. */
export function liveRecord(accountId: string, order: Order): OrderRecord {
  const isPending = order.legs.some((leg) => leg.status === 'pending');
  return { accountId, order, status: isPending ? 'pending' : 'open', statusAt: order.placedAt };
}

/** Keeps what an event adds to history. `before` is the account as the event found it. */
export function recordHistory(state: ShardState, before: AccountState, event: AccountEvent, at: number): void {
  const { accountId } = before;
  if (event.type === 'OrderFilled') {
    const order =
      before.orders[event.orderId] ?? before.closedVenueOrders.find((closed) => closed.orderId === event.orderId);
    keep(historyOf(state, accountId).fills, fillRecord(event, { accountId, order, at }));
  } else if (event.type === 'OrderEnded') {
    const order = before.orders[event.orderId];
    if (order === undefined) return;
    const cause = event.cause === undefined ? {} : { cause: event.cause };
    keep(historyOf(state, accountId).ended, { accountId, order, status: event.status, statusAt: at, ...cause });
  }
}

/** One execution as doors and read tables tell it. */
export function fillRecord(
  event: Extract<AccountEvent, { type: 'OrderFilled' }>,
  owner: { readonly accountId: string; readonly order: Order | undefined; readonly at: number },
): FillRecord {
  const { accountId, order, at } = owner;
  return {
    accountId,
    tradeId: event.tradeId,
    orderId: event.orderId,
    ...(order?.cloid === undefined ? {} : { cloid: order.cloid }),
    symbol: event.symbol,
    side: event.side,
    price: event.price,
    size: event.size,
    startSize: event.startSize,
    closedPnl: event.closedPnl,
    fee: event.fee,
    builderFee: event.builderFee,
    liquidity: event.liquidity,
    route: event.route,
    time: at,
    hash: event.venue?.hash ?? `0x${event.tradeId.toString(16).padStart(64, '0')}`,
  };
}

function historyOf(state: ShardState, accountId: string): AccountHistory {
  let history = state.history.get(accountId);
  if (history === undefined) {
    history = { ended: [], fills: [] };
    state.history.set(accountId, history);
  }
  return history;
}

function keep<Row>(rows: Row[], row: Row): void {
  rows.push(row);
  if (rows.length > KEPT_MAX + SLACK) rows.splice(0, rows.length - KEPT_MAX);
}
