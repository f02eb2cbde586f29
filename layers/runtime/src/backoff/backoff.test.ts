import { describe, expect, it } from '@jest/globals';
import { backoffCeilingMs, backoffMs } from '@perps/runtime/backoff';
import { createSeededRandom } from '@perps/runtime/testing';

describe('backoff', () => {
  it('doubles its ceiling up to the cap, however long an outage lasts', () => {
    const ceilings = [1, 2, 3, 4, 5, 100, 1e9].map((attempt) => backoffCeilingMs({ baseMs: 20, capMs: 200 }, attempt));
    expect(ceilings).toEqual([20, 40, 80, 160, 200, 200, 200]);
  });

  it('draws anywhere below the ceiling', () => {
    const random = createSeededRandom(3);
    const waits = Array.from({ length: 1_000 }, () => backoffMs({ baseMs: 20, capMs: 200 }, 10, random));
    expect(Math.max(...waits)).toBeLessThan(200);
    expect(Math.max(...waits)).toBeGreaterThan(190);
    expect(Math.min(...waits)).toBeLessThan(10);
  });
});
