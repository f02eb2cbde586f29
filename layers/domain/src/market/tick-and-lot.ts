import { divide, parsePrice, parseSize, price, type Price, type Size } from '../money/index.ts';
import { PRICE_AND_SIZE_DECIMALS } from '../money/units.ts';
import type { Instrument } from './model.ts';

/** Hyperliquid's tick rule: a price that is not a whole number has at most so many significant figures. */
export const SIGNIFICANT_FIGURES_MAX = 5;

export type PriceFault = 'invalidPrice' | 'tickSize';
export type SizeFault = 'invalidSize' | 'zeroSize';

/**
 * What is wrong with an order price, if anything. Too many decimals cannot occur in ticks; what is left is the sign
 * and the significant figures, from which whole-number prices are exempt.
 * @see https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/tick-and-lot-size
 */
export function checkPrice(instrument: Instrument, at: Price): PriceFault | undefined {
  if (at <= 0n) return 'invalidPrice';
  const ticksPerUnit = 10n ** BigInt(PRICE_AND_SIZE_DECIMALS - instrument.szDecimals);
  if (at % ticksPerUnit === 0n) return undefined;
  return significantFigures(at) > SIGNIFICANT_FIGURES_MAX ? 'tickSize' : undefined;
}

/** The nearest price an order may carry, up or down: whole numbers, or so many significant figures; at least one tick. */
export function roundedPrice(instrument: Instrument, at: Price, direction: 'up' | 'down'): Price {
  if (checkPrice(instrument, at) === undefined) return at;
  if (at <= 0n) return price(1n);
  const ticksPerUnit = 10n ** BigInt(PRICE_AND_SIZE_DECIMALS - instrument.szDecimals);
  const figures = 10n ** BigInt(Math.max(0, at.toString().length - SIGNIFICANT_FIGURES_MAX));
  const step = figures < ticksPerUnit ? figures : ticksPerUnit;
  return price(divide(at, step, direction) * step);
}

/** What is wrong with an order size in lots, if anything; a fraction of a lot cannot occur here. */
export function checkSize(amount: Size): SizeFault | undefined {
  if (amount === 0n) return 'zeroSize';
  return amount < 0n ? 'invalidSize' : undefined;
}

/** A price of an order as text, in ticks; `invalidPrice` also where it has too many decimals. */
export function parseOrderPrice(instrument: Instrument, text: string): Price | PriceFault {
  const at = parsePrice(text, instrument.szDecimals);
  if (at === undefined) return 'invalidPrice';
  return checkPrice(instrument, at) ?? at;
}

/** A size of an order as text, in lots; `invalidSize` also where it is finer than a lot. */
export function parseOrderSize(instrument: Instrument, text: string): Size | SizeFault {
  const amount = parseSize(text, instrument.szDecimals);
  if (amount === undefined) return 'invalidSize';
  return checkSize(amount) ?? amount;
}

function significantFigures(at: bigint): number {
  const digits = at.toString();
  let end = digits.length;
  while (end > 1 && digits.charCodeAt(end - 1) === 48) end -= 1;
  return end;
}
