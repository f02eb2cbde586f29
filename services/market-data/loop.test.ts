import { beforeEach, describe, expect, it } from '@jest/globals';
import type { UpstreamStatus } from '@perps/adapters/hyperliquid';
import type { FeedFrame } from '@perps/contracts/feed';
import { noMetrics, silentLogger } from '@perps/runtime/ports';
import { createVirtualClock, type VirtualClock } from '@perps/runtime/testing';
import { createFeed, type Feed } from './loop.ts';
import { bboAt, BTC, contextAt, LIVE, RAW, universeOf } from './testing/frames.ts';

const isContext = (frame: FeedFrame) => frame.type === 'context';
const isBbo = (frame: FeedFrame) => frame.type === 'bbo';

describe('the feed', () => {
  let clock: VirtualClock;
  let published: FeedFrame[];
  let status: UpstreamStatus;
  let feed: Feed;
  let stop: AbortController;

  beforeEach(() => {
    clock = createVirtualClock();
    published = [];
    status = LIVE;
    stop = new AbortController();
    feed = createFeed({
      clock,
      logger: silentLogger,
      metrics: noMetrics,
      status: () => status,
      publish: (frame) => published.push(frame),
    });
    void feed.run(stop.signal);
    feed.events.onUniverse(universeOf(BTC));
  });

  const marks = (): readonly (readonly [bigint, boolean, number])[] =>
    published.flatMap((frame) =>
      frame.type === 'context' ? [[frame.markPrice, frame.isPriceHeld, frame.markAt] as const] : [],
    );

  it('publishes the first change after a pause at once, the next within ten milliseconds', async () => {
    await clock.advance(50);
    feed.events.onBbo(bboAt(10, 20, 1));
    expect(published.filter(isBbo)).toHaveLength(1);
    feed.events.onBbo(bboAt(11, 20, 2));
    feed.events.onBbo(bboAt(12, 20, 3));
    expect(published.filter(isBbo)).toHaveLength(1);
    await clock.advance(10);
    expect(published.filter(isBbo)).toEqual([
      { type: 'bbo', ...bboAt(10, 20, 1) },
      { type: 'bbo', ...bboAt(12, 20, 3) },
    ]);
  });

  it('keeps the last valid price while a jump is held, dated when it was accepted', async () => {
    for (const [at, mark] of [
      [1_000, 10_000],
      [2_000, 7_000],
      [3_000, 10_010],
    ] as const) {
      feed.events.onContext(contextAt(mark, 10_000), at);
      await clock.advance(20);
    }
    expect(marks()).toEqual([
      [10_000n, false, 1_000],
      [10_000n, true, 1_000],
      [10_010n, false, 3_000],
    ]);
  });

  it('lets a real crash through after three confirmations', async () => {
    for (const [at, mark] of [
      [1_000, 10_000],
      [2_000, 7_000],
      [3_000, 6_990],
      [4_000, 6_980],
      [5_000, 6_970],
    ] as const) {
      feed.events.onContext(contextAt(mark, 10_000), at);
      await clock.advance(20);
    }
    expect(marks().at(-1)).toEqual([6_970n, false, 5_000]);
  });

  it('publishes nothing for a price that is none, nor for one older than what it has', async () => {
    feed.events.onContext(contextAt(undefined), 1_000);
    feed.events.onContext(contextAt(10_000), 2_000);
    feed.events.onContext(contextAt(10_001), 1_500);
    await clock.advance(50);
    expect(marks()).toEqual([[10_000n, false, 2_000]]);
  });

  it('tells its health every 100 ms', async () => {
    feed.events.onContext(contextAt(10_000), 1_000);
    await clock.advance(50);
    published = [];
    await clock.advance(1_000);
    expect(published.filter(({ type }) => type === 'health')).toHaveLength(10);
    status = { ...LIVE, latencyMs: 612.4 };
    expect(feed.health()).toEqual({
      type: 'health',
      status: 'live',
      reasons: ['venue latency 612 ms'],
      venueTime: 1_000,
      receivedAt: 1_010,
      latencyMs: 612,
    });
  });

  it('gives a new subscriber the whole picture, universe first, and nothing twice', async () => {
    await clock.advance(50);
    const trade = { coin: 'BTC', side: 'B', px: '1.0', sz: '1.0', hash: '0x', time: 1, users: ['', ''] } as const;
    const candle = { t: 0, T: 59_999, s: 'BTC', i: '1m', o: '1.0', c: '1.0', h: '1.0', l: '1.0', v: '1.0', n: 1 };
    feed.events.onContext(contextAt(10_000), 1_000);
    feed.events.onBbo(bboAt(10, 20, 1));
    feed.events.onTrades('BTC', [{ ...trade, tid: 1 }]);
    feed.events.onCandle(candle);
    const raw = { coin: 'BTC', time: 1, levels: [[], []] } as const;
    feed.events.onBook({ symbol: 'BTC', bids: [], asks: [], venueTime: 1, raw });
    const snapshot = feed.snapshot();
    expect(new Set(snapshot.map(({ type }) => type))).toEqual(
      new Set(['bbo', 'book', 'candle', 'context', 'health', 'trades', 'universe']),
    );
    expect(snapshot[0]?.type).toBe('universe');
    const before = published.length;
    await clock.advance(10);
    expect(published.slice(before).filter(({ type }) => type !== 'health')).toEqual([]);
    expect([feed.recentTrades('BTC').length, feed.book('BTC'), feed.isKnown('BTC'), feed.isKnown('ETH')]).toEqual([
      1,
      raw,
      true,
      false,
    ]);
  });

  it('forgets what a delisted market was worth, and prices in ticks that changed', async () => {
    feed.events.onContext(contextAt(10_000), 1_000);
    await clock.advance(50);
    feed.events.onUniverse(universeOf({ ...BTC, szDecimals: 4 }));
    expect(feed.snapshot().some(isContext)).toBe(false);
    feed.events.onContext(contextAt(1_000), 2_000);
    expect(feed.snapshot().filter(isContext)).toMatchObject([{ markPrice: 1_000n, isPriceHeld: false, raw: RAW }]);
    feed.events.onUniverse(universeOf({ ...BTC, szDecimals: 4, isDelisted: true }));
    expect(feed.snapshot().some(isContext)).toBe(false);
  });

  it('ends with the signal', async () => {
    stop.abort();
    await clock.advance(1_000);
    published = [];
    await clock.advance(1_000);
    expect(published).toEqual([]);
  });
});
