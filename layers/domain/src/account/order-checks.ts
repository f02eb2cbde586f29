/** The ladder of guards before an order is routed; its order says which refusal wins. */
import { checkPrice, checkSize, type MarketView } from '../market/index.ts';
import { notional, size, type Size, usd } from '../money/index.ts';
import { closableOn } from './legs.ts';
import type { OrderRequest } from './commands.ts';
import type { Draft } from './draft.ts';
import type { Rejection } from './results.ts';
import { isActive, OPEN_ORDERS_MAX, oppositeSize } from './state.ts';

/** Without an accepted mark for so long, nothing is decided on it (spec 01, long disconnect). ms. */
export const MARK_AGE_MS_MAX = 60_000;
/** Smallest order value, 10⁻⁶ USD. */
export const MINIMUM_ORDER_VALUE = usd(10_000_000n);
/** A limit may stand this far from the mark, percent (Hyperliquid's band). */
const PRICE_BAND_PERCENT = 80n;

export type Checked =
  | { readonly ok: true; readonly view: MarketView; readonly size: Size }
  | { readonly ok: false; readonly rejection: Rejection };

/** Judges one order by itself; `size` comes back shrunk where a reduce-only order is larger than what it closes. */
export function checkOrder(draft: Draft, request: OrderRequest): Checked {
  const view = draft.context.markets[request.symbol];
  if (view === undefined || view.instrument.isDelisted)
    return refuse({ reason: 'UnknownSymbol', symbol: request.symbol });
  const rejection = checkTrading(draft, view) ?? checkValues(view, request) ?? checkAccount(draft, request);
  if (rejection !== undefined) return refuse(rejection);
  const closable = closableSize(draft, request);
  if (request.reduceOnly && closable === 0n) return refuse({ reason: 'ReduceOnlyWouldIncrease' });
  const size = request.reduceOnly && closable < request.size ? closable : request.size;
  const closesWhole = size === wholeOpposite(draft, request);
  if (notional(request.limitPrice, size) < MINIMUM_ORDER_VALUE && !closesWhole)
    return refuse({ reason: 'MinimumValue' });
  if (size > closable && isReducing(draft, request.symbol)) return refuse({ reason: 'OnlyReducing' });
  return { ok: true, view, size };
}

/** Halted, or blind: nothing is decided at all. */
export function checkTrading(draft: Draft, view: MarketView): Rejection | undefined {
  if (draft.state.owner === undefined) return { reason: 'UnknownAccount' };
  const { policy } = draft.context;
  const symbolState = policy.symbols[view.instrument.symbol]?.tradingState;
  if (policy.tradingState === 'HALTED' || symbolState === 'HALTED') return { reason: 'TradingHalted' };
  return view.markAgeMs >= MARK_AGE_MS_MAX ? { reason: 'MarketDataUnavailable' } : undefined;
}

function checkValues(view: MarketView, request: OrderRequest): Rejection | undefined {
  const priceFault = checkPrice(view.instrument, request.limitPrice);
  if (priceFault === 'invalidPrice') return { reason: 'InvalidPrice' };
  const sizeFault = checkSize(request.size);
  if (sizeFault !== undefined) return { reason: sizeFault === 'zeroSize' ? 'ZeroSize' : 'InvalidSize' };
  if (priceFault === 'tickSize') return { reason: 'TickSize' };
  const away = request.limitPrice - view.markPrice;
  const isTooFar = (away < 0n ? -away : away) * 100n > view.markPrice * PRICE_BAND_PERCENT;
  return isTooFar ? { reason: 'PriceTooFar' } : undefined;
}

function checkAccount(draft: Draft, request: OrderRequest): Rejection | undefined {
  let count = 0;
  for (const key in draft.state.orders) {
    const order = draft.state.orders[key];
    if (order === undefined) continue;
    count += 1;
    if (request.cloid !== undefined && order.cloid === request.cloid && isActive(order))
      return { reason: 'DuplicateCloid' };
  }
  return count >= OPEN_ORDERS_MAX ? { reason: 'TooManyOpenOrders' } : undefined;
}

function closableSize(draft: Draft, { symbol, side }: OrderRequest): Size {
  return size(
    closableOn(draft, { symbol, side, route: 'INTERNAL' }) + closableOn(draft, { symbol, side, route: 'HYPERLIQUID' }),
  );
}

function wholeOpposite(draft: Draft, { symbol, side }: OrderRequest): Size {
  const { state } = draft;
  return size(
    oppositeSize(state, { symbol, side, route: 'INTERNAL' }) +
      oppositeSize(state, { symbol, side, route: 'HYPERLIQUID' }),
  );
}

function isReducing(draft: Draft, symbol: string): boolean {
  const { policy } = draft.context;
  return policy.tradingState === 'REDUCING' || policy.symbols[symbol]?.tradingState === 'REDUCING';
}

const refuse = (rejection: Rejection): Checked => ({ ok: false, rejection });
