import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { initialVolatility, judgeVolatility } from '@perps/domain/market';
import { price } from '@perps/domain/money';
import { createSeededRandom } from '@perps/runtime/testing';
import type { RecordedCandle } from '../../local/hyperliquid/replay.ts';
import { type CrashDayReport, replayCrashDay } from './crash-day.ts';
import { type RecordedDay, recordedDays } from './days.ts';
import { type CrashMarket, instrumentOf, type Tick, ticksOf } from './markets.ts';
import { toCsv } from './report.ts';

const RECORDED = resolve(import.meta.dirname, '../../../shared/data/market/candles');
const START = Date.UTC(2026, 0, 1);

/** A calm hour, a fall of a third within half an hour, a bounce. */
function inventedCrash(): readonly CrashMarket[] {
  const shape = (minute: number): number => {
    if (minute < 20) return 1;
    return minute < 50 ? 1 - (0.33 * (minute - 20)) / 30 : 0.67 + (0.1 * (minute - 50)) / 30;
  };
  const candles = (base: number): readonly RecordedCandle[] =>
    Array.from({ length: 80 }, (_, minute) => {
      const open = base * shape(minute);
      const close = base * shape(minute + 1);
      const wick = base * 0.002;
      const range = { high: Math.max(open, close) + wick, low: Math.min(open, close) - wick };
      return { openTime: START + minute * 60_000, open, close, ...range, volume: 10 };
    });
  return [
    { symbol: 'BTC', candles: candles(60_000) },
    { symbol: 'SOL', candles: candles(150) },
  ];
}

/** Nobody was skipped, nobody is below zero, the books sum to zero, and every shortfall is in the bad-debt account. */
function expectSafe(report: CrashDayReport): void {
  expect(report.differences).toEqual([]);
  expect(report.skipped).toBe(0);
  expect(report.badDebtBooked).toBe(report.badDebt);
  expect(report.slowestTickMs).toBeLessThan(1_000);
}

/** For 200 ms the mark prints at half, as if by mistake: book and oracle stay. */
const withBadPrints =
  (symbol: string, every: number) =>
  (ticks: readonly Tick[]): readonly Tick[] =>
    ticks.flatMap((tick, index) => {
      if (tick.symbol !== symbol || index % every !== 0) return [tick];
      return [tick, { ...tick, at: tick.at + 1, mark: price(tick.mark / 2n) }];
    });

describe('a crash', () => {
  const options = { markets: inventedCrash(), accounts: 400, seed: 7, slowCheckEvery: 25 };
  const report = replayCrashDay(options);

  it('liquidates on both routes and in both margin modes, skips nobody, and balances', () => {
    expectSafe(report);
    expect(report.liquidationsStarted).toBeGreaterThan(100);
    expect(report.isolatedSteps).toBeGreaterThan(20);
    expect(report.crossSteps).toBeGreaterThan(20);
    expect(report.venueSteps).toBeGreaterThan(0);
    expect(report.warnings50).toBeGreaterThan(report.liquidationsStarted / 2);
  });

  it('ends the same when it is replayed', () => {
    const { slowestTickMs: _slowest, medianTickMs: _median, ...again } = replayCrashDay(options);
    expect(report).toMatchObject(again);
  });

  it('is told as a table that a program can read', () => {
    const [header, row] = toCsv([{ day: '2026-01-01', symbols: ['BTC', 'SOL'], report }]).split('\n');
    expect(row?.split(',').length).toBe(header?.split(',').length);
    expect(row).toMatch(/^2026-01-01,BTC\+SOL,400,/);
  });
});

describe('bad prints', () => {
  it('liquidate nobody in calm hours, however often they come', () => {
    const calm = inventedCrash().map(({ symbol, candles }) => ({ symbol, candles: candles.slice(0, 20) }));
    const quiet = { markets: calm, accounts: 300, seed: 3, slowCheckEvery: 50 };
    const undisturbed = replayCrashDay(quiet);
    const disturbed = replayCrashDay({ ...quiet, disturb: withBadPrints('BTC', 10) });
    expect(disturbed.heldTicks).toBeGreaterThan(10);
    expect(disturbed.liquidationsStarted).toBe(undisturbed.liquidationsStarted);
    expectSafe(disturbed);
  });
});

/** The recordings are not part of the project: without them the invented crash stands alone. */
if (existsSync(RECORDED)) {
  describe('recorded days', () => {
    testRecorded(recordedDays(RECORDED));
  });
}

function testRecorded(days: readonly RecordedDay[]): void {
  it.each(['2020-03-12', '2021-05-19', '2025-02-03'])('%s: nobody is skipped, nobody below zero', (day) => {
    const recorded = days.find((one) => one.day === day);
    const markets = (recorded?.markets ?? []).map(({ symbol, candles }) => ({ symbol, candles: worst(candles, 120) }));
    const report = replayCrashDay({ markets, accounts: 300, seed: 11, slowCheckEvery: 400 });
    expectSafe(report);
    expect(report.liquidationsStarted).toBeGreaterThan(30);
  });

  it('ordinary days hold nothing for volatility, crash days do', () => {
    const ordinary = days.filter(({ day }) => ['2025-06-07', '2025-06-18', '2025-07-23'].includes(day));
    const markets = ordinary.flatMap((recorded) => recorded.markets.map((market) => [recorded.day, market] as const));
    expect(markets.length).toBeGreaterThan(5);
    for (const [day, market] of markets) expect([day, market.symbol, holdsOf(market)]).toEqual([day, market.symbol, 0]);
    const crash = days.find(({ day }) => day === '2021-05-19')?.markets ?? [];
    expect(crash.length).toBeGreaterThan(0);
    for (const market of crash) expect(holdsOf(market)).toBeGreaterThan(0);
  });

  it('bad prints in an ordinary day liquidate nobody', () => {
    const ordinary = days.find(({ day }) => day === '2025-06-07')?.markets ?? [];
    const markets = ordinary.map(({ symbol, candles }) => ({ symbol, candles: candles.slice(0, 120) }));
    const options = { markets, accounts: 200, seed: 5, slowCheckEvery: 500 };
    const undisturbed = replayCrashDay(options);
    const disturbed = replayCrashDay({ ...options, disturb: withBadPrints('BTC', 40) });
    expect(disturbed.heldTicks).toBeGreaterThan(10);
    expect(disturbed.liquidationsStarted).toBe(undisturbed.liquidationsStarted);
    expectSafe(disturbed);
  });
}

/** Marks of a market in order, whether its volatility was held. */
function holdsOf({ symbol, candles }: CrashMarket): number {
  const instruments = new Map([[symbol, instrumentOf(symbol, candles[0]?.open ?? 1, 0)]]);
  let state = initialVolatility;
  let holds = 0;
  for (const { mark, at } of ticksOf([{ symbol, candles }], instruments, createSeededRandom(1))) {
    const after = judgeVolatility(state, { price: mark, at });
    if (after.isVolatile && !state.isVolatile) holds += 1;
    state = after;
  }
  return holds;
}

/** So many candles around the lowest one. */
function worst(candles: readonly RecordedCandle[], count: number): readonly RecordedCandle[] {
  const lowest = candles.reduce((at, candle, index) => (candle.low < (candles[at]?.low ?? Infinity) ? index : at), 0);
  const from = Math.max(0, Math.min(lowest - Math.floor(count * 0.75), candles.length - count));
  return candles.slice(from, from + count);
}
