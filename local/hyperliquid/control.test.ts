/** The control door and what it moves, seen through @nktkas/hyperliquid. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ExchangeClient,
  HttpTransport,
  InfoClient,
  SubscriptionClient,
  WebSocketTransport,
  type UserEventsWsEvent,
  type UserFundingsWsEvent,
  type UserNonFundingLedgerUpdatesWsEvent,
} from '@nktkas/hyperliquid';
import { Wallet } from 'ethers';
import { createVenueSimulator, type VenueSimulator } from './index.ts';
import { createCollector } from './testing/collector.ts';

const ETH = 1;
const SOL = 5;

describe('the control door', () => {
  let venue: VenueSimulator;
  let info: InfoClient;
  let streams: WebSocketTransport;
  let subscriptions: SubscriptionClient;
  const wallets: Wallet[] = [];

  beforeAll(async () => {
    for (let index = 0; index < 3; index += 1) wallets.push(new Wallet(Wallet.createRandom().privateKey));
    venue = await createVenueSimulator({
      accounts: wallets.map(({ address }) => ({ address, balance: '10000' })),
      volatility: 20,
      blockMs: 20,
      contextMs: 40,
      limits: { weightPerMinute: 100_000 },
    });
    info = new InfoClient({ transport: new HttpTransport({ isTestnet: true, apiUrl: venue.url }) });
    streams = new WebSocketTransport({ isTestnet: true, url: venue.wsUrl });
    subscriptions = new SubscriptionClient({ transport: streams });
  });
  afterAll(async () => {
    streams.close();
    await venue.close();
  });

  const control = async (route: string, body: object) => {
    const response = await fetch(`${venue.control}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const traderOf = (index: number) => {
    const wallet = wallets[index]!;
    const transport = new HttpTransport({ isTestnet: true, apiUrl: venue.url });
    return {
      user: wallet.address.toLowerCase() as `0x${string}`,
      exchange: new ExchangeClient({ transport, wallet }),
    };
  };
  const contextOf = async (assetId: number) => (await info.metaAndAssetCtxs())[1][assetId]!;
  const ioc = (order: { a: number; b: boolean; p: string; s: string }) => ({
    orders: [{ ...order, r: false, t: { limit: { tif: 'Ioc' as const } } }],
    grouping: 'na' as const,
  });

  describe('prices', () => {
    it('hold: oracle, mark and mid stand at exactly the price, orders fill at the spread, until released', async () => {
      const contexts = createCollector<{ ctx: { markPx: string } }>();
      await subscriptions.activeAssetCtx({ coin: 'ETH' }, contexts.add);
      const answer = await control('/price', { coin: 'ETH', price: '4790', hold: true, spread: '2' });
      expect(answer).toMatchObject({
        status: 200,
        body: { coin: 'ETH', hold: true, mark: '4790.0', oracle: '4790.0' },
      });
      await contexts.find(({ ctx }) => ctx.markPx === '4790.0');
      const { exchange, user } = traderOf(0);
      await exchange.order(ioc({ a: ETH, b: true, p: '5000', s: '5' }));
      const [fill] = await info.userFills({ user });
      expect(fill).toMatchObject({ px: '4792.0', sz: '5.0' });
      const seen = contexts.events.length;
      await contexts.find((event) => contexts.events.indexOf(event) > seen + 3);
      expect(await contextOf(ETH)).toMatchObject({ markPx: '4790.0', oraclePx: '4790.0', midPx: '4790.0' });
      expect((await control('/price', { coin: 'ETH', hold: false })).body).toMatchObject({ hold: false });
      await contexts.find(({ ctx }) => ctx.markPx !== '4790.0' && Math.abs(Number(ctx.markPx) - 4_790) < 200);
    });

    it('mark: is published, then withdrawn; book, oracle, stops and sums know nothing of it', async () => {
      await control('/price', { coin: 'SOL', price: '200', hold: true });
      const { exchange, user } = traderOf(1);
      await exchange.order(ioc({ a: SOL, b: true, p: '220', s: '10' }));
      const stop = { isMarket: true, triggerPx: '150', tpsl: 'sl' as const };
      await exchange.order({
        orders: [{ a: SOL, b: false, p: '140', s: '0', r: true, t: { trigger: stop } }],
        grouping: 'positionTpsl',
      });
      const marks = createCollector<{ ctx: { markPx: string; oraclePx: string; midPx: string | null } }>();
      await subscriptions.activeAssetCtx({ coin: 'SOL' }, marks.add);
      expect((await control('/price', { coin: 'SOL', mark: '100', ms: 60 })).body).toMatchObject({ mark: '100.0' });
      const bad = await marks.find(({ ctx }) => ctx.markPx === '100.0');
      expect(bad.ctx).toMatchObject({ oraclePx: '200.0', midPx: '200.0' });
      const at = marks.events.indexOf(bad);
      await marks.find((event) => marks.events.indexOf(event) > at && event.ctx.markPx === '200.0');
      expect((await info.clearinghouseState({ user })).assetPositions[0]?.position.szi).toBe('10.0');
      expect(await info.frontendOpenOrders({ user })).toMatchObject([
        { isPositionTpsl: true, sz: '0.0', triggerCondition: 'Price below 150.0' },
      ]);
    });

    it.each([
      [{ coin: 'ETH' }, 400],
      [{ coin: 'ETH', price: '-1' }, 400],
      [{ coin: 'ETH', mark: 'x' }, 400],
      [{ coin: 'NONE', price: '1' }, 404],
      [{ coin: 'ETH', price: '1', surplus: true }, 400],
    ])('refuses %j', async (body, status) => {
      expect((await control('/price', body)).status).toBe(status);
    });
  });

  describe('funding', () => {
    it('pays an hour at a set rate, deviating where told to, and tells the streams', async () => {
      await control('/price', { coin: 'SOL', price: '200', hold: true });
      expect((await control('/funding', { coin: 'SOL', rate: '0.0001' })).body).toEqual({
        coin: 'SOL',
        rate: '0.0001',
      });
      expect((await contextOf(SOL)).funding).toBe('0.0001');
      const { user } = traderOf(1);
      const fundings = createCollector<UserFundingsWsEvent>();
      const events = createCollector<UserEventsWsEvent>();
      await subscriptions.userFundings({ user }, fundings.add);
      await subscriptions.userEvents({ user }, events.add);
      expect(await fundings.find(({ isSnapshot }) => isSnapshot === true)).toMatchObject({ user, fundings: [] });
      const time = 1_900_000_800_000;
      expect((await control('/hour', { time })).body).toMatchObject({ time });
      const row = { time, coin: 'SOL', usdc: '-0.2', szi: '10.0', fundingRate: '0.0001', nSamples: null };
      expect((await fundings.find((event) => event.isSnapshot === undefined)).fundings).toEqual([row]);
      expect(await events.find((event) => 'funding' in event)).toEqual({ funding: row });
      await control('/hour', { time: time + 3_600_000, factor: { SOL: 1.05 } });
      const rows = await info.userFunding({ user, startTime: time });
      expect(rows.map(({ delta }) => delta.usdc)).toEqual(['-0.2', '-0.21']);
      await control('/funding', { coin: 'SOL', rate: null });
      expect((await contextOf(SOL)).funding).toBe('0.0000125');
    });

    it.each([
      [{ coin: 'SOL', rate: 'much' }, 400],
      [{ coin: 'NONE', rate: '0.1' }, 404],
    ])('refuses %j', async (body, status) => {
      expect((await control('/funding', body)).status).toBe(status);
    });
  });

  describe('liquidation', () => {
    it('shows on the streams and in the ledger what the venue did', async () => {
      const { exchange, user } = traderOf(2);
      await control('/price', { coin: 'ETH', price: '4000', hold: true });
      await exchange.order(ioc({ a: ETH, b: true, p: '4100', s: '24' }));
      const events = createCollector<UserEventsWsEvent>();
      const ledger = createCollector<UserNonFundingLedgerUpdatesWsEvent>();
      await subscriptions.userEvents({ user }, events.add);
      await subscriptions.userNonFundingLedgerUpdates({ user }, ledger.add);
      await control('/price', { coin: 'ETH', price: '3655', hold: true });
      const event = await events.find((told) => 'liquidation' in told);
      expect(event).toMatchObject({ liquidation: { liquidated_user: user, liquidated_ntl_pos: '87720.0' } });
      const update = await ledger.find(({ isSnapshot }) => isSnapshot === undefined);
      expect(update.nonFundingLedgerUpdates[0]?.delta).toMatchObject({ type: 'liquidation', leverageType: 'Cross' });
      const state = await info.clearinghouseState({ user });
      expect(state.assetPositions).toEqual([]);
      expect(Number(state.withdrawable)).toBeGreaterThan(0);
      const answered = await fetch(`${venue.url}/info`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'userFills', user }),
      });
      expect(await answered.json()).toMatchObject([
        { dir: 'Close Long', liquidation: { liquidatedUser: user, markPx: '3655.0', method: 'market' } },
        { dir: 'Open Long' },
      ]);
    });
  });

  describe('TP/SL through a client', () => {
    it('places a bracket, shows its children, and ends one by the other', async () => {
      const { exchange, user } = traderOf(0);
      await control('/price', { coin: 'ETH', price: '4000', hold: true });
      const child = (triggerPx: string, tpsl: 'tp' | 'sl') => ({
        a: ETH,
        b: true,
        p: triggerPx,
        s: '0.5',
        r: true,
        t: { trigger: { isMarket: true, triggerPx, tpsl } },
      });
      await exchange.order({
        orders: [{ a: ETH, b: false, p: '3900', s: '5', r: true, t: { limit: { tif: 'Ioc' } } }],
        grouping: 'na',
      });
      const placed = await exchange.order({
        orders: [
          { a: ETH, b: false, p: '4050', s: '0.5', r: false, t: { limit: { tif: 'Gtc' } } },
          child('3800', 'tp'),
          child('4200', 'sl'),
        ],
        grouping: 'normalTpsl',
      });
      expect(placed.response.data.statuses.slice(1)).toEqual(['waitingForFill', 'waitingForFill']);
      const orders = await info.frontendOpenOrders({ user });
      expect(orders.find(({ isTrigger }) => !isTrigger)?.children).toHaveLength(2);
      await control('/price', { coin: 'ETH', price: '4051', hold: true });
      await control('/price', { coin: 'ETH', price: '3800', hold: true });
      expect(await info.frontendOpenOrders({ user })).toEqual([]);
      const history = await info.historicalOrders({ user });
      const statuses = history.map(({ order, status }) => `${order.orderType} ${status}`);
      expect(statuses.slice(0, 3)).toEqual([
        'Stop Market siblingFilledCanceled',
        'Take Profit Market filled',
        'Limit filled',
      ]);
    });

    it('runs a TWAP', async () => {
      const { exchange, user } = traderOf(0);
      const { response } = await exchange.twapOrder({
        twap: { a: ETH, b: true, s: '1', r: false, m: 5, t: false },
      });
      const { twapId } = response.data.status.running;
      expect(await info.userTwapSliceFills({ user })).toMatchObject([{ twapId, fill: { sz: '0.1' } }]);
      expect((await exchange.twapCancel({ a: ETH, t: twapId })).response.data.status).toBe('success');
      expect((await info.twapHistory({ user })).map(({ status }) => status.status)).toEqual([
        'terminated',
        'activated',
      ]);
    });
  });
});
