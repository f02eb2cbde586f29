/** The ladder of guards before an order is routed; its order says which refusal wins. */
import { checkPrice, checkSize, type MarketView } from '../market/index.ts';
import { notional, type Price, size, type Size, usd } from '../money/index.ts';
import { closableOn } from './legs.ts';
import type { OrderRequest } from './commands.ts';
import type { Draft } from './draft.ts';
import type { Rejection } from './results.ts';
import { isActive, OPEN_ORDERS_MAX, openOrdersMax, oppositeOf } from './state.ts';
import { accountTradingState, isPaused, marketState } from './trading-state.ts';

/** Without an accepted mark for so long, nothing is decided on it (spec 01, long disconnect). ms. */
export const MARK_AGE_MS_MAX = 60_000;
/** Smallest order value, 10⁻⁶ USD. */
export const MINIMUM_ORDER_VALUE = usd(10_000_000n);
/** A limit may stand this far from the mark, percent (Hyperliquid's band). */
const PRICE_BAND_PERCENT = 80n;

export type Checked =
  | { readonly ok: true; readonly view: MarketView; readonly size: Size }
  | { readonly ok: false; readonly rejection: Rejection };

/** A trigger that fires was judged when it was placed: caps, band and cloid are not asked again, and what it closes may be small. */
export interface Occasion {
  readonly isFired: boolean;
}

/** Judges one order by itself; `size` comes back shrunk where a reduce-only order is larger than what it closes. */
export function checkOrder(draft: Draft, request: OrderRequest, { isFired }: Occasion): Checked {
  const view = draft.context.markets[request.symbol];
  if (view === undefined || view.instrument.isDelisted)
    return refuse({ reason: 'UnknownSymbol', symbol: request.symbol });
  const rejection =
    checkTrading(draft, view) ??
    checkValues(view, request) ??
    (isFired ? undefined : (checkBand(view, request) ?? checkAccount(draft, request)));
  if (rejection !== undefined) return refuse(rejection);
  const closable = closableSize(draft, request);
  if (request.reduceOnly && closable === 0n) return refuse({ reason: 'ReduceOnlyWouldIncrease' });
  const size = request.reduceOnly && closable < request.size ? closable : request.size;
  const mayBeSmall = size === oppositeOf(draft.state, request) || (isFired && request.reduceOnly);
  if (notional(request.limitPrice, size) < MINIMUM_ORDER_VALUE && !mayBeSmall)
    return refuse({ reason: 'MinimumValue' });
  const held = checkStates(draft, request.symbol, { opens: size > closable, closes: closable > 0n });
  return held === undefined ? { ok: true, view, size } : refuse(held);
}

/** Halted, or blind: nothing is decided at all. */
export function checkTrading(draft: Draft, view: MarketView): Rejection | undefined {
  if (draft.state.owner === undefined) return { reason: 'UnknownAccount' };
  if (marketState(draft.context.policy, view.instrument.symbol) === 'HALTED') return { reason: 'TradingHalted' };
  if (draft.state.tradingState === 'HALTED') return { reason: 'AccountRestricted', tradingState: 'HALTED' };
  return view.markAgeMs >= MARK_AGE_MS_MAX ? { reason: 'MarketDataUnavailable' } : undefined;
}

function checkValues(view: MarketView, request: OrderRequest): Rejection | undefined {
  const priceFault = checkPrice(view.instrument, request.limitPrice);
  if (priceFault === 'invalidPrice') return { reason: 'InvalidPrice' };
  const sizeFault = checkSize(request.size);
  if (sizeFault !== undefined) return { reason: sizeFault === 'zeroSize' ? 'ZeroSize' : 'InvalidSize' };
  return priceFault === 'tickSize' ? { reason: 'TickSize' } : undefined;
}

const checkBand = (view: MarketView, request: OrderRequest): Rejection | undefined =>
  isFarFrom(view.markPrice, request.limitPrice) ? { reason: 'PriceTooFar' } : undefined;

/** True where a limit stands outside the band of its reference price. */
export function isFarFrom(reference: Price, limit: Price): boolean {
  const away = limit - reference;
  return (away < 0n ? -away : away) * 100n > reference * PRICE_BAND_PERCENT;
}

/** The caps of open orders, triggers among them, and the cloid that no other open one may have. */
export function checkAccount(draft: Draft, request: OrderRequest): Rejection | undefined {
  let count = 0;
  for (const order of draft.state.orders) {
    count += 1;
    if (request.cloid !== undefined && order.cloid === request.cloid && isActive(order))
      return { reason: 'DuplicateCloid' };
  }
  for (const key in draft.state.triggers) {
    count += 1;
    if (request.cloid !== undefined && draft.state.triggers[key]?.cloid === request.cloid)
      return { reason: 'DuplicateCloid' };
  }
  const isBase = request.reduceOnly || request.trigger !== undefined;
  const most = isBase ? OPEN_ORDERS_MAX : openOrdersMax(draft.state);
  return count >= most ? { reason: 'TooManyOpenOrders' } : undefined;
}

function closableSize(draft: Draft, { symbol, side }: OrderRequest): Size {
  return size(
    closableOn(draft, { symbol, side, route: 'INTERNAL' }) + closableOn(draft, { symbol, side, route: 'HYPERLIQUID' }),
  );
}

/** What states and pauses say to an order that opens, closes, or does both. Cancels are never asked. */
export function checkStates(
  draft: Draft,
  symbol: string,
  part: { readonly opens: boolean; readonly closes: boolean },
): Rejection | undefined {
  const { policy } = draft.context;
  if (part.closes && isPaused(policy, symbol, 'close')) return { reason: 'OperationPaused', operation: 'close' };
  if (!part.opens) return undefined;
  if (isPaused(policy, symbol, 'open')) return { reason: 'OperationPaused', operation: 'open' };
  if (marketState(policy, symbol) !== 'ACTIVE') return { reason: 'OnlyReducing' };
  const tradingState = accountTradingState(draft.state, symbol);
  return tradingState === 'ACTIVE' ? undefined : { reason: 'AccountRestricted', tradingState };
}

const refuse = (rejection: Rejection): Checked => ({ ok: false, rejection });
