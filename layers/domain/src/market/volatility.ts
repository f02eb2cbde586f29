/** Realised volatility of accepted marks: when it is too high the platform takes nothing on its own book (spec 00, 3). */
import type { Price } from '../money/index.ts';

export interface VolatilityLimits {
  /** Largest fall or rise inside the trailing hour, and inside the trailing minute, basis points. */
  readonly hourBps: number;
  readonly minuteBps: number;
  /** Both must stay below this share of their limits, percent … */
  readonly releasePercent: number;
  /** … for so long (ms) before the hold ends. */
  readonly calmMs: number;
}

export const DEFAULT_VOLATILITY_LIMITS: VolatilityLimits = {
  hourBps: 500,
  minuteBps: 150,
  releasePercent: 60,
  calmMs: 600_000,
};

/** Prices within one stretch of time, in ticks: doubles hold them exactly, and no money hangs on their ratio. */
interface Bucket {
  readonly startsAt: number;
  readonly high: number;
  readonly low: number;
}

export interface VolatilityState {
  /** Oldest first, covering the trailing hour. */
  readonly buckets: readonly Bucket[];
  readonly isVolatile: boolean;
  /** Since when both moves have been below the release line; undefined while they are not. */
  readonly calmSince: number | undefined;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The window is as exact as this (ms): never shorter than it should be. */
const BUCKET_MS = 10_000;

export const initialVolatility: VolatilityState = { buckets: [], isVolatile: false, calmSince: undefined };

/** The state after one more accepted mark. Within a bucket the order of prices is unknown and taken as the worse one. */
export function judgeVolatility(
  state: VolatilityState,
  sample: { readonly price: Price; readonly at: number },
  limits: VolatilityLimits = DEFAULT_VOLATILITY_LIMITS,
): VolatilityState {
  const buckets = withSample(state.buckets, sample);
  // A price between those of the last seconds moves nothing; while a hold lasts, time alone may end it.
  if (buckets === state.buckets && !state.isVolatile) return state;
  const { at } = sample;
  const hour = largestMoveBps(buckets, at - HOUR_MS);
  const minute = largestMoveBps(buckets, at - MINUTE_MS);
  if (hour > limits.hourBps || minute > limits.minuteBps) return { buckets, isVolatile: true, calmSince: undefined };
  if (!state.isVolatile) return { buckets, isVolatile: false, calmSince: undefined };
  const release = limits.releasePercent / 100;
  const isCalm = hour < limits.hourBps * release && minute < limits.minuteBps * release;
  if (!isCalm) return { buckets, isVolatile: true, calmSince: undefined };
  const calmSince = state.calmSince ?? at;
  return { buckets, isVolatile: at - calmSince < limits.calmMs, calmSince };
}

function withSample(
  buckets: readonly Bucket[],
  sample: { readonly price: Price; readonly at: number },
): readonly Bucket[] {
  const price = Number(sample.price);
  const { at } = sample;
  const startsAt = at - (at % BUCKET_MS);
  const last = buckets.at(-1);
  if (last !== undefined && startsAt <= last.startsAt) {
    if (price <= last.high && price >= last.low) return buckets;
    return [...buckets.slice(0, -1), { ...last, high: Math.max(price, last.high), low: Math.min(price, last.low) }];
  }
  const kept = buckets.filter((bucket) => bucket.startsAt + BUCKET_MS > at - HOUR_MS);
  return [...kept, { startsAt, high: price, low: price }];
}

/** Largest fall from an earlier high, or rise from an earlier low, since then; basis points. */
function largestMoveBps(buckets: readonly Bucket[], since: number): number {
  let high = 0;
  let low = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const bucket of buckets) {
    if (bucket.startsAt + BUCKET_MS <= since) continue;
    if (bucket.high > high) high = bucket.high;
    if (bucket.low < low) low = bucket.low;
    const fall = (high - bucket.low) / high;
    const rise = (bucket.high - low) / low;
    if (fall > largest) largest = fall;
    if (rise > largest) largest = rise;
  }
  return largest * 10_000;
}
