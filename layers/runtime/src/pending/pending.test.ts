import { describe, expect, it } from '@jest/globals';
import { createPendingRegistry } from '@perps/runtime/pending';

const order = (cloid: string, since: number) => ({ cloid, since });

describe('pending registry', () => {
  it('gives an item to the first who resolves it, and to nobody after', () => {
    const pending = createPendingRegistry<ReturnType<typeof order>>(({ since }) => since);
    expect(pending.add('a', order('a', 5))).toBe(true);
    expect(pending.add('a', order('other', 6))).toBe(false);
    expect(pending.resolve('a')).toEqual(order('a', 5));
    expect(pending.resolve('a')).toBeUndefined();
    expect(pending.size()).toBe(0);
  });

  it('tells what has waited long, oldest first, and since when the oldest does', () => {
    const pending = createPendingRegistry<ReturnType<typeof order>>(({ since }) => since);
    expect(pending.oldestSince()).toBeUndefined();
    for (const [cloid, since] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
    ] as const)
      pending.add(cloid, order(cloid, since));
    expect(pending.olderThan(30, 10).map(({ cloid }) => cloid)).toEqual(['a', 'b']);
    expect(pending.olderThan(100, 2).map(({ cloid }) => cloid)).toEqual(['a', 'b']);
    expect(pending.oldestSince()).toBe(10);
  });
});
