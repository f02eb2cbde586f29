import { formatDecimal, parseDecimal, parseDecimalTruncated } from './decimal.ts';
import { divide, type Rounding } from './rounding.ts';
import {
  PRICE_AND_SIZE_DECIMALS,
  price,
  type Price,
  RATE_DECIMALS,
  rate,
  type Rate,
  size,
  type Size,
  usd,
  type Usd,
  USD_DECIMALS,
} from './units.ts';

/** Size × price in USD with the size's sign; exact, nothing is rounded. */
export const notional = (at: Price, amount: Size): Usd => usd(at * amount);

/** |size| × price in USD; exact. */
export const absoluteNotional = (at: Price, amount: Size): Usd => usd(at * magnitude(amount));

export const magnitude = (amount: Size): Size => (amount < 0n ? size(-amount) : amount);
export const addUsd = (left: Usd, right: Usd): Usd => usd(left + right);
export const subtractUsd = (left: Usd, right: Usd): Usd => usd(left - right);
export const negateUsd = (amount: Usd): Usd => usd(-amount);
export const minUsd = (left: Usd, right: Usd): Usd => (left < right ? left : right);
export const maxUsd = (left: Usd, right: Usd): Usd => (left > right ? left : right);
export const addSize = (left: Size, right: Size): Size => size(left + right);
export const negateSize = (amount: Size): Size => size(-amount);
export const minSize = (left: Size, right: Size): Size => (left < right ? left : right);

/** `amount × numerator / denominator` with a named rounding (shares of an entry, of a loss). */
export const shareOf = (
  amount: Usd,
  part: { readonly numerator: bigint; readonly denominator: bigint },
  rounding: Rounding,
): Usd => usd(divide(amount * part.numerator, part.denominator, rounding));

/** Basis points in tenths, as Hyperliquid counts builder fees: 45 = 4.5 bp. Rounded up: fees never undercharge. */
export const feeOf = (amount: Usd, tenthsOfBps: number): Usd =>
  usd(divide(amount * BigInt(tenthsOfBps), 100_000n, 'up'));

/** Average price of a notional over a size, cut to the instrument's tick as Hyperliquid displays entries. */
export const averagePrice = (totalNotional: Usd, amount: Size): Price =>
  price(divide(totalNotional < 0n ? -totalNotional : totalNotional, magnitude(amount), 'towardZero'));

export const parseUsd = (text: string): Usd | undefined => branded(parseDecimal(text, USD_DECIMALS), usd);
export const formatUsd = (amount: Usd): string => formatDecimal(amount, USD_DECIMALS);
export const parsePrice = (text: string, szDecimals: number): Price | undefined =>
  branded(parseDecimal(text, PRICE_AND_SIZE_DECIMALS - szDecimals), price);
/** A price of the feed: surplus decimals are cut off. */
export const parseFeedPrice = (text: string, szDecimals: number): Price | undefined =>
  branded(parseDecimalTruncated(text, PRICE_AND_SIZE_DECIMALS - szDecimals), price);
export const formatPrice = (at: Price, szDecimals: number): string =>
  formatDecimal(at, PRICE_AND_SIZE_DECIMALS - szDecimals);
export const parseSize = (text: string, szDecimals: number): Size | undefined =>
  branded(parseDecimal(text, szDecimals), size);
export const formatSize = (amount: Size, szDecimals: number): string => formatDecimal(amount, szDecimals);
export const parseRate = (text: string): Rate | undefined => branded(parseDecimalTruncated(text, RATE_DECIMALS), rate);
export const formatRate = (value: Rate): string => formatDecimal(value, RATE_DECIMALS);

function branded<Unit extends bigint>(value: bigint | undefined, brand: (value: bigint) => Unit): Unit | undefined {
  return value === undefined ? undefined : brand(value);
}
