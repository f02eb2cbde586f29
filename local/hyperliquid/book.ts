/** A price-time order book of one market. Prices in ticks, sizes in lots. */
export type Side = 'B' | 'A';

export interface BookOrder {
  readonly oid: number;
  readonly owner: string;
  readonly side: Side;
  readonly price: bigint;
  /** What still rests; only the book changes it. */
  size: bigint;
}

export interface Match {
  readonly maker: BookOrder;
  readonly price: bigint;
  readonly size: bigint;
}

export interface Taker {
  readonly owner: string;
  readonly side: Side;
  /** Worst price accepted. */
  readonly limit: bigint;
  readonly size: bigint;
}

export interface TakeResult {
  readonly matches: readonly Match[];
  /** Resting orders of the taker itself that stood in the way and left the book. */
  readonly selfTrades: readonly BookOrder[];
  readonly left: bigint;
}

export interface Level {
  readonly price: bigint;
  readonly size: bigint;
  readonly count: number;
}

interface PriceLevel {
  readonly price: bigint;
  /** Oldest first. */
  orders: BookOrder[];
}

export interface Book {
  /** Adds a resting order behind all others of its price. It must not cross. */
  rest(order: BookOrder): void;
  /** Matches against the other side, best price first, oldest first; never rests what is left. */
  take(taker: Taker): TakeResult;
  remove(oid: number): BookOrder | undefined;
  /** Removes every order of an owner in one pass. */
  removeAll(owner: string): void;
  /** Makes a resting order smaller in place: it keeps its priority. */
  shrink(oid: number, size: bigint): void;
  get(oid: number): BookOrder | undefined;
  best(side: Side): Level | undefined;
  levels(side: Side, count: number): readonly Level[];
  orders(side: Side): readonly BookOrder[];
  wouldCross(side: Side, price: bigint): boolean;
}

export const opposite = (side: Side): Side => (side === 'B' ? 'A' : 'B');

/** True where `price` is at least as good for the maker's side as `other` is: higher bids, lower asks come first. */
const isBetter = (side: Side, price: bigint, other: bigint): boolean => (side === 'B' ? price > other : price < other);

export function createBook(): Book {
  const sides: Record<Side, PriceLevel[]> = { B: [], A: [] };
  const byOid = new Map<number, BookOrder>();

  const wouldCross = (side: Side, price: bigint): boolean => {
    const best = sides[opposite(side)][0];
    return best !== undefined && !isBetter(side, best.price, price);
  };

  const drop = (order: BookOrder): void => {
    const levels = sides[order.side];
    const index = position(levels, order);
    const level = levels[index];
    if (level === undefined) return;
    level.orders.splice(level.orders.indexOf(order), 1);
    if (level.orders.length === 0) levels.splice(index, 1);
    byOid.delete(order.oid);
  };

  return {
    rest: (order) => {
      if (order.size <= 0n) throw new RangeError('a resting order has a size');
      if (wouldCross(order.side, order.price)) throw new RangeError('a resting order must not cross');
      const levels = sides[order.side];
      const index = position(levels, order);
      const level = levels[index];
      if (level?.price === order.price) level.orders.push(order);
      else levels.splice(index, 0, { price: order.price, orders: [order] });
      byOid.set(order.oid, order);
    },
    take: (taker) => takeFrom(sides[opposite(taker.side)], taker, drop),
    remove: (oid) => {
      const order = byOid.get(oid);
      if (order !== undefined) drop(order);
      return order;
    },
    removeAll: (owner) => {
      for (const side of ['B', 'A'] as const)
        sides[side] = sides[side].filter((level) => isLeftWithout(level, owner, byOid));
    },
    shrink: (oid, size) => {
      const order = byOid.get(oid);
      if (order !== undefined && size > 0n && size < order.size) order.size = size;
    },
    get: (oid) => byOid.get(oid),
    best: (side) => summary(sides[side][0]),
    levels: (side, count) => sides[side].slice(0, count).flatMap((level) => summary(level) ?? []),
    orders: (side) => sides[side].flatMap((level) => level.orders),
    wouldCross,
  };
}

function takeFrom(levels: readonly PriceLevel[], taker: Taker, drop: (order: BookOrder) => void): TakeResult {
  const matches: Match[] = [];
  const selfTrades: BookOrder[] = [];
  let left = taker.size;
  for (let level = levels[0]; left > 0n && level !== undefined; level = levels[0]) {
    if (isBetter(taker.side, level.price, taker.limit)) break;
    const maker = level.orders[0];
    if (maker === undefined) break;
    if (maker.owner === taker.owner) {
      selfTrades.push(maker);
      drop(maker);
      continue;
    }
    const size = maker.size < left ? maker.size : left;
    maker.size -= size;
    left -= size;
    matches.push({ maker, price: level.price, size });
    if (maker.size === 0n) drop(maker);
  }
  return { matches, selfTrades, left };
}

/** Takes an owner's orders out of a level; false where nothing is left of it. */
function isLeftWithout(level: PriceLevel, owner: string, byOid: Map<number, BookOrder>): boolean {
  const kept = level.orders.filter((order) => order.owner !== owner);
  if (kept.length < level.orders.length) {
    for (const order of level.orders) if (order.owner === owner) byOid.delete(order.oid);
    level.orders = kept;
  }
  return kept.length > 0;
}

/** Index of the level with the order's price, or where it would stand. */
function position(levels: readonly PriceLevel[], order: BookOrder): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const level = levels[middle];
    if (level !== undefined && isBetter(order.side, level.price, order.price)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function summary(level: PriceLevel | undefined): Level | undefined {
  if (level === undefined) return undefined;
  let size = 0n;
  for (const order of level.orders) size += order.size;
  return { price: level.price, size, count: level.orders.length };
}
