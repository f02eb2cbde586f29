/** How orders end, and what that means for the orders and the position they belong to. */
import { absolute, minimum, positionSize, type Account } from './accounts.ts';
import type { Side } from './book.ts';
import type { Market } from './market.ts';
import { orderUpdateWire } from './order-wire.ts';
import type { OrderRecord } from './orders.ts';
import type { Venue } from './venue.ts';

/** Ends an open order: it leaves the book and its user is told. What it had left stays visible. */
export function endOrder(venue: Venue, oid: number, status: OrderRecord['status']): void {
  const order = venue.orders.get(oid);
  if (order === undefined || order.status !== 'open') return;
  const market = venue.markets[order.assetId];
  if (market?.book.remove(oid) !== undefined) market.version += 1;
  order.status = status;
  tell(venue, order);
  const isByVenue = status !== 'filled' && status !== 'canceled';
  if (isByVenue && market !== undefined) {
    venue.outbox.of(order.user).venueCancels.push({ coin: market.asset.name, oid });
  }
  followGroup(venue, order);
  venue.orders.trim(order.user);
}

/** Tells the user the status just reached. */
export function tell(venue: Venue, order: OrderRecord): void {
  order.statusAt = venue.clock.now();
  venue.outbox.of(order.user).orderUpdates.push(orderUpdateWire(order));
}

/**
 * After an order ended: a fill arms its children and ends its siblings, anything else ends its children.
 * A parent that lost its rest for want of margin, or because it could not wait, protects what it got.
 */
export function followGroup(venue: Venue, order: OrderRecord): void {
  if (order.status === 'open') return;
  const isFilled = order.status === 'filled';
  for (const oid of order.childOids ?? []) {
    if (isFilled || (order.status === 'marginCanceled' && order.size < order.originalSize)) arm(venue, oid);
    else endOrder(venue, oid, 'canceled');
  }
  if (!isFilled) return;
  for (const oid of order.siblingOids ?? []) endOrder(venue, oid, 'siblingFilledCanceled');
}

function arm(venue: Venue, oid: number): void {
  const child = venue.orders.get(oid);
  if (child?.status === 'open' && child.waitsFor === 'fill') child.waitsFor = 'trigger';
}

/**
 * Reduce-only orders follow the position: on the wrong side they end, resting ones together never exceed it,
 * and triggers on a share of the position change with it.
 */
export function followPosition(venue: Venue, account: Account, market: Market): void {
  const position = positionSize(account, market.asset);
  const closingSide: Side | undefined = position === 0n ? undefined : position > 0n ? 'A' : 'B';
  const orders = venue.orders
    .open(account.address)
    .filter((order) => order.isReduceOnly && order.assetId === market.asset.id && order.waitsFor !== 'fill');
  for (const order of orders) if (order.side !== closingSide) endOrder(venue, order.oid, 'reduceOnlyCanceled');
  const valid = orders.filter((order) => order.side === closingSide);
  for (const order of valid) resizeTrigger(order, absolute(position));
  limitResting(venue, market, { orders: valid.filter(({ oid }) => market.book.get(oid)), limit: absolute(position) });
}

function resizeTrigger(order: OrderRecord, held: bigint): void {
  const share = order.trigger?.position;
  if (share === undefined || order.waitsFor !== 'trigger' || share.held === 0n) return;
  order.size = minimum((share.asked * held) / share.held, held);
}

function limitResting(
  venue: Venue,
  market: Market,
  resting: { readonly orders: readonly OrderRecord[]; readonly limit: bigint },
): void {
  const { orders, limit } = resting;
  let total = orders.reduce((sum, order) => sum + order.size, 0n);
  for (const [index, order] of orders.entries()) {
    if (total <= limit) return;
    if (index < orders.length - 1) {
      total -= order.size;
      endOrder(venue, order.oid, 'reduceOnlyCanceled');
    } else {
      market.book.shrink(order.oid, limit);
      order.size = limit;
      market.version += 1;
    }
  }
}
