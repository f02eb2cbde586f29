import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createBook, opposite, type Book, type Side } from './book.ts';

type Step =
  | {
      readonly kind: 'order';
      readonly owner: string;
      readonly side: Side;
      readonly price: bigint;
      readonly size: bigint;
    }
  | { readonly kind: 'remove'; readonly index: number };

const side = fc.constantFrom<Side>('B', 'A');
const owner = fc.constantFrom('ann', 'bob', 'cy');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      owner,
      side,
      price: fc.bigInt(90n, 110n),
      size: fc.bigInt(1n, 50n),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), index: fc.nat(50) }) },
);

const total = (book: Book, which: Side): bigint => book.orders(which).reduce((sum, order) => sum + order.size, 0n);
const resting = (book: Book): bigint => total(book, 'B') + total(book, 'A');

describe('the order book', () => {
  it('keeps price-time priority, never crosses, and loses no size', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const book = createBook();
        let oid = 0;
        for (const action of steps) {
          const before = resting(book);
          if (action.kind === 'remove') {
            const victim = [...book.orders('B'), ...book.orders('A')][action.index];
            const removed = victim === undefined ? undefined : book.remove(victim.oid);
            expect(resting(book)).toBe(before - (removed?.size ?? 0n));
            continue;
          }
          oid += 1;
          const queue = book.orders(opposite(action.side));
          const result = book.take({ owner: action.owner, side: action.side, limit: action.price, size: action.size });
          const matched = result.matches.reduce((sum, match) => sum + match.size, 0n);
          const selfTraded = result.selfTrades.reduce((sum, order) => sum + order.size, 0n);
          expect(matched + result.left).toBe(action.size);
          expect(resting(book)).toBe(before - matched - selfTraded);
          const order = result.matches.map((match) => match.maker.oid);
          const inQueue = queue.filter(({ oid }) => order.includes(oid)).map(({ oid }) => oid);
          expect(order).toEqual(inQueue);
          for (const { maker, price } of result.matches) {
            expect(maker.owner).not.toBe(action.owner);
            expect(price).toBe(maker.price);
            expect(action.side === 'B' ? price <= action.price : price >= action.price).toBe(true);
          }
          if (result.left > 0n)
            book.rest({ oid, owner: action.owner, side: action.side, price: action.price, size: result.left });
          const bid = book.best('B');
          const ask = book.best('A');
          if (bid !== undefined && ask !== undefined) expect(bid.price < ask.price).toBe(true);
          assertSorted(book);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses to rest an order that crosses or has no size', () => {
    const book = createBook();
    book.rest({ oid: 1, owner: 'ann', side: 'A', price: 100n, size: 5n });
    expect(() => book.rest({ oid: 2, owner: 'bob', side: 'B', price: 100n, size: 1n })).toThrow('must not cross');
    expect(() => book.rest({ oid: 2, owner: 'bob', side: 'B', price: 99n, size: 0n })).toThrow('has a size');
  });

  it('keeps the place of an order that shrinks', () => {
    const book = createBook();
    book.rest({ oid: 1, owner: 'ann', side: 'A', price: 100n, size: 5n });
    book.rest({ oid: 2, owner: 'bob', side: 'A', price: 100n, size: 5n });
    book.shrink(1, 2n);
    expect(book.best('A')).toEqual({ price: 100n, size: 7n, count: 2 });
    expect(book.take({ owner: 'cy', side: 'B', limit: 100n, size: 3n }).matches.map(({ maker }) => maker.oid)).toEqual([
      1, 2,
    ]);
  });
});

function assertSorted(book: Book): void {
  for (const which of ['B', 'A'] as const) {
    const orders = book.orders(which);
    for (const [index, order] of orders.entries()) {
      const previous = orders[index - 1];
      if (previous === undefined) continue;
      const inPriceOrder = which === 'B' ? previous.price > order.price : previous.price < order.price;
      expect(inPriceOrder || (previous.price === order.price && previous.oid < order.oid)).toBe(true);
    }
  }
}
