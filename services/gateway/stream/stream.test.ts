import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AccountUpdate, FillRecord } from '@perps/contracts/engine';
import { price, size, usd } from '@perps/domain/money';
import { WebSocket } from 'ws';
import { fundingPosted, liquidationStepped } from '@perps/domain/testing';
import { bboFrame, BTC } from '../testing/fake-feed.ts';
import { addressOfKey, ALICE, type Harness, nextNonce, startHarness } from '../testing/harness.ts';
import { signExchange } from '@perps/contracts/hyperliquid';

const alice = addressOfKey(ALICE);

interface Frame {
  readonly channel: string;
  readonly data: unknown;
}

class Client {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  #waiting: (() => void)[] = [];

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as Frame);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async open(url: string): Promise<Client> {
    const client = new Client(url);
    await once(client.socket, 'open');
    return client;
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The next frame that fits; frames before it are dropped. */
  async next(channel: string, fits: (data: unknown) => boolean = () => true): Promise<unknown> {
    for (;;) {
      const frame = this.frames.shift();
      if (frame === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      else if (frame.channel === channel && fits(frame.data)) return frame.data;
    }
  }

  subscribe(subscription: unknown): Promise<unknown> {
    this.send({ method: 'subscribe', subscription });
    return this.next('subscriptionResponse');
  }
}

const order = (tif: 'Gtc' | 'Ioc', p: string) => ({
  type: 'order' as const,
  grouping: 'na' as const,
  orders: [{ a: 0, b: true, p, s: '0.01', r: false, t: { limit: { tif } } }],
});

describe('/ws', () => {
  let gateway: Harness;
  let client: Client;
  beforeAll(async () => {
    gateway = await startHarness();
    gateway.engine.openAccount(alice, 5_000_000_000n);
    client = await Client.open(gateway.wsUrl);
  });
  afterAll(() => {
    client.socket.terminate();
    return gateway.close();
  });

  it('echoes the typed subscription with the nulls the venue adds', async () => {
    expect(await client.subscribe({ type: 'l2Book', coin: 'BTC' })).toEqual({
      method: 'subscribe',
      subscription: { type: 'l2Book', coin: 'BTC', nSigFigs: null, mantissa: null },
    });
    expect(await client.next('l2Book')).toMatchObject({ coin: 'BTC' });
  });

  it('answers ping, refuses what it cannot read, and says what is subscribed already', async () => {
    client.send({ method: 'ping' });
    expect(await client.next('pong')).toBeUndefined();
    client.send('{"method":"dance"}');
    expect(await client.next('error')).toBe('Error parsing JSON into valid websocket request: {"method":"dance"}');
    client.send({ method: 'subscribe', subscription: { type: 'l2Book', coin: 'BTC' } });
    expect(await client.next('error')).toMatch(/^Already subscribed: {/);
    client.send({ method: 'unsubscribe', subscription: { type: 'bbo', coin: 'BTC' } });
    expect(await client.next('error')).toMatch(/^Already unsubscribed: {/);
    client.send({ method: 'subscribe', subscription: { type: 'bbo', coin: 'NOPE' } });
    expect(await client.next('error')).toMatch(/^Invalid subscription {/);
  });

  it('pushes best prices as they change and stops after unsubscribe', async () => {
    await client.subscribe({ type: 'bbo', coin: 'BTC' });
    await client.next('bbo');
    gateway.feed.publish(bboFrame(BTC, '101000'));
    expect(await client.next('bbo')).toMatchObject({ bbo: [{ px: '100999.9', n: 1 }, { px: '101000.1' }] });
    client.send({ method: 'unsubscribe', subscription: { type: 'bbo', coin: 'BTC' } });
    expect(await client.next('subscriptionResponse')).toMatchObject({ method: 'unsubscribe' });
    gateway.feed.publish(bboFrame(BTC, '100000'));
    await client.subscribe({ type: 'allMids' });
    await client.next('allMids', (data) => (data as { mids: { BTC: string } }).mids.BTC === '100000.0');
    expect(client.frames.filter(({ channel }) => channel === 'bbo')).toEqual([]);
  });

  it('pushes trades, candles and contexts', async () => {
    const trade = {
      coin: 'BTC',
      side: 'B' as const,
      px: '100000.0',
      sz: '1.0',
      hash: '0x0',
      time: 1,
      tid: 1,
      users: ['0x1', '0x2'] as const,
    };
    await client.subscribe({ type: 'trades', coin: 'BTC' });
    await client.subscribe({ type: 'candle', coin: 'BTC', interval: '15m' });
    gateway.feed.publish({ type: 'trades', symbol: 'BTC', trades: [trade] });
    expect(await client.next('trades')).toEqual([trade]);
    const candle = { t: 0, T: 899_999, s: 'BTC', i: '15m', o: '1', c: '1', h: '1', l: '1', v: '1', n: 1 };
    gateway.feed.publish({ type: 'candle', symbol: 'BTC', interval: '15m', candle });
    expect(await client.next('candle')).toEqual(candle);
    expect(gateway.feed.watched).toContainEqual({ symbol: 'BTC', interval: '15m' });
    await client.subscribe({ type: 'activeAssetCtx', coin: 'BTC' });
    expect(await client.next('activeAssetCtx')).toMatchObject({ coin: 'BTC', ctx: { markPx: '100000' } });
    await client.subscribe({ type: 'allDexsAssetCtxs' });
    expect(await client.next('allDexsAssetCtxs')).toMatchObject({ ctxs: [['', [{}, {}]]] });
  });

  it('tells an order and its fill on every channel of the user', async () => {
    const own = await Client.open(gateway.wsUrl);
    for (const type of ['orderUpdates', 'userEvents', 'userNonFundingLedgerUpdates', 'userFundings'] as const) {
      expect(await own.subscribe({ type, user: alice })).toEqual({
        method: 'subscribe',
        subscription: { type, user: alice },
      });
    }
    expect(await own.next('userFundings')).toEqual({ user: alice, fundings: [], isSnapshot: true });
    const echo = await own.subscribe({
      type: 'userFills',
      user: alice.toUpperCase().replace('0X', '0x'),
      aggregateByTime: false,
    });
    expect(echo).toEqual({
      method: 'subscribe',
      subscription: { type: 'userFills', user: alice, aggregateByTime: false },
    });
    expect(await own.next('userFills')).toEqual({ user: alice, fills: [], isSnapshot: true });

    await gateway.act(ALICE, order('Ioc', '100001'));
    expect(await own.next('orderUpdates')).toMatchObject([{ order: { coin: 'BTC', sz: '0.0' }, status: 'filled' }]);
    expect(await own.next('user')).toMatchObject({ fills: [{ px: '100001.0' }] });
    expect(await own.next('userFills')).toMatchObject({ user: alice, fills: [{ px: '100001.0' }] });
    own.socket.terminate();
  });

  it('gives a late subscriber the snapshot and never a fill twice', async () => {
    const own = await Client.open(gateway.wsUrl);
    await own.subscribe({ type: 'userFills', user: alice });
    const snapshot = (await own.next('userFills')) as { fills: { tid: number }[]; isSnapshot: true };
    expect(snapshot.isSnapshot).toBe(true);
    const [known] = snapshot.fills;
    const fill = (tradeId: number): FillRecord => ({
      accountId: gateway.engine.account(alice)!.accountId,
      tradeId,
      orderId: 1,
      symbol: 'BTC',
      side: 'sell',
      price: price(1_000_000n),
      size: size(1n),
      startSize: size(5n),
      closedPnl: usd(0n),
      fee: usd(0n),
      builderFee: usd(0n),
      liquidity: 'maker',
      route: 'INTERNAL',
      time: 1,
      hash: '0x0',
    });
    const update = (...fills: FillRecord[]): AccountUpdate => ({
      shard: 0,
      seq: 1,
      accountId: gateway.engine.account(alice)!.accountId,
      at: 1,
      events: [],
      orders: [],
      fills,
    });
    gateway.engine.publish(update(fill(known!.tid)));
    gateway.engine.publish(update(fill(1_000_000)));
    const live = (await own.next('userFills')) as { fills: { tid: number; dir: string }[]; isSnapshot?: true };
    expect(live.isSnapshot).toBeUndefined();
    expect(live.fills).toMatchObject([{ tid: 1_000_000, dir: 'Close Long' }]);
    const combining = await Client.open(gateway.wsUrl);
    await combining.subscribe({ type: 'userFills', user: alice, aggregateByTime: true });
    await combining.next('userFills');
    gateway.engine.publish(update(fill(1_000_001), fill(1_000_002)));
    expect(await combining.next('userFills')).toMatchObject({ fills: [{ tid: 1_000_001, sz: '0.00002' }] });
    expect((await own.next('userFills')) as typeof live).toMatchObject({ fills: [{ sz: '0.00001' }, {}] });
    for (const each of [own, combining]) each.socket.terminate();
  });

  it('tells funding and the ledger: what the tables have, then what happens, nothing twice', async () => {
    const { accountId } = gateway.engine.account(alice)!;
    const now = Date.now();
    const ledger = {
      seq: 1,
      at: now,
      type: 'deposit',
      pot: 'wallet',
      amount: usd(5_000_000n),
      before: usd(0n),
      after: usd(5_000_000n),
      ref: 'd1',
    } as const;
    const settled = {
      id: 'p1',
      at: now,
      hour: now,
      positionId: 'p1',
      symbol: 'BTC',
      route: 'INTERNAL',
      size: size(10_000n),
      payment: usd(-125_000n),
      rate: undefined,
      hours: 1,
      isCorrection: false,
    } as const;
    gateway.history.remember(accountId, { ledger: [ledger], funding: [settled] });
    const own = await Client.open(gateway.wsUrl);
    await own.subscribe({ type: 'userFundings', user: alice });
    const funding = { coin: 'BTC', usdc: '-0.125', szi: '0.1', fundingRate: '0.0000125', nSamples: null };
    expect(await own.next('userFundings')).toEqual({
      user: alice,
      fundings: [{ time: now, ...funding }],
      isSnapshot: true,
    });
    await own.subscribe({ type: 'userNonFundingLedgerUpdates', user: alice });
    const deposit = { hash: expect.stringMatching(/^0x0{64}$/), delta: { type: 'deposit', usdc: '5.0' } };
    expect(await own.next('userNonFundingLedgerUpdates')).toEqual({
      user: alice,
      nonFundingLedgerUpdates: [{ time: now, ...deposit }],
      isSnapshot: true,
    });
    await own.subscribe({ type: 'userEvents', user: alice });

    const posted = fundingPosted({
      payments: [{ ...fundingPosted().payments[0]!, size: size(10_000n), amount: usd(125_000n) }],
    });
    const deposited = { type: 'DepositCredited', depositId: 'd', amount: usd(5_000_000n), transfers: [] } as const;
    const publish = (at: number, ...events: AccountUpdate['events']): void =>
      gateway.engine.publish({ shard: 0, seq: 1, accountId, at, events, orders: [], fills: [] });
    publish(now, posted, deposited);
    publish(now + 1, posted, deposited, liquidationStepped());
    expect(await own.next('user')).toEqual({ funding: { time: now, ...funding } });
    expect(await own.next('userFundings')).toEqual({ user: alice, fundings: [{ time: now + 1, ...funding }] });
    expect(await own.next('userNonFundingLedgerUpdates')).toMatchObject({
      user: alice,
      nonFundingLedgerUpdates: [
        { time: now + 1, ...deposit },
        { time: now + 1, delta: { type: 'liquidation', liquidatedPositions: [{ coin: 'BTC', szi: '0.01' }] } },
      ],
    });
    gateway.history.remember(accountId, {});
    own.socket.terminate();
  });

  it('shows state, open orders and the web picture after a change', async () => {
    const own = await Client.open(gateway.wsUrl);
    expect(await own.subscribe({ type: 'clearinghouseState', user: alice })).toEqual({
      method: 'subscribe',
      subscription: { type: 'clearinghouseState', user: alice, dex: '' },
    });
    expect(await own.next('clearinghouseState')).toMatchObject({ dex: '', user: alice, clearinghouseState: {} });
    await own.subscribe({ type: 'openOrders', user: alice, dex: '' });
    await own.next('openOrders');
    await gateway.act(ALICE, order('Gtc', '98000'));
    const changed = await own.next('openOrders', (data) => (data as { orders: unknown[] }).orders.length === 1);
    expect(changed).toMatchObject({ orders: [{ limitPx: '98000.0' }] });
    await own.subscribe({ type: 'webData2', user: alice });
    expect(await own.next('webData2')).toMatchObject({ user: alice, openOrders: [{ limitPx: '98000.0' }] });
    await own.subscribe({ type: 'activeAssetData', user: alice, coin: 'BTC' });
    expect(await own.next('activeAssetData')).toMatchObject({ user: alice, coin: 'BTC' });
    own.socket.terminate();
  });

  it('answers posted questions, actions and failures', async () => {
    client.send({ method: 'post', id: 7, request: { type: 'info', payload: { type: 'exchangeStatus' } } });
    expect(await client.next('post')).toEqual({
      id: 7,
      response: {
        type: 'info',
        payload: { type: 'exchangeStatus', data: { time: expect.any(Number), specialStatuses: null } },
      },
    });
    const payload = signExchange({
      action: order('Gtc', '97000'),
      nonce: nextNonce(),
      network: 'Testnet',
      privateKey: ALICE,
    });
    client.send({ method: 'post', id: 8, request: { type: 'action', payload } });
    expect(await client.next('post')).toMatchObject({
      id: 8,
      response: { type: 'action', payload: { status: 'ok', response: { type: 'order' } } },
    });
    client.send({ method: 'post', id: 9, request: { type: 'info', payload: { type: 'nothing' } } });
    expect(await client.next('post')).toEqual({
      id: 9,
      response: {
        type: 'error',
        payload: '422 Unprocessable Entity: Failed to deserialize the JSON body into the target type',
      },
    });
  });

  it('tracks ten users on a connection', async () => {
    const own = await Client.open(gateway.wsUrl);
    const user = (index: number): string => `0x${String(index).padStart(40, '0')}`;
    for (let index = 1; index <= 10; index += 1) await own.subscribe({ type: 'userEvents', user: user(index) });
    own.send({ method: 'subscribe', subscription: { type: 'userEvents', user: user(11) } });
    expect(await own.next('error')).toBe('Cannot track more than 10 total users.');
    own.send({ method: 'unsubscribe', subscription: { type: 'userEvents', user: user(1) } });
    await own.next('subscriptionResponse');
    await own.subscribe({ type: 'userEvents', user: user(11) });
    own.socket.terminate();
  });
});

describe('/ws over time', () => {
  it('closes a connection that it told nothing for the silence limit', async () => {
    const gateway = await startHarness({ silenceMs: 500 });
    const client = await Client.open(gateway.wsUrl);
    await once(client.socket, 'close');
    await gateway.close();
  });

  it('makes followers of an account start again when its engine was lost', async () => {
    const gateway = await startHarness();
    gateway.engine.openAccount(alice, 0n);
    const client = await Client.open(gateway.wsUrl);
    await client.subscribe({ type: 'orderUpdates', user: alice });
    const market = await Client.open(gateway.wsUrl);
    await market.subscribe({ type: 'allMids' });
    const closed = once(client.socket, 'close');
    await gateway.engine.close();
    expect((await closed)[0]).toBe(1012);
    market.send({ method: 'ping' });
    await market.next('pong');
    await gateway.close();
  });
});
