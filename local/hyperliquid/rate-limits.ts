/** Weight per IP as a bucket that refills evenly over a minute. */
import type { Clock } from '@perps/runtime/ports';

const MINUTE_MS = 60_000;
/** Idle buckets are forgotten beyond so many addresses. */
const BUCKETS_MAX = 10_000;

export interface RateLimiter {
  /** Takes `weight`; false where not enough is left (nothing is taken then). */
  take(key: string, weight: number): boolean;
  /** Takes what an answer weighed after the fact; the bucket may run into debt. */
  charge(key: string, weight: number): void;
}

export function createRateLimiter(clock: Clock, perMinute: number): RateLimiter {
  const buckets = new Map<string, { left: number; at: number }>();
  const bucketOf = (key: string): { left: number; at: number } => {
    const now = clock.now();
    const bucket = buckets.get(key) ?? { left: perMinute, at: now };
    bucket.left = Math.min(perMinute, bucket.left + ((now - bucket.at) / MINUTE_MS) * perMinute);
    bucket.at = now;
    if (buckets.size >= BUCKETS_MAX) buckets.clear();
    buckets.set(key, bucket);
    return bucket;
  };
  return {
    take: (key, weight) => {
      const bucket = bucketOf(key);
      if (bucket.left < weight) return false;
      bucket.left -= weight;
      return true;
    },
    charge: (key, weight) => {
      bucketOf(key).left -= weight;
    },
  };
}
