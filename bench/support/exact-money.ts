/**
 * The oracle of the money benchmark: fractions of unbounded integers, written without the code that it checks.
 * Slow and obvious on purpose.
 */
import type { OrderCase, OrderOutcome } from '../money.ts';

interface Fraction {
  readonly top: bigint;
  /** Positive. */
  readonly bottom: bigint;
}

interface Rules {
  readonly szDecimals: number;
  readonly feeTenthsOfBps: number;
  readonly leverage: bigint;
}

function read(text: string): Fraction {
  const [whole = '0', decimals = ''] = text.split('.');
  return { top: BigInt(whole + decimals), bottom: 10n ** BigInt(decimals.length) };
}
const plus = (left: Fraction, right: Fraction): Fraction => ({
  top: left.top * right.bottom + right.top * left.bottom,
  bottom: left.bottom * right.bottom,
});
const negated = ({ top, bottom }: Fraction): Fraction => ({ top: -top, bottom });
const minus = (left: Fraction, right: Fraction): Fraction => plus(left, negated(right));
const times = (left: Fraction, right: Fraction): Fraction => ({
  top: left.top * right.top,
  bottom: left.bottom * right.bottom,
});
/** For a positive divisor. */
const over = (left: Fraction, right: Fraction): Fraction => ({
  top: left.top * right.bottom,
  bottom: left.bottom * right.top,
});

/** The number of units of 10^-decimals in a fraction that is not negative, rounded down or up. */
function unitsOf(value: Fraction, decimals: number, rounding: 'down' | 'up'): bigint {
  const scaled = value.top * 10n ** BigInt(decimals);
  const floor = scaled / value.bottom;
  return rounding === 'up' && floor * value.bottom !== scaled ? floor + 1n : floor;
}

function rounded(value: Fraction, decimals: number, rounding: 'down' | 'up'): Fraction {
  return { top: unitsOf(value, decimals, rounding), bottom: 10n ** BigInt(decimals) };
}

/** Writes an exact value of at most `decimals` decimals; throws where it has more. */
function write(value: Fraction, decimals: number): string {
  const magnitude = value.top < 0n ? negated(value) : value;
  const units = unitsOf(magnitude, decimals, 'down');
  if (units * magnitude.bottom !== magnitude.top * 10n ** BigInt(decimals)) throw new Error('The value is not exact.');
  const digits = units.toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  return `${value.top < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${fraction === '' ? '0' : fraction}`;
}

/** The benchmark's order, computed exactly and rounded only where the rules say so. */
export function exactOrder(order: OrderCase, rules: Rules): OrderOutcome {
  const priceDecimals = 6 - rules.szDecimals;
  const firstSize = read(order.firstSize);
  const secondSize = read(order.secondSize);
  const mark = read(order.markPrice);
  const closedSize = read(order.closedSize);
  const opened = plus(times(read(order.firstPrice), firstSize), times(read(order.secondPrice), secondSize));
  const position = plus(firstSize, secondSize);
  const entry = rounded(over(opened, position), priceDecimals, 'down');
  const closed = times(mark, closedSize);
  const marked = times(mark, position);
  const feeRate = { top: BigInt(rules.feeTenthsOfBps), bottom: 100_000n };
  const fee = plus(rounded(times(opened, feeRate), 6, 'up'), rounded(times(closed, feeRate), 6, 'up'));
  const margin = over(marked, { top: rules.leverage, bottom: 1n });
  return {
    entryPrice: write(entry, priceDecimals),
    fee: write(fee, 6),
    unrealizedPnl: write(minus(marked, opened), 6),
    closedPnl: write(minus(closed, times(entry, closedSize)), 6),
    initialMargin: write(rounded(margin, 6, 'up'), 6),
  };
}
