/**
 * Watch prices in buckets of 0.05 to 0.1 %, so that setting and lifting one costs the same whatever else is watched, and
 * a price looks only at what it has passed. Doubles: whoever sets a watch sets it early enough.
 */

/**
 * Every watch of all ladders, in rows of half a cache line; a number is a watch. Links are numbers plus one, 0 = none:
 * neighbours in the bucket, the owner and its next watch, the ladder.
 */
export interface Watches {
  rows: Int32Array;
  /** The same memory as doubles: the price is the first of a row. */
  prices: Float64Array;
  readonly ladders: Ladder[];
  /** First one that is free, plus one; beyond `used` all are. */
  free: number;
  used: number;
}

const ROW_BYTES = 32;
const ROW = ROW_BYTES / Int32Array.BYTES_PER_ELEMENT;
const PRICE = ROW_BYTES / Float64Array.BYTES_PER_ELEMENT;
const NEXT = 2;
const PREVIOUS = 3;
const OWNER = 4;
const OWNER_NEXT = 5;
const LADDER = 6;

/** `below` fires at prices at or under the watch, `above` at or over it. */
export interface Ladder {
  readonly id: number;
  readonly side: 'below' | 'above';
  /** Bucket of `heads[0]`; a head is a watch plus one. */
  base: number;
  heads: Int32Array;
  /** The bucket that the price reaches first, or one that it would reach before. */
  nearest: number;
}

const INITIAL_CAPACITY = 1_024;
/** Buckets kept free around those in use, so that heads are seldom copied. */
const SPARE_BUCKETS = 128;

export function createWatches(): Watches {
  const buffer = new ArrayBuffer(INITIAL_CAPACITY * ROW_BYTES);
  return { rows: new Int32Array(buffer), prices: new Float64Array(buffer), ladders: [], free: 0, used: 0 };
}

/** The owner's next watch, plus one. */
export const ownerNextOf = ({ rows }: Watches, at: number): number => rows[at * ROW + OWNER_NEXT] ?? 0;

export function createLadder(watches: Watches, side: Ladder['side']): Ladder {
  const nearest = side === 'below' ? -1 : Number.MAX_SAFE_INTEGER;
  const ladder: Ladder = { id: watches.ladders.length, side, base: 0, heads: new Int32Array(0), nearest };
  watches.ladders.push(ladder);
  return ladder;
}

/** The upper bits of a double grow with it: exponent and ten bits of the fraction. Anything below 1 is one bucket. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const BUCKET_OF_ONE = 1_023 << 10;

function bucketOf(price: number): number {
  if (!(price > 1)) return 0;
  double[0] = price;
  return ((words[HIGH_WORD] ?? 0) >>> 10) - BUCKET_OF_ONE;
}

export interface Watch {
  readonly price: number;
  readonly owner: number;
  /** The owner's watch before this one, plus one. */
  readonly ownerNext: number;
}

/** Sets a watch and returns its number. */
export function addWatch(watches: Watches, ladder: Ladder, watch: Watch): number {
  const at = take(watches);
  const { rows, prices } = watches;
  const row = at * ROW;
  const bucket = bucketOf(watch.price);
  cover(ladder, bucket);
  const head = ladder.heads[bucket - ladder.base] ?? 0;
  prices[at * PRICE] = watch.price;
  rows[row + NEXT] = head;
  rows[row + PREVIOUS] = 0;
  rows[row + OWNER] = watch.owner;
  rows[row + OWNER_NEXT] = watch.ownerNext;
  rows[row + LADDER] = ladder.id;
  if (head !== 0) rows[(head - 1) * ROW + PREVIOUS] = at + 1;
  ladder.heads[bucket - ladder.base] = at + 1;
  const isNearer = ladder.side === 'below' ? bucket > ladder.nearest : bucket < ladder.nearest;
  if (isNearer) ladder.nearest = bucket;
  return at;
}

export function removeWatch(watches: Watches, at: number): void {
  const { rows, prices } = watches;
  const row = at * ROW;
  const next = rows[row + NEXT] ?? 0;
  const previous = rows[row + PREVIOUS] ?? 0;
  if (next !== 0) rows[(next - 1) * ROW + PREVIOUS] = previous;
  if (previous !== 0) rows[(previous - 1) * ROW + NEXT] = next;
  else {
    const ladder = watches.ladders[rows[row + LADDER] ?? 0];
    if (ladder !== undefined) ladder.heads[bucketOf(prices[at * PRICE] ?? 0) - ladder.base] = next;
  }
  rows[row + NEXT] = watches.free;
  watches.free = at + 1;
}

/** Calls `visit` with the owner of every watch that the price has reached; they stay set until they are removed. */
export function visitReached(
  { rows, prices }: Watches,
  { side, base, heads, nearest }: Ladder,
  reach: { readonly price: number; readonly visit: (owner: number) => void },
): void {
  const last = bucketOf(reach.price);
  const isBelow = side === 'below';
  const end = base + heads.length;
  const step = isBelow ? -1 : 1;
  let bucket = isBelow ? Math.min(nearest, end - 1) : Math.max(nearest, base);
  for (; isBelow ? bucket > last && bucket >= base : bucket < last && bucket < end; bucket += step) {
    for (let at = heads[bucket - base] ?? 0; at !== 0; at = rows[(at - 1) * ROW + NEXT] ?? 0) {
      reach.visit(rows[(at - 1) * ROW + OWNER] ?? 0);
    }
  }
  for (let at = heads[last - base] ?? 0; at !== 0; at = rows[(at - 1) * ROW + NEXT] ?? 0) {
    const price = prices[(at - 1) * PRICE] ?? 0;
    if (isBelow ? reach.price <= price : reach.price >= price) reach.visit(rows[(at - 1) * ROW + OWNER] ?? 0);
  }
}

/** To be called once everything that was reached is removed: the next price starts from here. */
export function settleAt(ladder: Ladder, price: number): void {
  const bucket = bucketOf(price);
  if (ladder.side === 'below' ? ladder.nearest > bucket : ladder.nearest < bucket) ladder.nearest = bucket;
}

function take(watches: Watches): number {
  if (watches.free !== 0) {
    const at = watches.free - 1;
    watches.free = watches.rows[at * ROW + NEXT] ?? 0;
    return at;
  }
  if (watches.used * ROW === watches.rows.length) grow(watches);
  watches.used += 1;
  return watches.used - 1;
}

function grow(watches: Watches): void {
  const buffer = new ArrayBuffer(watches.rows.byteLength * 2);
  const rows = new Int32Array(buffer);
  rows.set(watches.rows);
  watches.rows = rows;
  watches.prices = new Float64Array(buffer);
}

function cover(ladder: Ladder, bucket: number): void {
  const { base, heads } = ladder;
  if (bucket >= base && bucket < base + heads.length) return;
  const from = Math.max(0, Math.min(bucket - SPARE_BUCKETS, heads.length === 0 ? bucket : base));
  const to = Math.max(bucket + SPARE_BUCKETS, heads.length === 0 ? bucket : base + heads.length);
  const larger = new Int32Array(to - from);
  larger.set(heads, heads.length === 0 ? 0 : base - from);
  ladder.base = from;
  ladder.heads = larger;
}
