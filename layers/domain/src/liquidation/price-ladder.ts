/**
 * Watch prices in buckets of 0.05 to 0.1 %, so that setting and lifting one costs the same whatever else is watched, and
 * a price looks only at what it has passed. Doubles: whoever sets a watch sets it early enough.
 */

/** Every watch of all ladders, as columns; a number is a watch. */
export interface Watches {
  price: Float64Array;
  /** Neighbours in the bucket, plus one; 0 = none. */
  next: Int32Array;
  previous: Int32Array;
  /** Whose it is, and the owner's next one (plus one). */
  owner: Int32Array;
  ownerNext: Int32Array;
  ladder: Int32Array;
  readonly ladders: Ladder[];
  /** First one that is free, plus one; beyond `used` all are. */
  free: number;
  used: number;
}

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

export const createWatches = (): Watches => ({
  price: new Float64Array(INITIAL_CAPACITY),
  next: new Int32Array(INITIAL_CAPACITY),
  previous: new Int32Array(INITIAL_CAPACITY),
  owner: new Int32Array(INITIAL_CAPACITY),
  ownerNext: new Int32Array(INITIAL_CAPACITY),
  ladder: new Int32Array(INITIAL_CAPACITY),
  ladders: [],
  free: 0,
  used: 0,
});

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
  watches.price[at] = watch.price;
  watches.owner[at] = watch.owner;
  watches.ownerNext[at] = watch.ownerNext;
  watches.ladder[at] = ladder.id;
  const bucket = bucketOf(watch.price);
  cover(ladder, bucket);
  const head = ladder.heads[bucket - ladder.base] ?? 0;
  watches.next[at] = head;
  watches.previous[at] = 0;
  if (head !== 0) watches.previous[head - 1] = at + 1;
  ladder.heads[bucket - ladder.base] = at + 1;
  const isNearer = ladder.side === 'below' ? bucket > ladder.nearest : bucket < ladder.nearest;
  if (isNearer) ladder.nearest = bucket;
  return at;
}

export function removeWatch(watches: Watches, at: number): void {
  const next = watches.next[at] ?? 0;
  const previous = watches.previous[at] ?? 0;
  if (next !== 0) watches.previous[next - 1] = previous;
  if (previous !== 0) watches.next[previous - 1] = next;
  else {
    const ladder = watches.ladders[watches.ladder[at] ?? 0];
    if (ladder !== undefined) ladder.heads[bucketOf(watches.price[at] ?? 0) - ladder.base] = next;
  }
  watches.next[at] = watches.free;
  watches.free = at + 1;
}

/** Calls `visit` with the owner of every watch that the price has reached; they stay set until they are removed. */
export function visitReached(
  watches: Watches,
  ladder: Ladder,
  reach: { readonly price: number; readonly visit: (owner: number) => void },
): void {
  const last = bucketOf(reach.price);
  const { side, base, heads } = ladder;
  const step = side === 'below' ? -1 : 1;
  const end = base + heads.length;
  let bucket = side === 'below' ? Math.min(ladder.nearest, end - 1) : Math.max(ladder.nearest, base);
  for (; side === 'below' ? bucket > last && bucket >= base : bucket < last && bucket < end; bucket += step) {
    for (let at = heads[bucket - base] ?? 0; at !== 0; at = watches.next[at - 1] ?? 0) {
      reach.visit(watches.owner[at - 1] ?? 0);
    }
  }
  for (let at = heads[last - base] ?? 0; at !== 0; at = watches.next[at - 1] ?? 0) {
    const price = watches.price[at - 1] ?? 0;
    if (side === 'below' ? reach.price <= price : reach.price >= price) reach.visit(watches.owner[at - 1] ?? 0);
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
    watches.free = watches.next[at] ?? 0;
    return at;
  }
  if (watches.used === watches.price.length) grow(watches);
  watches.used += 1;
  return watches.used - 1;
}

function grow(watches: Watches): void {
  const capacity = watches.price.length * 2;
  const price = new Float64Array(capacity);
  price.set(watches.price);
  watches.price = price;
  for (const column of ['next', 'previous', 'owner', 'ownerNext', 'ladder'] as const) {
    const larger = new Int32Array(capacity);
    larger.set(watches[column]);
    watches[column] = larger;
  }
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
