/** What of an account's money is free, and what positions and orders need. Amounts in 10⁻⁶ USD. */
import { initialMargin, type Instrument, type MarketView, maxLeverageAt, tiersOf } from '../market/index.ts';
import {
  absoluteNotional,
  feeOf,
  magnitude,
  maxUsd,
  notional,
  type Price,
  type Size,
  size,
  usd,
  type Usd,
  ZERO_SIZE,
  ZERO_USD,
} from '../money/index.ts';
import { accruedFunding } from '../funding/index.ts';
import type { FeeSchedule } from './commands.ts';
import type { Pricing } from './pricing.ts';
import type { AccountState, OrderLeg, Position, Side } from './model.ts';
import { remainingOf } from './state.ts';

/** Unrealised PnL at a price: exact, signed. */
export function unrealizedPnl(position: Pick<Position, 'size' | 'entryNotional'>, at: Price): Usd {
  const value = notional(at, position.size);
  return usd(position.size > 0n ? value - position.entryNotional : value + position.entryNotional);
}

/** Initial margin of a notional at the chosen leverage, or at what its tier allows where that is less; rounded up. */
export function marginAt(instrument: Instrument, value: Usd, leverage: number): Usd {
  return initialMargin(value, Math.min(leverage, maxLeverageAt(value, tiersOf(instrument))));
}

/** Sums over the cross positions; undefined where a market is not known: then nothing may be decided on them. */
export interface CrossSums {
  readonly initialMargin: Usd;
  /** Less the funding that has accrued. */
  readonly unrealizedPnl: Usd;
  readonly notional: Usd;
}

export function crossSums(state: AccountState, { markets, funding }: Pricing): CrossSums | undefined {
  let margin = 0n;
  let pnl = 0n;
  let value = 0n;
  for (const key in state.positions) {
    const position = state.positions[key];
    if (position === undefined || position.marginMode !== 'cross') continue;
    const view = markets[position.symbol];
    if (view === undefined) return undefined;
    const held = absoluteNotional(view.markPrice, position.size);
    value += held;
    margin += marginAt(view.instrument, held, position.leverage);
    pnl += unrealizedPnl(position, view.markPrice) - accruedFunding(position, funding);
  }
  return { initialMargin: usd(margin), unrealizedPnl: usd(pnl), notional: usd(value) };
}

/** Σ of what open orders have set aside. */
export function orderMargins(state: AccountState): Usd {
  let sum = 0n;
  for (const { orderMargin } of state.orders) sum += orderMargin;
  return usd(sum);
}

/**
 * wallet − cross initial margins − order margins + min(0, cross uPnL) (spec 02). May be negative: then nothing opens.
 * undefined where the market of a cross position is not known.
 */
export function availableMargin(state: AccountState, pricing: Pricing): Usd | undefined {
  const cross = crossSums(state, pricing);
  if (cross === undefined) return undefined;
  const loss = cross.unrealizedPnl < 0n ? cross.unrealizedPnl : ZERO_USD;
  return usd(state.wallet - cross.initialMargin - orderMargins(state) + loss);
}

/** Taker fee with the builder's part, rounded up. */
export const takerFee = (value: Usd, fees: FeeSchedule): Usd => feeOf(value, fees.taker + fees.builder);

/** What an opening of `size` sets aside: initial margin and taker fee at the price. */
export function openingNeed(
  view: MarketView,
  opening: { readonly size: Size; readonly price: Price; readonly leverage: number },
  fees: FeeSchedule,
): Usd {
  if (opening.size === 0n) return ZERO_USD;
  const value = absoluteNotional(opening.price, opening.size);
  return usd(marginAt(view.instrument, value, opening.leverage) + takerFee(value, fees));
}

/** The price an order sets margin aside at: its limit; a sell may fill higher, so at least the mark. */
export const marginPrice = (view: MarketView, side: Side, limit: Price): Price =>
  side === 'buy' || limit > view.markPrice ? limit : view.markPrice;

/** What closing `closed` lots of a position gives back at mark: margin, less the loss an isolated part carries. */
export function releasedByClosing(position: Position, view: MarketView, closed: Size): Usd {
  const whole = magnitude(position.size);
  if (whole === 0n || closed === 0n) return ZERO_USD;
  if (position.marginMode === 'cross') {
    const held = absoluteNotional(view.markPrice, position.size);
    return usd((marginAt(view.instrument, held, position.leverage) * closed) / whole);
  }
  const pnl = unrealizedPnl(position, view.markPrice);
  const backing = position.isolatedMargin + (pnl < 0n ? pnl : 0n);
  return maxUsd(ZERO_USD, usd((backing * closed) / whole));
}

/** Lots that margin is still set aside for. */
export function openingLeft(legs: readonly OrderLeg[]): Size {
  let left = 0n;
  for (const leg of legs) left += openingOf(leg);
  return size(left);
}

/** Of a leg: nothing once it is done. */
export function openingOf(leg: OrderLeg): Size {
  if (leg.status === 'done' || leg.openingSize === undefined) return ZERO_SIZE;
  const left = remainingOf(leg);
  return leg.openingSize < left ? leg.openingSize : left;
}

/** The share of an order's margin that stays with what may still open; rounded up. */
export function orderMarginAfter(
  order: { readonly legs: readonly OrderLeg[]; readonly orderMargin: Usd },
  legs: readonly OrderLeg[],
): Usd {
  const before = openingLeft(order.legs);
  const after = openingLeft(legs);
  if (after === 0n || before === 0n) return ZERO_USD;
  if (after >= before) return order.orderMargin;
  return usd((order.orderMargin * after + before - 1n) / before);
}
