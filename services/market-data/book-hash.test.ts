import { describe, expect, it } from '@jest/globals';
import { bookHash } from './book-hash.ts';

const book = {
  coin: 'BTC',
  time: 1_763_719_200_000,
  levels: [[{ px: '99999.0', sz: '1.5', n: 3 }], [{ px: '100000.0', sz: '2.0', n: 1 }]],
} as const;

describe('the name of a book', () => {
  it('is that of its levels and moment, whatever order its fields come in', () => {
    const { coin, time, levels } = book;
    expect(bookHash(book)).toMatch(/^[0-9a-f]{32}$/);
    expect(bookHash({ levels, time, coin })).toBe(bookHash(book));
  });

  it('changes with a level, a side and the time', () => {
    const [bids, asks] = book.levels;
    const others = [
      { ...book, time: book.time + 1 },
      { ...book, levels: [asks, bids] as const },
      { ...book, levels: [[{ px: '99999.0', sz: '1.4', n: 3 }], asks] as const },
    ];
    expect(new Set([book, ...others].map(bookHash)).size).toBe(4);
  });
});
