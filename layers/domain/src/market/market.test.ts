import { describe, expect, it } from '@jest/globals';
import { size, usd } from '../money/index.ts';
import { BTC, dollars, ETH, market, priceOf, sizeOf } from '../testing/index.ts';
import {
  bookFillPrice,
  checkPrice,
  checkSize,
  type Instrument,
  initialMargin,
  maintenanceMargin,
  maxLeverageAt,
  parseOrderPrice,
  parseOrderSize,
  tierIndexAt,
} from './index.ts';

const withDecimals = (szDecimals: number): Instrument => ({ ...BTC, szDecimals });

describe('tick and lot', () => {
  it.each([
    ['five figures', 1, '1234.5', undefined],
    ['six figures', 1, '1234.56', 'tickSize'],
    ['a whole number of six digits', 5, '123456', undefined],
    ['five figures behind zeros', 0, '0.012345', undefined],
    ['six figures behind zeros', 0, '0.123456', 'tickSize'],
    ['trailing zeros do not count', 2, '1234.5000', undefined],
  ])('%s', (_rule, szDecimals, text, fault) => {
    expect(checkPrice(withDecimals(szDecimals), priceOf(text, szDecimals))).toBe(fault);
  });

  it('parses what an order may say', () => {
    expect(parseOrderPrice(BTC, '97000.5')).toBe('tickSize');
    expect(parseOrderPrice(BTC, '97000')).toBe(970_000n);
    expect(parseOrderPrice(BTC, '0')).toBe('invalidPrice');
    expect(parseOrderPrice(BTC, '1.23')).toBe('invalidPrice');
    expect(parseOrderSize(BTC, '0.00001')).toBe(1n);
    expect(parseOrderSize(BTC, '0.000001')).toBe('invalidSize');
    expect(checkSize(size(0n))).toBe('zeroSize');
  });
});

describe('bookFillPrice', () => {
  const level = (at: string, amount: string) => ({ price: priceOf(at, 4), size: sizeOf(amount, 4) });
  const asks = [level('4000', '1'), level('4010', '2'), level('4100', '5')];
  const view = market(ETH, { mark: '4000' }, { bbo: { bid: undefined, ask: asks[0]! }, asks, bids: [] });
  const buy = (amount: string) => ({ side: 'buy' as const, size: sizeOf(amount, 4) });

  it.each([
    ['fits the best level', '1', 500, '4000'],
    // 4,000 × 1.005 = 4,020: the first two levels hold 3.
    ['fits the levels within the cap', '3', 500, '4000'],
    // (4,000 + 2 × 4,010 + 4,100) / 4 = 4,030.
    ['walks the book beyond the cap', '4', 500, '4030'],
    // (4,000 + 8,020 + 5 × 4,100 + 2 × 4,100) / 10 = 4,072: what the book cannot show stands at its last level.
    ['prices the unseen at the last level', '10', 500, '4072'],
  ])('%s', (_rule, amount, cap, expected) => {
    expect(bookFillPrice(view, buy(amount), cap)).toBe(priceOf(expected, 4));
  });

  it('knows no price where the side is empty', () => {
    expect(bookFillPrice(view, { side: 'sell', size: sizeOf('1', 4) }, 500)).toBeUndefined();
  });
});

describe('margin tiers', () => {
  const tiers = [
    { lowerBound: usd(0n), maxLeverage: 40 },
    { lowerBound: dollars('150000000'), maxLeverage: 20 },
  ];

  it('takes half the initial fraction, rounded up', () => {
    // 8,000 / 250 = 32; one millionth more needs one millionth more.
    expect(maintenanceMargin(dollars('8000'), [{ lowerBound: usd(0n), maxLeverage: 125 }])).toBe(dollars('32'));
    expect(maintenanceMargin(usd(8_000_000_001n), [{ lowerBound: usd(0n), maxLeverage: 125 }])).toBe(32_000_001n);
    expect(initialMargin(usd(10n), 3)).toBe(4n);
  });

  it('is continuous at a boundary, which belongs to the higher tier', () => {
    // 150M / 80 = 1.875M = 150M / 40 − 1.875M deduction.
    expect(maintenanceMargin(dollars('150000000'), tiers)).toBe(dollars('1875000'));
    expect(maintenanceMargin(dollars('149999920'), tiers)).toBe(dollars('1874999'));
    expect(maintenanceMargin(dollars('150000040'), tiers)).toBe(dollars('1875001'));
    expect(tierIndexAt(dollars('150000000'), tiers)).toBe(1);
    expect(maxLeverageAt(dollars('149999999.99'), tiers)).toBe(40);
  });
});
