import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BboFrame, BookFrame, ContextFrame, HealthFrame, UniverseFrame } from '@perps/contracts/feed';
import type { BookLevel, Instrument } from '@perps/domain/market';
import { price, rate, size, usd } from '@perps/domain/money';
import { createVirtualClock, type VirtualClock } from '@perps/runtime/testing';
import { createMarketBoard, type MarketBoard } from './board.ts';

const BTC: Instrument = {
  symbol: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  marginTableId: 40,
  marginTiers: [{ lowerBound: usd(0n), maxLeverage: 40 }],
  isDelisted: false,
  onlyIsolated: false,
};
const OLD: Instrument = { ...BTC, symbol: 'OLD', assetId: 1, isDelisted: true };
const universe = (...instruments: readonly Instrument[]): UniverseFrame => ({
  type: 'universe',
  instruments,
  meta: { universe: [], marginTables: [], collateralToken: 0 },
});
const level = (at: bigint, lots = 10n): BookLevel => ({ price: price(at), size: size(lots) });
const context = (markAt: number, changes: Partial<ContextFrame> = {}): ContextFrame => ({
  type: 'context',
  symbol: 'BTC',
  markPrice: price(1_000n),
  oraclePrice: price(1_001n),
  fundingRate: rate(12_500_000n),
  markAt,
  isPriceHeld: false,
  raw: {
    funding: '0.0000125',
    openInterest: '1.0',
    prevDayPx: '100.0',
    dayNtlVlm: '1.0',
    premium: null,
    oraclePx: '100.1',
    markPx: '100.0',
    midPx: null,
    impactPxs: null,
    dayBaseVlm: '1.0',
  },
  ...changes,
});
const bbo = (venueTime: number, bid: bigint, ask: bigint): BboFrame => ({
  type: 'bbo',
  symbol: 'BTC',
  bbo: { bid: level(bid), ask: level(ask) },
  venueTime,
});
const book = (venueTime: number, bids: readonly bigint[], asks: readonly bigint[]): BookFrame => ({
  type: 'book',
  symbol: 'BTC',
  bids: bids.map((at) => level(at)),
  asks: asks.map((at) => level(at)),
  venueTime,
});
const health = (changes: Partial<HealthFrame> = {}): HealthFrame => ({
  type: 'health',
  status: 'live',
  reasons: [],
  venueTime: 0,
  receivedAt: 0,
  latencyMs: 12,
  ...changes,
});

describe('the market board', () => {
  let clock: VirtualClock;
  let board: MarketBoard;
  let start: number;
  beforeEach(() => {
    clock = createVirtualClock();
    start = clock.now();
    board = createMarketBoard({ clock });
    board.ingest(universe(BTC, OLD));
  });

  it('shows nothing before the first accepted prices, nor of unknown or delisted symbols', () => {
    expect(board.view('BTC', start)).toBeUndefined();
    board.ingest(context(start));
    board.ingest(context(start, { symbol: 'OLD' }));
    board.ingest(context(start, { symbol: 'WHO' }));
    expect(board.view('BTC', start)).toBeDefined();
    expect(board.view('OLD', start)).toBeUndefined();
    expect(board.view('WHO', start)).toBeUndefined();
    expect(board.byAssetId(1)?.symbol).toBe('OLD');
    expect(board.symbols()).toEqual(['BTC', 'OLD']);
  });

  it('ages the mark by receipt, and the quote by the newest venue time of the whole connection', () => {
    board.ingest(context(start));
    board.ingest(bbo(start - 50, 999n, 1_001n));
    expect(board.view('BTC', start + 300)).toMatchObject({ markAgeMs: 300, quoteAgeMs: 350 });
    // A quiet book is not a stale one: another market's frame, or health, keeps the connection young.
    board.ingest(health({ venueTime: start + 280 }));
    expect(board.view('BTC', start + 300)).toMatchObject({ markAgeMs: 300, quoteAgeMs: 20, latencyMs: 12 });
    board.ingest(health({ venueTime: start }));
    expect(board.view('BTC', start + 300)?.quoteAgeMs).toBe(20);
  });

  it('passes on that a price is held', () => {
    board.ingest(context(start, { isPriceHeld: true }));
    expect(board.view('BTC', start)?.isPriceHeld).toBe(true);
  });

  it('never shows levels that a newer bbo has passed', () => {
    board.ingest(context(start));
    board.ingest(book(10, [999n, 998n, 997n], [1_001n, 1_002n, 1_003n]));
    board.ingest(bbo(20, 998n, 1_002n));
    const view = board.view('BTC', start);
    expect(view?.bids.map((it) => it.price)).toEqual([998n, 997n]);
    expect(view?.asks.map((it) => it.price)).toEqual([1_002n, 1_003n]);
    board.ingest(book(30, [1_000n], []));
    expect(board.view('BTC', start)?.bids.map((it) => it.price)).toEqual([1_000n]);
  });

  it('forgets prices where a tick has come to mean something else', () => {
    board.ingest(context(start));
    board.ingest(universe({ ...BTC, maxLeverage: 20 }, OLD));
    expect(board.view('BTC', start)?.instrument.maxLeverage).toBe(20);
    board.ingest(universe({ ...BTC, szDecimals: 4 }, OLD));
    expect(board.view('BTC', start)).toBeUndefined();
  });

  it('tells its listeners after the frame is in', () => {
    const told: string[] = [];
    board.onBbo((symbol) => told.push(`bbo ${symbol} ${String(board.view(symbol, start)?.bbo.bid?.price)}`));
    board.onContext((symbol) => told.push(`context ${symbol} ${String(board.view(symbol, start)?.markPrice)}`));
    board.onUniverse(() => told.push(`universe ${board.symbols().length}`));
    board.ingest(context(start));
    board.ingest(bbo(1, 999n, 1_001n));
    board.ingest(universe(BTC));
    expect(told).toEqual(['context BTC 1000', 'bbo BTC 999', 'universe 1']);
  });

  it.each([
    [0, 'live'],
    [999, 'live'],
    [9_000, 'live'],
    [10_000, 'degraded'],
    [60_000, 'down'],
  ] as const)('after %d ms without any frame the feed is %s', async (silentMs, status) => {
    board.ingest(health());
    const now = clock.now() + silentMs;
    expect(board.health(now)).toMatchObject({ status, feedAgeMs: silentMs });
    expect(board.health(now).reasons).toHaveLength(silentMs >= 1_000 ? 1 : 0);
  });

  it('is down before the first health, and keeps the worse of what it is told and sees', () => {
    expect(board.health(start).status).toBe('down');
    board.ingest(health({ status: 'down', reasons: ['no universe yet'] }));
    expect(board.health(start + 10_000)).toMatchObject({
      status: 'down',
      reasons: ['market-data silent for 10 s', 'no universe yet'],
    });
  });
});
