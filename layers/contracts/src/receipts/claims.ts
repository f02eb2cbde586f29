/** What a receipt's fields must say of each other: a signature alone would also stand under a broken promise. */
import { parseDecimal } from '@perps/domain/money';
import { bookHash, isWithinBook, type VisibleBook } from './book.ts';
import { LIQUIDATION_RULE, type ReceiptBody, type ReceiptQuote } from './model.ts';

/**
 * What the fill's price rests on. `best-level`: at or better than the visible best price of the other side.
 * `walked-book`: beyond it, by walking the levels that `bookHash` names; only with that book can it be checked.
 * `proven-book`: it was.
 * `limit-reached`: a resting order, whose price the visible book had reached. `venue`: Hyperliquid's own execution.
 * `mark`: a liquidation, at the mark or at most half the visible spread worse.
 */
export type PriceBasis = 'best-level' | 'walked-book' | 'proven-book' | 'limit-reached' | 'venue' | 'mark';

export type Claims =
  { readonly holds: true; readonly basis: PriceBasis } | { readonly holds: false; readonly reason: BrokenClaim };

export type BrokenClaim =
  | 'QuoteMissing'
  | 'VenueMissing'
  | 'RouteContradicted'
  | 'OtherSideEmpty'
  | 'WorseThanBook'
  | 'BookNotReached'
  | 'WorseThanMark';

const broken = (reason: BrokenClaim): Claims => ({ holds: false, reason });
const rests = (basis: PriceBasis): Claims => ({ holds: true, basis });

/** Prices have six decimals at most; finer ones were not written by us. */
const PRICE_DECIMALS = 6;

/**
 * Checks the promises of spec 02: an INTERNAL taker fill is never worse than Hyperliquid's visible book, a resting
 * order fills only where that book has reached it, a venue fill names the venue's execution. `books` are recorded ones.
 */
export function checkClaims(body: ReceiptBody, books: readonly VisibleBook[] = []): Claims {
  const { route, quote, venue } = body;
  if (route === 'HYPERLIQUID') return venue === undefined ? broken('VenueMissing') : rests('venue');
  if (venue !== undefined) return broken('RouteContradicted');
  if (quote === undefined) return broken('QuoteMissing');
  if (body.rule === LIQUIDATION_RULE) return isWithinSpread(body, quote) ? rests('mark') : broken('WorseThanMark');
  const best = body.side === 'buy' ? quote.ask : quote.bid;
  if (best === undefined) return broken('OtherSideEmpty');
  const order = compare(body.price, best);
  if (order === undefined) return broken('WorseThanBook');
  // How much worse than the best level the user's price is, in the user's direction.
  const worse = body.side === 'buy' ? order : -order;
  if (body.liquidity === 'maker') return worse >= 0 ? rests('limit-reached') : broken('BookNotReached');
  if (worse <= 0) return rests('best-level');
  return quote.bookHash === undefined ? broken('WorseThanBook') : walked(body, quote.bookHash, books);
}

/** At the mark, or at most half the visible spread worse for the user. */
function isWithinSpread({ side, price }: ReceiptBody, { mark, bid, ask }: ReceiptQuote): boolean {
  const [at, fair] = [parseDecimal(price, PRICE_DECIMALS), parseDecimal(mark, PRICE_DECIMALS)];
  if (at === undefined || fair === undefined) return false;
  const [low, high] = [parseDecimal(bid ?? '', PRICE_DECIMALS), parseDecimal(ask ?? '', PRICE_DECIMALS)];
  const spread = low === undefined || high === undefined || high < low ? 0n : high - low;
  const worse = side === 'sell' ? fair - at : at - fair;
  return worse * 2n <= spread;
}

function walked(body: ReceiptBody, name: string, books: readonly VisibleBook[]): Claims {
  const book = books.find((candidate) => bookHash(candidate) === name);
  if (book === undefined) return rests('walked-book');
  return isWithinBook(body, book) ? rests('proven-book') : broken('WorseThanBook');
}

/** −1, 0, 1; undefined where one of them is no price. */
function compare(left: string, right: string): number | undefined {
  const [one, other] = [parseDecimal(left, PRICE_DECIMALS), parseDecimal(right, PRICE_DECIMALS)];
  if (one === undefined || other === undefined) return undefined;
  return one === other ? 0 : one < other ? -1 : 1;
}
