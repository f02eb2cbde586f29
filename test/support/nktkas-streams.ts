/** @nktkas/hyperliquid over WebSocket: acknowledgements, snapshots, live frames, posted requests. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExchangeClient, InfoClient, type WebSocketTransport } from '@nktkas/hyperliquid';
import { Wallet } from 'ethers';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import {
  createNktkasClient,
  createNktkasStreams,
  oidOf,
  orderFor,
  type Coin,
  type NktkasClient,
  type NktkasStreams,
} from './nktkas-client.ts';
import { createCollector } from './waiting.ts';

const COIN = 'BTC';

export function describeNktkasStreams(target: CurrentTarget): void {
  describe('@nktkas/hyperliquid over WebSocket', () => {
    let client: NktkasClient;
    let streams: NktkasStreams;
    let coin: Coin;
    beforeAll(async () => {
      client = createNktkasClient(target());
      streams = createNktkasStreams(target());
      coin = await client.coin(COIN);
    });
    afterAll(() => {
      streams.transport.close();
    });

    it('streams market data', async () => {
      const { subscriptions } = streams;
      const mids = createCollector<{ mids: Record<string, string> }>();
      const books = createCollector<{ coin: string; time: number }>();
      const bbos = createCollector<{ coin: string; bbo: unknown[] }>();
      const contexts = createCollector<{ coin: string; ctx: { markPx: string } }>();
      const opened = await Promise.all([
        subscriptions.allMids(mids.add),
        subscriptions.l2Book({ coin: COIN }, books.add),
        subscriptions.bbo({ coin: COIN }, bbos.add),
        subscriptions.activeAssetCtx({ coin: COIN }, contexts.add),
        subscriptions.trades({ coin: COIN }, () => undefined),
        subscriptions.candle({ coin: COIN, interval: '1m' }, () => undefined),
      ]);
      expect(Number((await mids.find('mids', () => true)).mids[COIN])).toBeGreaterThan(0);
      expect(await books.find('a book', () => true)).toMatchObject({ coin: COIN, levels: [{}, {}] });
      expect((await bbos.find('a best bid and ask', () => true)).bbo).toHaveLength(2);
      expect(Number((await contexts.find('a context', () => true)).ctx.markPx)).toBeGreaterThan(0);
      const [first] = books.events;
      await books.find('a later book', (book) => book.time > first!.time);
      await Promise.all(opened.map((subscription) => subscription.unsubscribe()));
    });

    it('streams fills and order updates after their snapshots', async () => {
      const { subscriptions } = streams;
      const { user } = client;
      type Fills = { isSnapshot?: boolean; fills: { oid: number; sz: string }[] };
      type Update = { order: { oid: number; sz: string }; status: string };
      const fills = createCollector<Fills>();
      const updates = createCollector<Update[]>();
      const events = createCollector<object>();
      const states = createCollector<{ clearinghouseState: { assetPositions: unknown[] } }>();
      const openOrders = createCollector<{ orders: { oid: number }[] }>();
      const opened = await Promise.all([
        subscriptions.userFills({ user }, fills.add),
        subscriptions.orderUpdates({ user }, updates.add),
        subscriptions.userEvents({ user }, events.add),
        subscriptions.clearinghouseState({ user }, states.add),
        subscriptions.openOrders({ user }, openOrders.add),
      ]);
      await fills.find('the snapshot', (frame) => frame.isSnapshot === true);
      await states.find('the state', () => true);
      const hasUpdate = (oid: number, status: string) => (frame: Update[]) =>
        frame.some((update) => update.order.oid === oid && update.status === status);

      const ioc = orderFor(coin, { isBuy: true, atMidTimes: 1.04, usd: 300, tif: 'Ioc' });
      const filled = oidOf(await client.exchange.order({ orders: [ioc], grouping: 'na' }));
      const live = await fills.find('the fill', (frame) => frame.fills.some(({ oid }) => oid === filled));
      expect(live.isSnapshot).toBeUndefined();
      await updates.find('the filled order', hasUpdate(filled, 'filled'));
      await events.find('the event', (event) => 'fills' in event);
      await states.find('the position', (frame) => frame.clearinghouseState.assetPositions.length > 0);

      const gtc = orderFor(coin, { isBuy: true, atMidTimes: 0.8, usd: 300, tif: 'Gtc' });
      const resting = oidOf(await client.exchange.order({ orders: [gtc], grouping: 'na' }));
      await updates.find('the open order', hasUpdate(resting, 'open'));
      await openOrders.find('the open orders', (frame) => frame.orders.some(({ oid }) => oid === resting));
      await client.exchange.cancel({ cancels: [{ a: coin.assetId, o: resting }] });
      await updates.find('the cancelled order', hasUpdate(resting, 'canceled'));

      const close = orderFor(coin, { isBuy: false, atMidTimes: 0.96, usd: 600, tif: 'Ioc', isReduceOnly: true });
      await client.exchange.order({ orders: [close], grouping: 'na' });
      await states.find('the flat account', (frame) => frame.clearinghouseState.assetPositions.length === 0);
      await Promise.all(opened.map((subscription) => subscription.unsubscribe()));
    });

    it('answers posted requests and actions', async () => {
      const transport: WebSocketTransport = streams.transport;
      const info = new InfoClient({ transport });
      const exchange = new ExchangeClient({ transport, wallet: new Wallet(target().wallet.privateKey) });
      expect((await info.meta()).universe[coin.assetId]?.name).toBe(COIN);
      const order = orderFor(coin, { isBuy: true, atMidTimes: 0.8, usd: 300, tif: 'Gtc' });
      const oid = oidOf(await exchange.order({ orders: [order], grouping: 'na' }));
      const cancelled = await exchange.cancel({ cancels: [{ a: coin.assetId, o: oid }] });
      expect(cancelled.response.data.statuses).toEqual(['success']);
      await expect(exchange.cancel({ cancels: [{ a: coin.assetId, o: oid }] })).rejects.toThrow('never placed');
    });
  });
}
