/** Every order the venue remembers, by oid and by cloid, with its status. */
import type {
  FrontendOrder,
  HistoricalOrder,
  OpenOrder,
  WireOrderStatus,
  WireTif,
  WsOrderUpdate,
} from '@perps/contracts/hyperliquid';
import type { Side } from './book.ts';
import { formatPx, formatSz } from './ticks.ts';
import type { Asset } from './universe.ts';
import { ASSETS } from './universe.ts';

export interface OrderRecord {
  readonly oid: number;
  readonly user: string;
  readonly assetId: number;
  readonly side: Side;
  readonly price: bigint;
  readonly originalSize: bigint;
  /** What remains. */
  size: bigint;
  readonly tif: WireTif;
  readonly isReduceOnly: boolean;
  readonly cloid: string | undefined;
  readonly builder: { readonly address: string; readonly fee: number } | undefined;
  readonly placedAt: number;
  status: WireOrderStatus;
  statusAt: number;
}

/** Orders kept per user once they are done; older ones become unknown although their fills remain. */
const DONE_ORDERS_MAX = 2_000;

export interface OrderRegistry {
  add(order: OrderRecord): void;
  get(oid: number): OrderRecord | undefined;
  /** The newest order of the user with this cloid. */
  byCloid(user: string, cloid: string): OrderRecord | undefined;
  /** Newest first. */
  ofUser(user: string): readonly OrderRecord[];
  open(user: string): readonly OrderRecord[];
  all(): Iterable<OrderRecord>;
  /** To be called when an order is done, so that memory stays bounded. */
  trim(user: string): void;
}

interface UserOrders {
  readonly oids: Set<number>;
  readonly open: Set<number>;
  readonly cloids: Map<string, number>;
}

export function createOrderRegistry(): OrderRegistry {
  const orders = new Map<number, OrderRecord>();
  const users = new Map<string, UserOrders>();

  const of = (user: string): UserOrders => {
    const known = users.get(user);
    if (known !== undefined) return known;
    const fresh: UserOrders = { oids: new Set(), open: new Set(), cloids: new Map() };
    users.set(user, fresh);
    return fresh;
  };
  const openOf = (user: string): OrderRecord[] => {
    const { open } = of(user);
    const result: OrderRecord[] = [];
    for (const oid of open) {
      const order = orders.get(oid);
      if (order?.status === 'open') result.push(order);
      else open.delete(oid);
    }
    return result;
  };
  const forget = (user: string, oid: number): void => {
    const mine = of(user);
    const order = orders.get(oid);
    mine.oids.delete(oid);
    orders.delete(oid);
    if (order?.cloid !== undefined && mine.cloids.get(order.cloid) === oid) mine.cloids.delete(order.cloid);
  };

  return {
    add: (order) => {
      const mine = of(order.user);
      orders.set(order.oid, order);
      mine.oids.add(order.oid);
      if (order.status === 'open') mine.open.add(order.oid);
      if (order.cloid !== undefined) mine.cloids.set(order.cloid, order.oid);
    },
    get: (oid) => orders.get(oid),
    byCloid: (user, cloid) => {
      const oid = of(user).cloids.get(cloid);
      return oid === undefined ? undefined : orders.get(oid);
    },
    ofUser: (user) => [...of(user).oids].flatMap((oid) => orders.get(oid) ?? []).reverse(),
    open: openOf,
    all: () => orders.values(),
    trim: (user) => {
      const mine = of(user);
      if (mine.oids.size <= DONE_ORDERS_MAX) return;
      for (const oid of mine.oids) {
        if (mine.oids.size <= DONE_ORDERS_MAX) return;
        if (orders.get(oid)?.status !== 'open') forget(user, oid);
      }
    },
  };
}

const assetOf = (order: OrderRecord): Asset => {
  const asset = ASSETS[order.assetId];
  if (asset === undefined) throw new RangeError(`no asset ${order.assetId}`);
  return asset;
};

export function openOrderWire(order: OrderRecord): OpenOrder {
  const asset = assetOf(order);
  return {
    coin: asset.name,
    side: order.side,
    limitPx: formatPx(asset, order.price),
    sz: formatSz(asset, order.size),
    oid: order.oid,
    timestamp: order.placedAt,
    origSz: formatSz(asset, order.originalSize),
    ...(order.cloid === undefined ? {} : { cloid: order.cloid }),
    ...(order.isReduceOnly ? { reduceOnly: true as const } : {}),
  };
}

export function frontendOrderWire(order: OrderRecord): FrontendOrder {
  const asset = assetOf(order);
  return {
    coin: asset.name,
    side: order.side,
    limitPx: formatPx(asset, order.price),
    sz: formatSz(asset, order.size),
    oid: order.oid,
    timestamp: order.placedAt,
    triggerCondition: 'N/A',
    isTrigger: false,
    triggerPx: '0.0',
    children: [],
    isPositionTpsl: false,
    reduceOnly: order.isReduceOnly,
    orderType: order.tif === 'FrontendMarket' ? 'Market' : 'Limit',
    origSz: formatSz(asset, order.originalSize),
    tif: order.tif,
    cloid: order.cloid ?? null,
  };
}

export const historicalOrderWire = (order: OrderRecord): HistoricalOrder => ({
  order: frontendOrderWire(order),
  status: order.status,
  statusTimestamp: order.statusAt,
});

export const orderUpdateWire = (order: OrderRecord): WsOrderUpdate => ({
  order: openOrderWire(order),
  status: order.status,
  statusTimestamp: order.statusAt,
});
