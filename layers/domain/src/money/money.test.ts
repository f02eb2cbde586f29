import { describe, expect, it } from '@jest/globals';
import {
  averagePrice,
  divide,
  feeOf,
  formatDecimal,
  formatPrice,
  formatSize,
  formatUsd,
  notional,
  parseDecimal,
  parseDecimalTruncated,
  parsePrice,
  parseSize,
  parseUsd,
  price,
  type Rounding,
  shareOf,
  size,
  usd,
} from './index.ts';

describe('divide', () => {
  // numerator, denominator → up, down, towardZero, awayFromZero, halfUp
  it.each([
    [7n, 2n, 4n, 3n, 3n, 4n, 4n],
    [-7n, 2n, -3n, -4n, -3n, -4n, -4n],
    [5n, 4n, 2n, 1n, 1n, 2n, 1n],
    [-5n, 4n, -1n, -2n, -1n, -2n, -1n],
    [6n, 3n, 2n, 2n, 2n, 2n, 2n],
    [0n, 9n, 0n, 0n, 0n, 0n, 0n],
  ])('%d / %d', (numerator, denominator, up, down, towardZero, awayFromZero, halfUp) => {
    const by = (rounding: Rounding): bigint => divide(numerator, denominator, rounding);
    expect([by('up'), by('down'), by('towardZero'), by('awayFromZero'), by('halfUp')]).toEqual([
      up,
      down,
      towardZero,
      awayFromZero,
      halfUp,
    ]);
  });

  it('refuses a divisor that is not positive', () => {
    expect(() => divide(1n, 0n, 'up')).toThrow('a divisor is positive');
    expect(() => divide(1n, -3n, 'up')).toThrow('a divisor is positive');
  });
});

describe('the decimal codec', () => {
  it.each([
    ['97123.50', 2, 9_712_350n],
    ['97123.5', 2, 9_712_350n],
    ['97123', 2, 9_712_300n],
    ['-0.000001', 6, -1n],
    ['.5', 1, 5n],
    ['5.', 1, 50n],
    ['1.5000', 1, 15n],
    ['007', 0, 7n],
    ['-0', 3, 0n],
  ])('reads %s at %d decimals', (text, decimals, expected) => {
    expect(parseDecimal(text, decimals)).toBe(expected);
  });

  it.each([
    '',
    '.',
    '-',
    '1e5',
    '+1',
    '1,000',
    '0x10',
    ' 1',
    '1 ',
    '--1',
    '1.2.3',
    'NaN',
    'Infinity',
    '١',
    '9'.repeat(41),
  ])('refuses %j', (text) => {
    expect(parseDecimal(text, 6)).toBeUndefined();
    expect(parseDecimalTruncated(text, 6)).toBeUndefined();
  });

  it('refuses surplus decimals of an order and cuts those of a feed toward zero', () => {
    expect(parseDecimal('1.29', 1)).toBeUndefined();
    expect(parseDecimalTruncated('1.29', 1)).toBe(12n);
    expect(parseDecimalTruncated('-1.29', 1)).toBe(-12n);
  });

  it.each([
    [9_712_350n, 2, '97123.5'],
    [100n, 2, '1.0'],
    [-1n, 6, '-0.000001'],
    [0n, 0, '0.0'],
    [12n, 0, '12.0'],
  ])('writes %d at %d decimals as the venue does', (value, decimals, expected) => {
    expect(formatDecimal(value, decimals)).toBe(expected);
  });
});

describe('amounts', () => {
  it('multiplies price and size exactly: no rounding exists (BTC, szDecimals 5)', () => {
    const at = parsePrice('100053.0', 5) ?? price(0n);
    const amount = parseSize('0.05', 5) ?? size(0n);
    // 100,053.0 × 0.05 = 5,002.65
    expect(formatUsd(notional(at, amount))).toBe('5002.65');
    expect([formatPrice(at, 5), formatSize(amount, 5)]).toEqual(['100053.0', '0.05']);
  });

  it('rounds fees up: 4.5 bp of $10.01 is 0.0045045, charged 0.004505', () => {
    expect(feeOf(parseUsd('10.01') ?? usd(0n), 45)).toBe(4_505n);
  });

  it('cuts the displayed entry to the tick', () => {
    // 1 lot at 3 and 2 lots at 4: 11 / 3 = 3.67 → 3
    expect(averagePrice(usd(11n), size(3n))).toBe(3n);
    expect(averagePrice(usd(-11n), size(-3n))).toBe(3n);
  });

  it('shares with the rounding it is told', () => {
    expect(shareOf(usd(100n), { numerator: 1n, denominator: 3n }, 'up')).toBe(34n);
    expect(shareOf(usd(100n), { numerator: 1n, denominator: 3n }, 'down')).toBe(33n);
  });
});
