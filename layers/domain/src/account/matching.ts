/** What an INTERNAL leg meets at its moment: HL's visible book. */
import type { Writable } from '../kernel/index.ts';
import { bestLevel, bookFillPrice, crosses, type MarketView } from '../market/index.ts';
import type { Price, Size } from '../money/index.ts';
import type { OrderRequest } from './commands.ts';
import type { QuoteUsed } from './events.ts';
import type { Side } from './model.ts';
import type { Rejection } from './results.ts';

export type Match =
  | { readonly kind: 'fill'; readonly price: Price }
  | { readonly kind: 'rest' }
  | { readonly kind: 'refuse'; readonly rejection: Rejection };

/** A marketable leg fills whole at the book's price, never beyond its limit; else it rests, or is refused as its time in force says. */
export function matchInternal(
  view: MarketView,
  request: Pick<OrderRequest, 'side' | 'limitPrice' | 'timeInForce'> & { readonly size: Size },
  slippageCapTenthsBps: number,
): Match {
  const { side, limitPrice, timeInForce } = request;
  if (!crosses(view, side, limitPrice)) {
    if (timeInForce !== 'IOC') return { kind: 'rest' };
    const reason = bestLevel(view, side) === undefined ? 'NoLiquidity' : 'NothingToMatch';
    return { kind: 'refuse', rejection: { reason } };
  }
  if (timeInForce === 'ALO') return { kind: 'refuse', rejection: postOnlyWouldMatch(view) };
  const found = bookFillPrice(view, request, slippageCapTenthsBps);
  if (found === undefined) return { kind: 'refuse', rejection: { reason: 'NoLiquidity' } };
  return { kind: 'fill', price: better(found, limitPrice, side) };
}

export const postOnlyWouldMatch = (view: MarketView): Rejection => ({
  reason: 'PostOnlyWouldMatch',
  bid: view.bbo.bid?.price,
  ask: view.bbo.ask?.price,
});

/** What the decision looked at, for the receipt. */
export function quoteOf(view: MarketView): QuoteUsed {
  const quote: Writable<QuoteUsed> = {
    bid: view.bbo.bid?.price,
    ask: view.bbo.ask?.price,
    markPrice: view.markPrice,
    oraclePrice: view.oraclePrice,
    quoteAgeMs: view.quoteAgeMs,
    markAgeMs: view.markAgeMs,
  };
  if (view.bookHash !== undefined) quote.bookHash = view.bookHash;
  return quote;
}

/** For the taker. */
function better(left: Price, right: Price, side: Side): Price {
  const isLeftLower = left < right;
  return isLeftLower === (side === 'buy') ? left : right;
}
