/** @nktkas/hyperliquid over WebSocket: a trigger's life, groups inside `openOrders`, and what shows the whole account. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import { createNktkasStreams, type NktkasStreams } from './nktkas-client.ts';
import { oidsOf, openTriggerDesk, type TriggerDesk } from './trigger-desk.ts';
import { createCollector } from './waiting.ts';

const COIN = 'ETH';

interface Update {
  readonly order: { readonly oid: number; readonly sz: string };
  readonly status: string;
}
interface ShownOrder {
  readonly oid: number;
  readonly isTrigger: boolean;
  readonly orderType: string;
  readonly children: readonly unknown[];
}

export function describeNktkasTriggerStreams(target: CurrentTarget): void {
  describe('@nktkas/hyperliquid over WebSocket, triggers and the account', () => {
    let desk: TriggerDesk;
    let streams: NktkasStreams;
    beforeAll(async () => {
      streams = createNktkasStreams(target());
      desk = await openTriggerDesk(target, COIN);
    });
    afterAll(async () => {
      await desk.clear();
      await desk.leave();
      streams.transport.close();
    });

    it('tells the life of triggers', async () => {
      const { subscriptions } = streams;
      const { client, trigger, place, move, buy, coin } = desk;
      const { user } = client;
      const updates = createCollector<Update[]>();
      const events = createCollector<object>();
      const opened = await Promise.all([
        subscriptions.orderUpdates({ user }, updates.add),
        subscriptions.userEvents({ user }, events.add),
      ]);
      const told = (oid: number): string[] =>
        updates.events.flatMap((frame) => frame.filter(({ order }) => order.oid === oid).map(({ status }) => status));
      const tells = (oid: number, wanted: string) =>
        updates.find(`${oid} ${wanted}`, (frame) =>
          frame.some(({ order, status }) => order.oid === oid && status === wanted),
        );
      await buy();
      const orders = [trigger({ kind: 'sl', at: 0.99 }), trigger({ kind: 'tp', at: 1.05 })];
      const [stop = 0, profit = 0] = oidsOf(await place(orders));
      await tells(stop, 'open');
      await move(0.988);
      await tells(stop, 'filled');
      await tells(profit, 'reduceOnlyCanceled');
      expect(told(stop)).toEqual(['open', 'triggered', 'filled']);
      expect(told(profit)).toEqual(['open', 'reduceOnlyCanceled']);
      await events.find('the fill', (event) =>
        ((event as { fills?: { oid: number }[] }).fills ?? []).some(({ oid }) => oid === stop),
      );
      const cancels = await events.find('the cancel', (event) => 'nonUserCancel' in event);
      expect(cancels).toEqual({ nonUserCancel: [{ coin: coin.name, oid: profit }] });
      await Promise.all(opened.map((subscription) => subscription.unsubscribe()));
      await move(1);
    });

    it('shows open orders with their triggers, children inside and beside their entry', async () => {
      const { subscriptions } = streams;
      const { client, limit, trigger, place } = desk;
      const pictures = createCollector<{ dex: string; orders: readonly ShownOrder[] }>();
      const subscription = await subscriptions.openOrders({ user: client.user }, (picture) =>
        pictures.add(picture as never),
      );
      const [stop] = oidsOf(await place([trigger({ kind: 'sl', isBuy: true, at: 1.1, isReduceOnly: false })]));
      const children = [trigger({ kind: 'tp', at: 1.02 }), trigger({ kind: 'sl', at: 0.95 })];
      const [entry] = oidsOf((await place([limit({ isBuy: true, at: 0.97 }), ...children], 'normalTpsl')).slice(0, 1));
      const { dex, orders } = await pictures.find('both', (picture) => picture.orders.length === 4);
      expect(dex).toBe('');
      expect(orders.slice(2).map(({ oid }) => oid)).toEqual([entry, stop]);
      expect(orders[2]).toMatchObject({ isTrigger: false, children: [{ isTrigger: true }, { isTrigger: true }] });
      expect(orders[3]).toMatchObject({ isTrigger: true, orderType: 'Stop Market', children: [] });
      await desk.clear();
      const gone = () => pictures.events.at(-1)?.orders.length === 0;
      await pictures.find('nothing open', gone);
      await subscription.unsubscribe();
    });

    it('gives histories as snapshots, and the account as a picture', async () => {
      const { subscriptions, transport } = streams;
      const { user } = desk.client;
      const fundings = createCollector<object>();
      const ledger = createCollector<{ isSnapshot?: boolean; nonFundingLedgerUpdates: { delta: object }[] }>();
      const twaps = createCollector<object>();
      const data = createCollector<Event>();
      const opened = await Promise.all([
        subscriptions.userFundings({ user }, fundings.add),
        subscriptions.userNonFundingLedgerUpdates({ user }, ledger.add),
        subscriptions.twapStates({ user }, twaps.add),
        transport.subscribe('webData2', { type: 'webData2', user }, (event) => data.add(event as never)),
      ]);
      const any = (): boolean => true;
      expect(await fundings.find('fundings', any)).toMatchObject({
        user,
        fundings: expect.any(Array),
        isSnapshot: true,
      });
      const movements = await ledger.find('movements', any);
      expect(movements.isSnapshot).toBe(true);
      expect(movements.nonFundingLedgerUpdates[0]?.delta).toMatchObject({ type: 'deposit' });
      expect(await twaps.find('twaps', any)).toMatchObject({ dex: '', user, states: [] });
      const picture = await data.find('the account', any);
      expect((picture as unknown as { detail: object }).detail).toMatchObject({
        user,
        clearinghouseState: { marginSummary: {}, assetPositions: [] },
        openOrders: [],
        meta: { universe: expect.any(Array) },
        assetCtxs: expect.any(Array),
        twapStates: [],
      });
      await Promise.all(opened.map((subscription) => subscription.unsubscribe()));
    });
  });
}
