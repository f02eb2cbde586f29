/** Request weight per client address: a bucket that refills over a minute, as at Hyperliquid (1,200 per IP). */

export interface IpBudget {
  /** Takes `weight` if the bucket has it; false = over the limit. */
  take(ip: string, weight: number): boolean;
  /** Rows cost extra, known only after the answer: the bucket may go into debt. */
  charge(ip: string, weight: number): void;
}

interface Bucket {
  tokens: number;
  at: number;
}

const MINUTE_MS = 60_000;
/** Addresses remembered; beyond it the one unused for longest is dropped. */
const ADDRESSES_MAX = 20_000;

/** `weightPerMinute` is asked per address, so that loopback may have its own limit. */
export function createIpBudget(options: {
  readonly weightPerMinute: (ip: string) => number;
  readonly now: () => number;
}): IpBudget {
  const buckets = new Map<string, Bucket>();

  function bucketOf(ip: string): Bucket {
    const limit = options.weightPerMinute(ip);
    const now = options.now();
    const bucket = buckets.get(ip) ?? { tokens: limit, at: now };
    bucket.tokens = Math.min(limit, bucket.tokens + ((now - bucket.at) * limit) / MINUTE_MS);
    bucket.at = now;
    // Inserted anew, so that the first of the map is the one unused for longest.
    buckets.delete(ip);
    buckets.set(ip, bucket);
    const oldest = buckets.keys().next().value;
    if (buckets.size > ADDRESSES_MAX && oldest !== undefined) buckets.delete(oldest);
    return bucket;
  }

  return {
    take(ip, weight) {
      const bucket = bucketOf(ip);
      if (bucket.tokens < weight) return false;
      bucket.tokens -= weight;
      return true;
    },
    charge(ip, weight) {
      if (weight > 0) bucketOf(ip).tokens -= weight;
    },
  };
}

/** True for addresses of this machine. */
export function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.') || ip.startsWith('::ffff:127.');
}
