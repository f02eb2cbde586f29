import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createVirtualClock } from '@perps/runtime/testing';
import { WebSocket } from 'ws';
import { createVenueSimulator, type VenueSimulator } from './index.ts';
import { createTrader, orderAction, type Trader } from './testing/trader.ts';

const KEY = `0x${'33'.repeat(32)}`;
const OTHER_KEY = `0x${'44'.repeat(32)}`;
const BTC = 0;
const BUY = orderAction({ asset: BTC, isBuy: true, price: '105000', size: '0.01', tif: 'Ioc' });

interface ServerFrame {
  readonly channel: string;
  readonly data: Record<string, unknown>;
}

interface Listener {
  readonly frames: readonly ServerFrame[];
  readonly closed: Promise<number>;
  /** Resolves with the first frame, also a past one, that fits. */
  find(fits: (frame: ServerFrame) => boolean): Promise<ServerFrame>;
  say(frame: object): void;
  end(): void;
}

describe('faults', () => {
  let venue: VenueSimulator;
  let trader: Trader;
  let other: Trader;
  const listeners: Listener[] = [];

  beforeEach(async () => {
    const accounts = [KEY, OTHER_KEY].map((key) => ({ address: createTrader('', key).address, balance: '100000' }));
    venue = await createVenueSimulator({ accounts, blockMs: 20, contextMs: 40, volatility: 20 });
    trader = createTrader(venue.url, KEY);
    other = createTrader(venue.url, OTHER_KEY);
  });
  afterEach(async () => {
    for (const listener of listeners.splice(0)) listener.end();
    await venue.close();
  });

  const control = async (method: string, route: string, body?: object) => {
    const response = await fetch(`${venue.control}${route}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const arm = (fault: object) => control('POST', '/faults', fault);
  const fillsOf = async (who: Trader) => (await who.ask({ type: 'userFills', user: who.address })) as unknown[];
  const listen = async (...subscriptions: object[]): Promise<Listener> => {
    const listener = await openListener(venue.wsUrl);
    listeners.push(listener);
    for (const subscription of subscriptions) {
      listener.say({ method: 'subscribe', subscription });
      const { type } = subscription as { type: string };
      await listener.find(
        ({ channel, data }) =>
          channel === 'subscriptionResponse' && (data['subscription'] as { type: string }).type === type,
      );
    }
    return listener;
  };

  describe('of requests', () => {
    it('loseAnswer: the order is executed, the connection dies', async () => {
      await arm({ kind: 'loseAnswer' });
      await expect(trader.send(BUY)).rejects.toThrow('fetch failed');
      expect(await fillsOf(trader)).toHaveLength(1);
      expect(await trader.act(BUY)).toMatchObject({ status: 'ok' });
    });

    it('loseRequest: the connection dies, nothing is executed', async () => {
      await arm({ kind: 'loseRequest' });
      await expect(trader.send(BUY)).rejects.toThrow('fetch failed');
      expect(await fillsOf(trader)).toEqual([]);
    });

    it.each([
      ['http429', 429],
      ['http500', 500],
    ])('%s: answered null, so often as asked, nothing is executed', async (kind, status) => {
      await arm({ kind, count: 2, endpoint: 'exchange' });
      expect(await trader.send(BUY)).toEqual({ status, body: null });
      expect(await trader.send(BUY)).toEqual({ status, body: null });
      expect(await fillsOf(trader)).toEqual([]);
      expect(await trader.act(BUY)).toMatchObject({ status: 'ok' });
    });

    it('delay: the answer comes later', async () => {
      await arm({ kind: 'delay', ms: 150 });
      const startedAt = performance.now();
      expect(await trader.act(BUY)).toMatchObject({ status: 'ok' });
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(145);
    });

    it('strikes only the account it names', async () => {
      await arm({ kind: 'http500', account: trader.address });
      expect(await other.act(BUY)).toMatchObject({ status: 'ok' });
      expect(await trader.send(BUY)).toEqual({ status: 500, body: null });
    });
  });

  describe('of streams', () => {
    const bbo = { type: 'bbo', coin: 'BTC' };
    const isBbo = ({ channel }: ServerFrame): boolean => channel === 'bbo';

    it('wsDrop: connections are cut, new ones are welcome', async () => {
      const listener = await listen(bbo);
      await arm({ kind: 'wsDrop' });
      await listener.closed;
      const again = await listen(bbo);
      await again.find(isBbo);
    });

    it('wsDrop of one account spares the others', async () => {
      const mine = await listen({ type: 'userFills', user: trader.address });
      const theirs = await listen({ type: 'userFills', user: other.address });
      await arm({ kind: 'wsDrop', account: trader.address });
      await mine.closed;
      await other.act(BUY);
      await theirs.find(({ channel, data }) => channel === 'userFills' && data['isSnapshot'] === undefined);
    });

    it('wsSilence: connections stay open and say nothing until it is cleared', async () => {
      const listener = await listen(bbo);
      await arm({ kind: 'wsSilence' });
      const count = listener.frames.length;
      listener.say({ method: 'ping' });
      await trader.ask({ type: 'meta' });
      expect(listener.frames.slice(count).some(({ channel }) => channel === 'pong')).toBe(false);
      await control('DELETE', '/faults');
      await listener.find((frame) => isBbo(frame) && listener.frames.indexOf(frame) >= count);
    });

    it('wsDuplicate: a frame comes twice', async () => {
      const listener = await listen({ type: 'userFills', user: trader.address });
      await arm({ kind: 'wsDuplicate', account: trader.address });
      await trader.act(BUY);
      await listener.find((frame) => isLiveFill(frame) && listener.frames.filter(isLiveFill).length === 2);
      const [first, second] = listener.frames.filter(isLiveFill);
      expect(second).toEqual(first);
    });

    it('wsReorder: two frames change places', async () => {
      const listener = await listen({ type: 'userFills', user: trader.address });
      await arm({ kind: 'wsReorder', account: trader.address });
      await trader.act(BUY);
      await trader.act(BUY);
      await listener.find((frame) => isLiveFill(frame) && listener.frames.filter(isLiveFill).length === 2);
      const oids = listener.frames.filter(isLiveFill).map(({ data }) => (data['fills'] as { oid: number }[])[0]!.oid);
      expect(oids).toHaveLength(2);
      expect(oids[0]!).toBeGreaterThan(oids[1]!);
    });

    it('stalePrices: prices stand still with an old time, then go on', async () => {
      const listener = await listen({ type: 'l2Book', coin: 'BTC' });
      const isBook = ({ channel }: ServerFrame): boolean => channel === 'l2Book';
      await arm({ kind: 'stalePrices' });
      const book = async () => (await trader.ask({ type: 'l2Book', coin: 'BTC' })) as { time: number; levels: unknown };
      const first = await book();
      const count = listener.frames.length;
      await listener.find((frame) => isBook(frame) && listener.frames.indexOf(frame) > count);
      expect(await book()).toEqual(first);
      expect(listener.frames.at(-1)?.data['time']).toBe(first.time);
      await control('DELETE', '/faults?kind=stalePrices');
      await listener.find((frame) => isBook(frame) && (frame.data['time'] as number) > first.time);
    });

    it('latency: market frames come late with their old time, answers do not', async () => {
      const listener = await listen(bbo);
      await arm({ kind: 'latency', ms: 300 });
      const armedAt = Date.now();
      const late = await listener.find((frame) => isBbo(frame) && (frame.data['time'] as number) > armedAt);
      expect(Date.now() - (late.data['time'] as number)).toBeGreaterThanOrEqual(295);
      await control('DELETE', '/faults');
    });
  });

  describe('control door', () => {
    it('shows faults and clears them', async () => {
      const armed = await arm({ kind: 'delay', ms: 5, count: 3 });
      expect(armed).toMatchObject({ status: 201, body: { kind: 'delay', ms: 5, count: 3, fired: 0 } });
      expect((await control('GET', '/faults')).body).toHaveLength(1);
      expect((await control('DELETE', '/faults')).body).toEqual([]);
    });

    it.each([
      ['/faults', { kind: 'meteor' }, 400, 'INVALID_REQUEST'],
      ['/faults', { kind: 'delay', ms: -1 }, 400, 'INVALID_REQUEST'],
      ['/faults', { kind: 'delay', surprise: 1 }, 400, 'INVALID_REQUEST'],
      ['/price', { coin: 'NOSUCH', price: 1 }, 404, 'UNKNOWN_COIN'],
      ['/price', { coin: 'BTC', price: 0 }, 400, 'INVALID_PRICE'],
      ['/fund', { address: '0x1', amount: '1' }, 400, 'INVALID_REQUEST'],
      ['/nowhere', {}, 404, 'UNKNOWN_PATH'],
    ])('refuses %s %j', async (route, body, status, code) => {
      expect(await control('POST', route, body)).toMatchObject({ status, body: { error: { code } } });
    });

    it('moves a price and funds an account', async () => {
      await control('POST', '/price', { coin: 'BTC', price: 90_000 });
      const listener = await listen({ type: 'bbo', coin: 'BTC' });
      await listener.find(({ channel, data }) => {
        const [bid] = channel === 'bbo' ? (data['bbo'] as { px: string }[]) : [];
        return bid !== undefined && Math.abs(Number(bid.px) - 90_000) < 500;
      });
      const stranger = createTrader(venue.url, `0x${'55'.repeat(32)}`);
      expect(await stranger.act({ type: 'noop' })).toMatchObject({ status: 'err' });
      await control('POST', '/fund', { address: stranger.address, amount: '250.5' });
      expect(await stranger.act({ type: 'noop' })).toMatchObject({ status: 'ok' });
      const state = (await control('GET', '/state')).body as { accounts: { address: string }[] };
      expect(state.accounts.map(({ address }) => address)).toContain(stranger.address);
    });
  });
});

const isLiveFill = ({ channel, data }: ServerFrame): boolean =>
  channel === 'userFills' && data['isSnapshot'] === undefined;

describe('limits', () => {
  it('answers 429 with null beyond the weight of a minute', async () => {
    const venue = await createVenueSimulator({ limits: { weightPerMinute: 41 } });
    const trader = createTrader(venue.url, KEY);
    await trader.ask({ type: 'meta' });
    await trader.ask({ type: 'meta' });
    const response = await fetch(`${venue.url}/info`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"type":"meta"}',
    });
    expect([response.status, await response.text()]).toEqual([429, 'null']);
    await venue.close();
  });

  it('closes what exceeds the connections and refuses what exceeds the users', async () => {
    const venue = await createVenueSimulator({ limits: { connections: 1, users: 1 } });
    const listener = await openListener(venue.wsUrl);
    const second = await openListener(venue.wsUrl);
    expect(await second.closed).toBe(1008);
    for (const digit of ['1', '2']) {
      listener.say({ method: 'subscribe', subscription: { type: 'orderUpdates', user: `0x${digit.repeat(40)}` } });
    }
    const refusal = await listener.find(({ channel }) => channel === 'error');
    expect(refusal.data).toBe('Cannot track more than 10 total users.');
    listener.end();
    await venue.close();
  });
});

describe('silence', () => {
  it('closes a connection that has heard nothing for a minute; a ping keeps it', async () => {
    const clock = createVirtualClock();
    const venue = await createVenueSimulator({ clock, volatility: 0, blockMs: 5_000, contextMs: 5_000 });
    const quiet = await openListener(venue.wsUrl);
    const busy = await openListener(venue.wsUrl);
    await clock.advance(40_000);
    busy.say({ method: 'ping' });
    await busy.find(({ channel }) => channel === 'pong');
    await clock.advance(21_000);
    expect(await quiet.closed).toBe(1005);
    busy.say({ method: 'subscribe', subscription: { type: 'bbo', coin: 'BTC' } });
    await busy.find(({ channel }) => channel === 'bbo');
    busy.end();
    await venue.close();
  });
});

describe('memory', () => {
  it('survives a restart: money, positions, orders, nonces, agents', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'venue-'));
    const stateFile = path.join(folder, 'venue.json');
    const { address } = createTrader('', KEY);
    const first = await createVenueSimulator({ stateFile, accounts: [{ address, balance: '5000' }], volatility: 0 });
    const before = createTrader(first.url, KEY);
    const nonce = Date.now() + 60_000;
    await before.act(BUY, { nonce });
    await before.act(orderAction({ asset: BTC, isBuy: true, price: '90000', size: '0.01' }));
    const [, best] = first.venue.markets[BTC]!.book.levels('B', 2);
    const nearest = String(Number(best!.price) / 10);
    await before.act(orderAction({ asset: BTC, isBuy: true, price: nearest, size: '0.001' }));
    const stateBefore = await before.ask({ type: 'clearinghouseState', user: address });
    const ordersBefore = await before.ask({ type: 'openOrders', user: address });
    await first.close();

    const second = await createVenueSimulator({ stateFile, accounts: [{ address, balance: '5000' }], volatility: 0 });
    const after = createTrader(second.url, KEY);
    const stateAfter = await after.ask({ type: 'clearinghouseState', user: address });
    expect(stateAfter).toMatchObject({ marginSummary: (stateBefore as { marginSummary: object }).marginSummary });
    expect(await after.ask({ type: 'openOrders', user: address })).toEqual(ordersBefore);
    expect(await fills(after)).toHaveLength(1);
    expect(await after.act(BUY, { nonce })).toEqual({
      status: 'err',
      response: `Invalid nonce: duplicate nonce ${nonce}`,
    });
    await second.close();
    rmSync(folder, { recursive: true });
  });
});

const fills = (who: Trader) => who.ask({ type: 'userFills', user: who.address });

async function openListener(url: string): Promise<Listener> {
  const socket = new WebSocket(url);
  const frames: ServerFrame[] = [];
  let waiting: { readonly fits: (frame: ServerFrame) => boolean; readonly found: (frame: ServerFrame) => void }[] = [];
  socket.on('message', (data) => {
    const frame = JSON.parse(Buffer.from(data as Buffer).toString('utf8')) as ServerFrame;
    frames.push(frame);
    const done = waiting.filter(({ fits }) => fits(frame));
    waiting = waiting.filter((one) => !done.includes(one));
    for (const { found } of done) found(frame);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  return {
    frames,
    closed,
    find: (fits) => {
      const past = frames.find(fits);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((found) => waiting.push({ fits, found }));
    },
    say: (frame) => socket.send(JSON.stringify(frame)),
    end: () => socket.terminate(),
  };
}
