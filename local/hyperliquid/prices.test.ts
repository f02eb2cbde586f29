import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createSeededRandom, createVirtualClock } from '@perps/runtime/testing';
import { createVenueEngine } from './engine.ts';
import { settingsOf, type VenueSimulatorOptions } from './options.ts';
import { createPriceProcess, createRandomWalk } from './price-process.ts';
import { coinOfFile, parseCandles, type RecordedCandle } from './replay.ts';
import { formatPx, nearestValid, priceFromUsd, stepAt, tickDown, tickUp } from './ticks.ts';
import { ASSETS } from './universe.ts';
import { marketOfCoin } from './venue.ts';

const MINUTE_MS = 60_000;
const START = 1_700_000_040_000 - (1_700_000_040_000 % MINUTE_MS);
const btc = ASSETS[0]!;

/** A storm in four minutes: gaps, a crash, a recovery. */
const SMALL: readonly RecordedCandle[] = [
  { openTime: 0, open: 50_000, high: 50_100, low: 49_900, close: 50_050 },
  { openTime: 60_000, open: 50_040, high: 50_040, low: 47_000, close: 47_500 },
  { openTime: 120_000, open: 47_200, high: 49_800, low: 46_500, close: 49_700 },
  { openTime: 180_000, open: 49_700, high: 49_700, low: 49_700, close: 49_700 },
];

async function replayed(candles: readonly RecordedCandle[], options: Partial<VenueSimulatorOptions> = {}) {
  const clock = createVirtualClock(START);
  const engine = createVenueEngine(settingsOf({ clock, replays: { BTC: candles }, volatility: 0, ...options }));
  const market = marketOfCoin(engine.venue, 'BTC')!;
  const end = START + candles.length * MINUTE_MS;
  while (clock.now() < end - 150) {
    engine.block();
    clock.schedule(150, () => undefined);
    clock.step();
  }
  return market.candles.rows('1m', 0, Number.MAX_SAFE_INTEGER)!;
}

const rounded = (usd: number): string => formatPx(btc, priceFromUsd(btc, usd));
const expectedRows = (candles: readonly RecordedCandle[]) =>
  candles.map(({ open, high, low, close }) => ({
    o: rounded(open),
    h: rounded(high),
    l: rounded(low),
    c: rounded(close),
  }));

describe('replay', () => {
  it('keeps to open, high, low and close of every candle', async () => {
    const rows = await replayed(SMALL);
    expect(rows.map(({ o, h, l, c }) => ({ o, h, l, c }))).toEqual(expectedRows(SMALL));
    expect(rows.map(({ t }) => t)).toEqual(SMALL.map((_, index) => START + index * MINUTE_MS));
  });

  const recorded = path.resolve(import.meta.dirname, '../../../shared/data/market/candles');
  const file = path.join(recorded, 'BTCUSDT_binance-usdm_1m_2020-03-12_1038-1157.csv');
  it('keeps to the recorded crash of March 2020 (a small storm where the recording is absent)', async () => {
    const candles = existsSync(file) ? parseCandles(readFileSync(file, 'utf8')).slice(0, 15) : SMALL;
    const rows = await replayed(candles, { seed: 7 });
    expect(rows.map(({ o, h, l, c }) => ({ o, h, l, c }))).toEqual(expectedRows(candles));
  });

  it('knows the coin from the name of the file', () => {
    expect(coinOfFile('/data/BTCUSDT_binance-usdm_1m_2025-06-07.csv')).toBe('BTC');
    expect(coinOfFile('ETHUSDC_hyperliquid-perp_1m_2025-07-23.csv')).toBe('ETH');
    expect(coinOfFile('prices.csv')).toBeUndefined();
  });

  it.each([
    ['time,open,high,low,close\n1,1,1,1,1', 'line 1'],
    ['openTime,open,high,low,close\n60000,10,9,8,9', 'line 2'],
    ['openTime,open,high,low,close\n60000,10,11,8,9\n60000,10,11,8,9', 'line 3'],
    ['openTime,open,high,low,close\n', 'no candles'],
  ])('refuses %j', (text, where) => {
    expect(() => parseCandles(text)).toThrow(where);
  });
});

describe('the random walk', () => {
  const walk = (seed: number) => {
    const source = createRandomWalk({
      startPrice: 100,
      hourlyVolatility: 0.01,
      random: createSeededRandom(seed),
      startAt: 0,
    });
    return Array.from({ length: 50 }, (_, index) => source.advance((index + 1) * 150)![0]!.usd);
  };

  it('follows from its seed', () => {
    expect(walk(3)).toEqual(walk(3));
    expect(walk(3)).not.toEqual(walk(4));
  });

  it('can be led to a price and goes on from there', () => {
    const source = createRandomWalk({
      startPrice: 100,
      hourlyVolatility: 0,
      random: createSeededRandom(1),
      startAt: 0,
    });
    const price = createPriceProcess({ source, startPrice: 100, next: () => source });
    price.moveTo({ usd: 80, overMs: 1_000, now: 0 });
    expect(price.advance(500)[0]!.usd).toBeCloseTo(90, 6);
    expect(price.advance(1_000)[0]!.usd).toBe(80);
    expect(price.advance(2_000)).toEqual([]);
    price.moveTo({ usd: 120, overMs: 0, now: 2_000 });
    expect(price.advance(2_150)[0]!.usd).toBe(120);
    expect(price.current()).toBe(120);
  });
});

describe('ticks', () => {
  it.each([
    ['BTC', '113377.0', true],
    ['BTC', '99999.5', false],
    ['ETH', '3500.1', true],
    ['ETH', '3500.12', false],
    ['DOGE', '0.21345', true],
    ['DOGE', '0.213456', false],
    ['DOGE', '0.001234', true],
  ])('%s at %s is valid: %s', (coin, text, isValid) => {
    const asset = ASSETS.find(({ name }) => name === coin)!;
    const price = BigInt(Math.round(Number(text) * 10 ** (6 - asset.szDecimals)));
    expect(price % stepAt(asset, price) === 0n).toBe(isValid);
    expect(nearestValid(asset, price) % stepAt(asset, nearestValid(asset, price))).toBe(0n);
  });

  it('finds the neighbours of a price over the change of its step', () => {
    // Ticks of BTC are tenths of a dollar: at 10,000.0 the step grows to a whole dollar.
    expect(tickUp(btc, 99_999n)).toBe(100_000n);
    expect(tickUp(btc, 100_000n)).toBe(100_010n);
    expect(tickDown(btc, 100_000n)).toBe(99_999n);
    expect(tickDown(btc, 1n)).toBe(1n);
  });
});
