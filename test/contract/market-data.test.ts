/** market-data against the venue simulator, with the faults a venue has. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock, systemRandom } from '@perps/adapters/node';
import { createRpcClient, type RpcClient } from '@perps/adapters/rpc';
import { type BboFrame, FEED_TOPIC, type FeedFrame, type HealthFrame } from '@perps/contracts/feed';
import { createMarketBoard, type MarketBoard } from '@perps/runtime/markets';
import { type Clock, noMetrics, silentLogger } from '@perps/runtime/ports';
import { createVenueSimulator, type VenueSimulator } from '../../local/hyperliquid/index.ts';
import { type MarketDataService, startMarketData } from '../../services/market-data/service.ts';

/** Durations pass so many times faster; the wall clock, which dates quotes, does not. */
const SPEED = 20;
const fastClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * SPEED,
  sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
};

interface Running {
  readonly simulator: VenueSimulator;
  readonly service: MarketDataService;
  readonly rpc: RpcClient;
  readonly board: MarketBoard;
  readonly frames: FeedFrame[];
  /** Resolves with the first frame from now on that fits. */
  next<Frame extends FeedFrame>(fits: (frame: FeedFrame) => frame is Frame): Promise<Frame>;
  stop(): Promise<void>;
}

async function start(clock: Clock): Promise<Running> {
  const simulator = await createVenueSimulator();
  const service = await startMarketData({
    config: {
      PORT: 0,
      HOST: '127.0.0.1',
      VENUE_URL: simulator.url,
      VENUE_WS_URL: simulator.wsUrl,
      SYMBOLS: undefined,
      VENUE_WEIGHT_PER_MINUTE: 1_200,
    },
    clock,
    random: systemRandom,
    logger: silentLogger,
    metrics: noMetrics,
  });
  const board = createMarketBoard({ clock: systemClock });
  const frames: FeedFrame[] = [];
  const waiting = new Set<(frame: FeedFrame) => void>();
  const rpc = createRpcClient({
    resolveUrl: async () => `ws://127.0.0.1:${service.port}/rpc`,
    logger: silentLogger,
    clock: systemClock,
  });
  rpc.subscribe(FEED_TOPIC, (payload) => {
    const frame = payload as FeedFrame;
    frames.push(frame);
    board.ingest(frame);
    for (const look of waiting) look(frame);
  });
  return {
    simulator,
    service,
    rpc,
    board,
    frames,
    next: (fits) =>
      new Promise((resolve) => {
        const look = (frame: FeedFrame): void => {
          if (!fits(frame)) return;
          waiting.delete(look);
          resolve(frame);
        };
        waiting.add(look);
      }),
    async stop() {
      rpc.close();
      await service.stop();
      await simulator.close();
    },
  };
}

const isHealth =
  (status: HealthFrame['status']) =>
  (frame: FeedFrame): frame is HealthFrame =>
    frame.type === 'health' && frame.status === status;
const isBboOf =
  (symbol: string) =>
  (frame: FeedFrame): frame is BboFrame =>
    frame.type === 'bbo' && frame.symbol === symbol;

