/** Every order the venue remembers, by oid and by cloid, with its status. */
import type { WireOrderStatus, WireTif } from '@perps/contracts/hyperliquid';
import type { Side } from './book.ts';

export interface OrderTrigger {
  readonly price: bigint;
  readonly isMarket: boolean;
  readonly kind: 'tp' | 'sl';
  /**
   * A share of the position, which the size follows: what was asked of what was held (lots).
   * Undefined for a fixed size.
   */
  readonly position: { readonly asked: bigint; readonly held: bigint } | undefined;
  isTriggered: boolean;
}

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
  readonly trigger?: OrderTrigger;
  /** An open order that is not in the book: a child before its parent's fill, a trigger before the mark reaches it. */
  waitsFor?: 'fill' | 'trigger' | undefined;
  /** Orders that come alive with this one's fill. */
  childOids?: readonly number[];
  /** Orders that end with this one's fill. */
  siblingOids?: readonly number[];
  /** A part of a TWAP. */
  readonly twapId?: number;
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
  /** Open orders that wait for the mark, oldest first. */
  armed(): readonly OrderRecord[];
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
  /** Oids of triggers that have not fired; ended ones leave when they are next looked at. */
  const triggers = new Set<number>();

  const of = (user: string): UserOrders => {
    const known = users.get(user);
    if (known !== undefined) return known;
    const fresh: UserOrders = { oids: new Set(), open: new Set(), cloids: new Map() };
    users.set(user, fresh);
    return fresh;
  };
  const openAmong = (oids: Set<number>): OrderRecord[] => {
    const result: OrderRecord[] = [];
    for (const oid of oids) {
      const order = orders.get(oid);
      if (order?.status === 'open') result.push(order);
      else oids.delete(oid);
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
      if (order.status === 'open' && order.waitsFor !== undefined) triggers.add(order.oid);
      if (order.cloid !== undefined) mine.cloids.set(order.cloid, order.oid);
    },
    get: (oid) => orders.get(oid),
    byCloid: (user, cloid) => {
      const oid = of(user).cloids.get(cloid);
      return oid === undefined ? undefined : orders.get(oid);
    },
    ofUser: (user) => [...of(user).oids].flatMap((oid) => orders.get(oid) ?? []).reverse(),
    open: (user) => openAmong(of(user).open),
    armed: () => openAmong(triggers).filter((order) => order.waitsFor === 'trigger'),
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
