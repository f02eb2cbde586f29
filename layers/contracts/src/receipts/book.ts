/** The visible book a price was made of: its name in receipts, and what it would have given for a size. */
import { createHash } from 'node:crypto';
import { parsePrice, parseSize } from '@perps/domain/money';
import { z } from 'zod';

const level = z.object({ px: z.string(), sz: z.string(), n: z.number() });

/** A book as Hyperliquid's `l2Book` answers it: bids, then asks, best first. */
export const visibleBook = z.object({
  coin: z.string(),
  time: z.number(),
  levels: z.tuple([z.array(level).readonly(), z.array(level).readonly()]).readonly(),
});

export type VisibleBook = Readonly<z.infer<typeof visibleBook>>;

/** 128 bits name one book among all; the journal carries them with every order. */
const HEX_DIGITS = 32;

/** Names a book: SHA-256 of `coin`, `time` and the levels as the venue wrote them (px, sz, n), cut to 128 bits, in hex. */
export function bookHash({ coin, time, levels }: VisibleBook): string {
  const canonical = JSON.stringify([coin, time, ...levels.map((side) => side.map(({ px, sz, n }) => [px, sz, n]))]);
  return createHash('sha256').update(canonical).digest('hex').slice(0, HEX_DIGITS);
}

/** A fill in the words of its receipt. */
export interface BookTaker {
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly size: string;
  readonly szDecimals: number;
}

/**
 * True where the price is not worse than the average of taking the size from the book level by level, rounded against
 * the taker to a tick; what the levels do not hold is priced at the last of them. Anything unreadable is false.
 */
export function isWithinBook({ side, price, size, szDecimals }: BookTaker, book: VisibleBook): boolean {
  const paid = parsePrice(price, szDecimals);
  const wanted = parseSize(size, szDecimals);
  const levels = (side === 'buy' ? book.levels[1] : book.levels[0]).map(({ px, sz }) => ({
    at: parsePrice(px, szDecimals),
    holds: parseSize(sz, szDecimals),
  }));
  if (paid === undefined || wanted === undefined || wanted <= 0n || levels.length === 0) return false;
  let [left, notional, last]: [bigint, bigint, bigint] = [wanted, 0n, 0n];
  for (const { at, holds } of levels) {
    if (at === undefined || holds === undefined) return false;
    const taken = holds < left ? holds : left;
    notional += at * taken;
    left -= taken;
    last = at;
  }
  notional += last * left;
  // At most a tick beyond the exact average: price × size against Σ level × size, in whole numbers.
  return side === 'buy' ? (paid - 1n) * wanted < notional : (paid + 1n) * wanted > notional;
}
