/** What happened to an account's orders, newest part kept in the shard; tables serve the rest. */
import type { EndStatus, Liquidity, Order, Side } from '../account/index.ts';
import type { Price, Size, Usd } from '../money/index.ts';
import type { Route } from '../routing/index.ts';

/** Ended orders, and fills, kept per account (as many as Hyperliquid answers). */
export const HISTORY_MAX = 2_000;
/** A list is cut back only when it is this much too long: amortised, one copy per so many additions. */
const SLACK = 256;

/** One order as history tells it: live or ended. */
export interface OrderRecord {
  readonly accountId: string;
  readonly order: Order;
  readonly status: 'open' | 'pending' | EndStatus;
  readonly cause?: string;
  readonly statusAt: number;
}

/** One execution as history tells it. */
export interface FillRecord {
  readonly accountId: string;
  readonly tradeId: number;
  readonly orderId: number;
  readonly cloid?: string;
  readonly symbol: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly startSize: Size;
  readonly closedPnl: Usd;
  readonly fee: Usd;
  readonly builderFee: Usd;
  readonly liquidity: Liquidity;
  readonly route: Route;
  readonly time: number;
  readonly hash: string;
}

/** Oldest first; owned and changed in place by the shard. */
export interface AccountHistory {
  endedOrders: OrderRecord[];
  fills: FillRecord[];
}

/** Adds at the end and forgets the oldest beyond the bound. */
export function remember<Item>(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > HISTORY_MAX + SLACK) items.splice(0, items.length - HISTORY_MAX);
}

/** The kept part, oldest first: the slack is an accident of timing and never shown. */
export const kept = <Item>(items: readonly Item[]): readonly Item[] =>
  items.length > HISTORY_MAX ? items.slice(items.length - HISTORY_MAX) : items;

/** A live order's status as history tells it. */
export const liveStatus = (order: Order): 'open' | 'pending' =>
  order.legs.some((leg) => leg.status === 'pending') ? 'pending' : 'open';
