import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { addSorted, countSorted, emptyList, removeSorted, takeFront } from './sorted-list.ts';

const ascending = (left: number, right: number): number => left - right;

describe('a sorted list in runs', () => {
  it('is what a sorted array is, whatever is added and removed', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(300)), { maxLength: 600 });
    fc.assert(
      fc.property(steps, (all) => {
        const list = emptyList(ascending);
        const plain = new Set<number>();
        for (const [isAdded, item] of all) {
          if (isAdded && !plain.has(item)) {
            addSorted(list, item);
            plain.add(item);
          } else if (!isAdded) {
            removeSorted(list, item);
            plain.delete(item);
          }
        }
        expect(list.runs.flat()).toEqual([...plain].sort(ascending));
        expect(list.runs.every((run) => run.length > 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('stays sorted over many runs, from both ends', () => {
    const list = emptyList(ascending);
    const items = Array.from({ length: 20_000 }, (_, index) => (index * 7_919) % 20_000);
    for (const item of items) addSorted(list, item);
    expect(countSorted(list)).toBe(20_000);
    expect(takeFront(list, { max: 3, isReached: () => true, isWanted: (item) => item % 2 === 1 })).toEqual([1, 3, 5]);
    expect(takeFront(list, { max: 9, isReached: (item) => item < 2 })).toEqual([0, 1]);
    for (const item of items) if (item % 10 !== 0) removeSorted(list, item);
    expect(list.runs.flat()).toEqual(Array.from({ length: 2_000 }, (_, index) => index * 10));
  });
});
