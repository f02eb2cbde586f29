import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Trade } from '@perps/contracts/hyperliquid';
import { silentLogger } from '@perps/runtime/ports';
import { createVirtualClock, type VirtualClock } from '@perps/runtime/testing';
import { type WebSocket, WebSocketServer } from 'ws';
import { createMarketUpstream, type MarketUpstream } from './upstream.ts';

const CTX = {
  funding: '0.0000125',
  openInterest: '1.0',
  prevDayPx: '1.0',
  dayNtlVlm: '1.0',
  premium: null,
  oraclePx: '100.0',
  markPx: '100.0',
  midPx: null,
  impactPxs: null,
  dayBaseVlm: '1.0',
};
const entry = (name: string, isDelisted = false) => ({
  name,
  szDecimals: 2,
  maxLeverage: 3,
  marginTableId: 3,
  isDelisted,
});
const answerFor = (...universe: readonly ReturnType<typeof entry>[]) => [
  { universe, marginTables: [], collateralToken: 0 },
  universe.map(() => CTX),
];

describe('the market upstream', () => {
  let server: WebSocketServer;
  let clock: VirtualClock;
  let upstream: MarketUpstream;
  let answer: unknown;
  let questions: number;
  let told: string[];
  let gauges: Map<string, number>;
  let counts: string[];
  const subscribed = new Set<string>();

  const notice = (text: string): void => void told.push(text);
  /** Lets time pass in small steps until it holds: sockets need real I/O in between. */
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await clock.advance(10);
  };

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    subscribed.clear();
    server.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => {
        const { method, subscription } = JSON.parse(data.toString()) as {
          readonly method: string;
          readonly subscription?: { readonly type: string; readonly coin: string };
        };
        const key = `${subscription?.type}:${subscription?.coin}`;
        if (method === 'subscribe') subscribed.add(key);
        if (method === 'unsubscribe') subscribed.delete(key);
      }),
    );
    clock = createVirtualClock();
    answer = answerFor(entry('BTC'), entry('DEAD', true));
    questions = 0;
    told = [];
    gauges = new Map();
    counts = [];
    upstream = createMarketUpstream({
      wsUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      info: {
        async ask() {
          questions += 1;
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      clock,
      random: { next: () => 0.999 },
      logger: silentLogger,
      metrics: {
        count: (name) => void counts.push(name),
        gauge: (name, value) => void gauges.set(name, value),
        timing: () => undefined,
      },
      events: {
        onUniverse: ({ instruments }) => notice(`universe ${instruments.map(({ symbol }) => symbol).join()}`),
        onContext: ({ symbol, raw }, at) => notice(`context ${symbol} ${raw.markPx} at ${at - 1_700_000_000_000}`),
        onBbo: ({ symbol, venueTime }) => notice(`bbo ${symbol} ${venueTime - clock.now()}`),
        onBook: ({ symbol }) => notice(`book ${symbol}`),
        onTrades: (symbol, trades) => notice(`trades ${symbol} ${trades.map(({ tid }) => tid).join()}`),
        onCandle: ({ s, i }) => notice(`candle ${s} ${i}`),
      },
    });
  });
  afterEach(async () => {
    upstream.stop();
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  const connect = async (): Promise<WebSocket> => {
    const connection = once(server, 'connection') as Promise<[WebSocket]>;
    upstream.start();
    const [socket] = await connection;
    await until(() => subscribed.has('candle:BTC'));
    return socket;
  };
  const send = async (socket: WebSocket, channel: string, data: unknown): Promise<void> => {
    const before = told.length + counts.length;
    socket.send(JSON.stringify({ channel, data }));
    await until(() => told.length + counts.length > before);
  };
  const bbo = (time: number) => ({ coin: 'BTC', time, bbo: [null, { px: '100.0', sz: '1.0', n: 1 }] });
  const trade = (tid: number, time: number): Trade => ({
    coin: 'BTC',
    side: 'B',
    px: '1.0',
    sz: '1.0',
    hash: '0x',
    time,
    tid,
    users: ['0x1', '0x2'],
  });

  it('asks until the venue answers, then subscribes to all that lives', async () => {
    const good = answer;
    answer = new Error('connection refused');
    upstream.start();
    await clock.advance(5_000);
    expect(upstream.status()).toMatchObject({ hasUniverse: false, isOpen: false });
    const asked = questions;
    expect(asked).toBeGreaterThan(3);
    answer = good;
    await until(() => subscribed.size >= 5);
    expect(told).toEqual(expect.arrayContaining(['universe BTC,DEAD']));
    expect(subscribed).toEqual(new Set(['activeAssetCtx:BTC', 'bbo:BTC', 'l2Book:BTC', 'trades:BTC', 'candle:BTC']));
  });

  it('passes on what fits and counts what does not', async () => {
    const socket = await connect();
    told = [];
    await send(socket, 'activeAssetCtx', { coin: 'BTC', ctx: { ...CTX, markPx: '101.0' } });
    await send(socket, 'bbo', bbo(clock.now()));
    await send(socket, 'l2Book', { coin: 'BTC', time: clock.now(), levels: [[], []] });
    await send(socket, 'trades', [trade(2, 20), trade(1, 10)]);
    await send(socket, 'bbo', { coin: 'BTC', time: 'yesterday' });
    expect(told.map((text) => text.replace(/ at .*| -?\d+$/, ''))).toEqual([
      'context BTC 101.0',
      'bbo BTC',
      'book BTC',
      'trades BTC 1,2',
    ]);
    expect(counts).toEqual(['venueFrameBad']);
  });

  it('drops quotes that go back in time or come from the future, and trades it has seen', async () => {
    const socket = await connect();
    const now = clock.now();
    await send(socket, 'bbo', bbo(now));
    await send(socket, 'trades', [trade(1, 10)]);
    told = [];
    await send(socket, 'bbo', bbo(now - 1));
    await send(socket, 'bbo', bbo(now + 10 * 60_000));
    await send(socket, 'trades', [trade(1, 10), trade(2, 11)]);
    expect(counts).toEqual(['venueTimeBackwards', 'venueTimeAhead']);
    expect(told).toEqual(['trades BTC 2']);
    expect(upstream.status().venueTime).toBeLessThan(now + 60_000);
  });

  it('polls every five seconds while the socket is silent, dating the answer by the question', async () => {
    await connect();
    const asked = questions;
    await until(() => upstream.status().isPolling);
    await until(() => questions >= asked + 3);
    expect(upstream.status().socketAgeMs).toBeGreaterThanOrEqual(20_000);
    expect(upstream.status().restAgeMs).toBeLessThan(5_000);
    expect(told.filter((text) => text.startsWith('context')).length).toBeGreaterThanOrEqual(4);
    answer = new Error('dead, too');
    await clock.advance(20_000);
    expect(upstream.status().restAgeMs).toBeGreaterThanOrEqual(15_000);
  });

  it('compares with REST every five minutes, and follows a universe that changed', async () => {
    const socket = await connect();
    await send(socket, 'activeAssetCtx', { coin: 'BTC', ctx: { ...CTX, markPx: '102.0' } });
    answer = answerFor(entry('BTC', true), entry('DEAD', true), entry('NEW'));
    told = [];
    while (!gauges.has('venueContextsDeviating')) {
      await clock.advance(2_000);
      await send(socket, 'activeAssetCtx', { coin: 'BTC', ctx: { ...CTX, markPx: '102.0' } });
    }
    await until(() => subscribed.has('candle:NEW') && !subscribed.has('candle:BTC'));
    expect(told).toContain('universe BTC,DEAD,NEW');
    expect([...subscribed].every((key) => key.endsWith(':NEW'))).toBe(true);
  });

  it('streams other candles while they are watched', async () => {
    await connect();
    upstream.watchCandles('ETH', '1m');
    upstream.watchCandles('ETH', '1h');
    await until(() => subscribed.has('candle:ETH'));
    upstream.unwatchCandles('ETH', '1h');
    await until(() => !subscribed.has('candle:ETH'));
    expect(subscribed.has('candle:BTC')).toBe(true);
  });
});
