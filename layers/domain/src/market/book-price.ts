import { divide, price, type Price, type Size } from '../money/index.ts';
import type { BookLevel, MarketView } from './model.ts';

/** Basis points in tenths are parts of this. */
const TENTHS_OF_BPS = 100_000n;

/** The best level a taker of this side meets; undefined where that side of the book is empty. */
export const bestLevel = (view: MarketView, side: 'buy' | 'sell'): BookLevel | undefined =>
  side === 'buy' ? view.bbo.ask : view.bbo.bid;

/** True where a limit of this side meets the best opposite level. */
export function crosses(view: MarketView, side: 'buy' | 'sell', limit: Price): boolean {
  const best = bestLevel(view, side);
  if (best === undefined) return false;
  return side === 'buy' ? best.price <= limit : best.price >= limit;
}

/** The worst price a market order may take: the best level moved by the cap (tenths of a basis point), against the taker. */
export function slippageLimit(best: Price, side: 'buy' | 'sell', capTenthsBps: number): Price {
  const cap = BigInt(capTenthsBps);
  return side === 'buy'
    ? price(divide(best * (TENTHS_OF_BPS + cap), TENTHS_OF_BPS, 'down'))
    : price(divide(best * (TENTHS_OF_BPS - cap), TENTHS_OF_BPS, 'up'));
}

/**
 * The price at which the venue's visible book would fill `size` at once: the best level, for the whole size, where the
 * levels within the slippage cap hold enough; else the walked average, rounded against the taker. undefined = no liquidity.
 */
export function bookFillPrice(
  view: MarketView,
  order: { readonly side: 'buy' | 'sell'; readonly size: Size },
  slippageCapTenthsBps: number,
): Price | undefined {
  const { side, size } = order;
  const best = bestLevel(view, side);
  if (best === undefined) return undefined;
  if (best.size >= size) return best.price;
  const levels = side === 'buy' ? view.asks : view.bids;
  // Without a book only the best level is known; it says nothing about what stands behind it.
  if (levels.length === 0) return best.price;
  const limit = slippageLimit(best.price, side, slippageCapTenthsBps);
  const walked = walk(levels, { side, size, limit });
  if (walked.sizeWithinLimit >= size) return best.price;
  const average = price(divide(walked.notional, size, side === 'buy' ? 'up' : 'down'));
  return worse(average, best.price, side);
}

function worse(left: Price, right: Price, side: 'buy' | 'sell'): Price {
  const isLeftHigher = left > right;
  return isLeftHigher === (side === 'buy') ? left : right;
}

/** Takes levels in order until the size is full; what the visible book cannot hold is priced at its last level. */
function walk(
  levels: readonly BookLevel[],
  order: { readonly side: 'buy' | 'sell'; readonly size: Size; readonly limit: Price },
): { readonly notional: bigint; readonly sizeWithinLimit: bigint } {
  let left: bigint = order.size;
  let notional = 0n;
  let sizeWithinLimit = 0n;
  let last = 0n;
  for (const level of levels) {
    const taken = level.size < left ? level.size : left;
    notional += level.price * taken;
    left -= taken;
    last = level.price;
    if (order.side === 'buy' ? level.price <= order.limit : level.price >= order.limit) sizeWithinLimit += taken;
    if (left === 0n) break;
  }
  return { notional: notional + last * left, sizeWithinLimit };
}
