import { describe, expect, it } from '@jest/globals';
import { createVirtualClock } from '@perps/runtime/testing';
import { createTokenBucket, RateLimitedError } from '@perps/runtime/token-bucket';

const createBucket = (waitingMax = 10) => {
  const clock = createVirtualClock();
  const bucket = createTokenBucket({ clock, capacity: 10, refillPerSecond: 2, floors: [0, 2, 5], waitingMax });
  return { clock, bucket };
};

describe('token bucket', () => {
  it('keeps the last tokens for higher priorities', () => {
    const { bucket } = createBucket();
    expect(bucket.tryTake({ tokens: 5, priority: 2 })).toBe(true);
    expect(bucket.tryTake({ tokens: 1, priority: 2 })).toBe(false);
    expect(bucket.tryTake({ tokens: 3, priority: 1 })).toBe(true);
    expect(bucket.tryTake({ tokens: 1, priority: 1 })).toBe(false);
    expect(bucket.tryTake({ tokens: 2, priority: 0 })).toBe(true);
    expect(bucket.available()).toBe(0);
  });

  it('refills by the clock up to its capacity', async () => {
    const { clock, bucket } = createBucket();
    bucket.tryTake({ tokens: 10, priority: 0 });
    await clock.advance(2_000);
    expect(bucket.available()).toBeCloseTo(4);
    await clock.advance(60_000);
    expect(bucket.available()).toBe(10);
  });

  it('serves those who wait by priority, then in order', async () => {
    const { clock, bucket } = createBucket();
    bucket.tryTake({ tokens: 10, priority: 0 });
    const served: string[] = [];
    const wait = (name: string, priority: number) =>
      void bucket.take({ tokens: 1, priority }).then(() => served.push(name));
    wait('query 1', 2);
    wait('open 1', 1);
    wait('open 2', 1);
    wait('cancel', 0);
    await clock.advance(500);
    expect(served).toEqual(['cancel']);
    await clock.advance(1_500);
    expect(served).toEqual(['cancel', 'open 1']);
    await clock.advance(500);
    expect(served).toEqual(['cancel', 'open 1', 'open 2']);
    await clock.advance(2_000);
    expect(served).toEqual(['cancel', 'open 1', 'open 2', 'query 1']);
    expect(clock.pending()).toBe(0);
  });

  it('lets nobody slip past a caller of the same priority who waits', async () => {
    const { clock, bucket } = createBucket();
    bucket.tryTake({ tokens: 10, priority: 0 });
    void bucket.take({ tokens: 4, priority: 1 });
    await clock.advance(1_500);
    expect(bucket.tryTake({ tokens: 1, priority: 1 })).toBe(false);
    expect(bucket.tryTake({ tokens: 1, priority: 0 })).toBe(true);
  });

  it('refuses what can never be had, and more waiters than its bound', async () => {
    const { bucket } = createBucket(1);
    expect(() => bucket.tryTake({ tokens: 6, priority: 2 })).toThrow(RangeError);
    bucket.drain(10);
    void bucket.take({ tokens: 1, priority: 0 });
    await expect(bucket.take({ tokens: 1, priority: 0 })).rejects.toThrow(RateLimitedError);
  });
});
