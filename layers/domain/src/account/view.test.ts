import { describe, expect, it } from '@jest/globals';
import { accountView, type AccountState, liquidationPrice, maxTradeSizes, type Position } from './index.ts';
import { usd } from '../money/index.ts';
import { BTC, dollars, ETH, funded, market, priceOf, sizeOf, text } from '../testing/index.ts';

const flat = (maxLeverage: number) => [{ lowerBound: usd(0n), maxLeverage }];
const held = (words: Partial<Position>): Position => ({
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: sizeOf('0.1', 5),
  entryNotional: dollars('8000'),
  marginMode: 'isolated',
  leverage: 10,
  isolatedMargin: dollars('800'),
  openedAt: 0,
  fundingIndex: 0n,
  fundingPaid: usd(0n),
  ...words,
});
const withPositions = (wallet: string, ...positions: readonly Position[]): AccountState => ({
  ...funded(wallet),
  positions: Object.fromEntries(positions.map((one) => [`${one.symbol}:${one.route}`, one])),
});

describe('liquidationPrice', () => {
  it('SC-LQ-001 isolated long 0.1 @ 80,000 with 800, mm 0.4 %: 72,289.16, up to the tick', () => {
    // (8,000 − 800) / 0.1 / (1 − 0.004) = 72,289.157.
    const facts = {
      size: sizeOf('0.1', 5),
      markPrice: priceOf('80000', 5),
      otherMaintenance: usd(0n),
      tiers: flat(125),
    };
    expect(liquidationPrice({ ...facts, equity: dollars('800') })).toBe(priceOf('72289.2', 5));
  });

  it('SC-LQ-002 isolated short 5 @ 4,000 with 4,000, mm 0.5 %: 4,776.12', () => {
    // (20,000 + 4,000) / 5 / 1.005 = 4,776.119.
    const facts = { size: sizeOf('-5', 4), markPrice: priceOf('4000', 4), otherMaintenance: usd(0n), tiers: flat(100) };
    expect(liquidationPrice({ ...facts, equity: dollars('4000') })).toBe(priceOf('4776.11', 4));
  });

  it('is none where no price takes the equity', () => {
    const facts = {
      size: sizeOf('0.1', 5),
      markPrice: priceOf('80000', 5),
      otherMaintenance: usd(0n),
      tiers: flat(40),
    };
    expect(liquidationPrice({ ...facts, equity: dollars('8000') })).toBeUndefined();
  });

  it('uses the tier of the price it finds', () => {
    const tiers = [...flat(40), { lowerBound: dollars('10000'), maxLeverage: 20 }];
    const facts = { size: sizeOf('0.2', 5), markPrice: priceOf('60000', 5), otherMaintenance: usd(0n), tiers };
    // Lower tier: (12,000 − 3,000) / 0.2 / (1 − 1/80) = 45,569.6; the notional there, 9,113.9, is in it.
    expect(liquidationPrice({ ...facts, equity: dollars('3000') })).toBe(priceOf('45569.7', 5));
  });
});

describe('accountView', () => {
  const pricing = {
    markets: { BTC: market(BTC, { mark: '82000' }), ETH: market(ETH, { mark: '4000' }) },
    funding: {},
  };

  it('keeps isolated and cross apart and adds them up', () => {
    const eth = held({
      symbol: 'ETH',
      size: sizeOf('-1', 4),
      entryNotional: dollars('4100'),
      marginMode: 'cross',
      leverage: 5,
      isolatedMargin: usd(0n),
    });
    const view = accountView(withPositions('1000', held({}), eth), pricing);
    // BTC +200, ETH +100.
    expect(text(view.equity)).toBe('2100.0');
    expect(text(view.crossEquity)).toBe('1100.0');
    expect(text(view.crossInitialMargin)).toBe('800.0');
    expect(text(view.available)).toBe('200.0');
    expect(text(view.withdrawable)).toBe('300.0');
    // 4,000 / 50.
    expect(text(view.crossMaintenance)).toBe('80.0');
    expect(view.positions.map(({ symbol, marginUsed }) => [symbol, text(marginUsed)])).toEqual([
      ['BTC', '1000.0'],
      ['ETH', '800.0'],
    ]);
    // 200 / (8,000 / 10).
    expect(view.positions[0]?.returnOnEquity).toBe(250_000_000_000n);
  });

  it('shows the positions of both routes as one', () => {
    const cross = { marginMode: 'cross' as const, isolatedMargin: usd(0n) };
    const venue = held({ ...cross, route: 'HYPERLIQUID', size: sizeOf('0.3', 5), entryNotional: dollars('24600') });
    const [btc, ...others] = accountView(withPositions('9000', held(cross), venue), pricing).positions;
    expect(others).toEqual([]);
    expect(btc).toMatchObject({ size: 40_000n, entryPrice: priceOf('81500', 5), unrealizedPnl: dollars('200') });
    const short = { ...venue, size: sizeOf('-0.1', 5), entryNotional: dollars('8000') };
    expect(accountView(withPositions('9000', held(cross), short), pricing).positions).toEqual([]);
  });

  it('trades up to what is available, and against a position that much more', () => {
    const [buy, sell] = maxTradeSizes(withPositions('820', held({})), pricing, 'BTC');
    // 820 × 20 / 82,000 = 0.2; selling: (820 + 1,000) × 20 / 82,000 + 0.1.
    expect([buy, sell]).toEqual([20_000n, 54_390n]);
  });
});