describe('market-data on a venue that behaves', () => {
  let running: Running;
  beforeEach(async () => {
    running = await start(systemClock);
    await running.next(isHealth('live'));
  });
  afterEach(() => running.stop());

  it('feeds universe, accepted prices, quotes and books that a decision can use', async () => {
    const { board, next } = running;
    await next(isBboOf('BTC'));
    const view = board.view('BTC', Date.now());
    expect(view?.instrument.szDecimals).toBe(5);
    expect(view?.markPrice).toBeGreaterThan(0n);
    expect(view?.markAgeMs).toBeLessThan(5_000);
    expect(view?.quoteAgeMs).toBeLessThan(1_000);
    expect(view?.isPriceHeld).toBe(false);
    expect(view?.bids[0]?.price).toBeLessThan(view?.asks[0]?.price ?? 0n);
    expect(board.health(Date.now())).toMatchObject({ status: 'live', reasons: [] });
    expect(running.frames[0]?.type).toBe('universe');
  });

  it('answers the doors’ questions', async () => {
    const { rpc, service } = running;
    const candles = await rpc.request('candles', { symbol: 'BTC', interval: '1m', startTime: Date.now() - 600_000 });
    expect(Array.isArray(candles) && candles.length > 0).toBe(true);
    expect(await rpc.request('l2Book', { symbol: 'BTC', nSigFigs: 3 })).toMatchObject({ coin: 'BTC' });
    expect(await rpc.request('relayInfo', { request: { type: 'meta' } })).toMatchObject({ status: 200 });
    const watched = running.next((frame): frame is FeedFrame => frame.type === 'candle' && frame.interval === '5m');
    await rpc.request('watchCandles', { symbol: 'BTC', interval: '5m' });
    await watched;
    const health = await fetch(`http://127.0.0.1:${service.port}/health`);
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok', feed: 'live' }]);
  });

  it('shows a venue that is 600 ms late about a second after it became so (SC-RT-005)', async () => {
    const armedAt = Date.now();
    running.simulator.faults.arm({ kind: 'latency', ms: 600 });
    await running.next((frame): frame is HealthFrame => frame.type === 'health' && frame.latencyMs > 500);
    expect(Date.now() - armedAt).toBeLessThan(600 + 1_500);
    expect(running.board.view('BTC', Date.now())?.latencyMs).toBeGreaterThan(500);
  });

  it('lets a crash through within seconds', async () => {
    const before = running.board.view('BTC', Date.now())?.markPrice ?? 0n;
    const crashed = (before * 3n) / 4n;
    const body = JSON.stringify({ coin: 'BTC', price: String(Number(crashed) / 10) });
    const startedAt = Date.now();
    const headers = { 'content-type': 'application/json' };
    await fetch(`${running.simulator.control}/price`, { method: 'POST', headers, body });
    await running.next(
      (frame): frame is FeedFrame =>
        frame.type === 'context' && frame.symbol === 'BTC' && frame.markPrice < (crashed * 11n) / 10n,
    );
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  });

  it('never goes back in time where frames come twice and out of order', async () => {
    const { simulator, next, frames } = running;
    for (const kind of ['wsDuplicate', 'wsReorder'] as const) simulator.faults.arm({ kind, count: 200 });
    for (let round = 0; round < 10; round += 1) await next(isBboOf('BTC'));
    const times = frames.filter(isBboOf('BTC')).map(({ venueTime }) => venueTime);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    const tids = frames.flatMap((frame) => (frame.type === 'trades' ? frame.trades.map(({ tid }) => tid) : []));
    expect(new Set(tids).size).toBe(tids.length);
  });
});

describe('market-data on a venue that fails', () => {
  let running: Running;
  beforeEach(async () => {
    running = await start(fastClock);
    await running.next(isHealth('live'));
  });
  afterEach(() => running.stop());

  it('reconnects after a drop', async () => {
    running.simulator.faults.arm({ kind: 'wsDrop' });
    await running.next(isBboOf('BTC'));
    const { venueTime } = await running.next(isBboOf('BTC'));
    expect(Date.now() - venueTime).toBeLessThan(5_000);
    await running.next(isHealth('live'));
  });

  it('notices a silent socket, polls meanwhile, refuses after a minute, and recovers', async () => {
    const { simulator, next, board } = running;
    simulator.faults.arm({ kind: 'wsSilence' });
    const degraded = await next(isHealth('degraded'));
    expect(degraded.reasons[0]).toContain('silent');
    // Prices stay good enough to close and to liquidate: they come by REST now.
    const silentSince = Date.now();
    await next((frame): frame is FeedFrame => frame.type === 'context' && frame.markAt > silentSince);
    expect(board.view('BTC', Date.now())?.markAgeMs).toBeLessThan(10_000);
    await next(isHealth('down'));
    simulator.faults.clear();
    await next(isHealth('live'));
    await next(isBboOf('BTC'));
  });
});
