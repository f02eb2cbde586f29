/** Realised volatility of accepted marks: when it is too high the platform takes nothing on its own book (spec 00, 3). */
import type { Price } from '../money/index.ts';

export interface VolatilityLimits {
  /** Largest fall or rise inside the trailing hour, and inside the trailing minute, basis points. */
  readonly hourBps: bigint;
  readonly minuteBps: bigint;
  /** Both must stay below this share of their limits, percent … */
  readonly releasePercent: bigint;
  /** … for so long (ms) before the hold ends. */
  readonly calmMs: number;
}

export const DEFAULT_VOLATILITY_LIMITS: VolatilityLimits = {
  hourBps: 500n,
  minuteBps: 150n,
  releasePercent: 60n,
  calmMs: 600_000,
};

/** Prices within one stretch of time. */
interface Bucket {
  readonly startsAt: number;
  readonly high: Price;
  readonly low: Price;
}

export interface VolatilityState {
  /** Oldest first, covering the trailing hour. */
  readonly buckets: readonly Bucket[];
  readonly isVolatile: boolean;
  /** Since when both moves have been below the release line; undefined while they are not. */
  readonly calmSince: number | undefined;
}

const PPM = 1_000_000n;
const PPM_PER_BPS = 100n;
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
  const { at } = sample;
  const hour = largestMove(buckets, at - HOUR_MS);
  const minute = largestMove(buckets, at - MINUTE_MS);
  const hourLimit = limits.hourBps * PPM_PER_BPS;
  const minuteLimit = limits.minuteBps * PPM_PER_BPS;
  if (hour > hourLimit || minute > minuteLimit) return { buckets, isVolatile: true, calmSince: undefined };
  if (!state.isVolatile) return { buckets, isVolatile: false, calmSince: undefined };
  const isCalm = hour * 100n < hourLimit * limits.releasePercent && minute * 100n < minuteLimit * limits.releasePercent;
  if (!isCalm) return { buckets, isVolatile: true, calmSince: undefined };
  const calmSince = state.calmSince ?? at;
  return { buckets, isVolatile: at - calmSince < limits.calmMs, calmSince };
}

function withSample(
  buckets: readonly Bucket[],
  { price, at }: { readonly price: Price; readonly at: number },
): readonly Bucket[] {
  const startsAt = at - (at % BUCKET_MS);
  const last = buckets.at(-1);
  if (last !== undefined && startsAt <= last.startsAt) {
    if (price <= last.high && price >= last.low) return buckets;
    const high = price > last.high ? price : last.high;
    return [...buckets.slice(0, -1), { ...last, high, low: price < last.low ? price : last.low }];
  }
  const kept = buckets.filter((bucket) => bucket.startsAt + BUCKET_MS > at - HOUR_MS);
  return [...kept, { startsAt, high: price, low: price }];
}

/** Largest fall from an earlier high or rise from an earlier low since then, parts per million, rounded down. */
function largestMove(buckets: readonly Bucket[], since: number): bigint {
  let high = 0n;
  let low = 0n;
  let largest = 0n;
  for (const bucket of buckets) {
    if (bucket.startsAt + BUCKET_MS <= since) continue;
    if (bucket.high > high) high = bucket.high;
    if (low === 0n || bucket.low < low) low = bucket.low;
    const fall = ((high - bucket.low) * PPM) / high;
    const rise = ((bucket.high - low) * PPM) / low;
    if (fall > largest) largest = fall;
    if (rise > largest) largest = rise;
  }
  return largest;
}
