/** @nktkas/hyperliquid over HTTP: market data, every kind of order, cancels, modifications, leverage, agents. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ApiRequestError, ExchangeClient, HttpTransport } from '@nktkas/hyperliquid';
import { SymbolConverter } from '@nktkas/hyperliquid/utils';
import { Wallet } from 'ethers';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import { createNktkasClient, oidOf, orderFor, randomCloid, type Coin, type NktkasClient } from './nktkas-client.ts';
import { eventually } from './waiting.ts';

const COIN = 'ETH';
const NEVER_PLACED = 'Order was never placed, already canceled, or filled.';

export function describeNktkasOrders(target: CurrentTarget): void {
  describe('@nktkas/hyperliquid over HTTP', () => {
    let client: NktkasClient;
    let coin: Coin;
    beforeAll(async () => {
      client = createNktkasClient(target());
      coin = await client.coin(COIN);
    });

    const place = (order: ReturnType<typeof orderFor>) => client.exchange.order({ orders: [order], grouping: 'na' });
    const openOids = async (): Promise<readonly number[]> =>
      (await client.info.openOrders({ user: client.user })).map((order) => order.oid);
    const statusOf = (oid: number | `0x${string}`) => client.info.orderStatus({ user: client.user, oid });
    const positionSize = async (): Promise<number> => {
      const state = await client.info.clearinghouseState({ user: client.user });
      return Number(state.assetPositions.find(({ position }) => position.coin === COIN)?.position.szi ?? 0);
    };

    describe('market data', () => {
      it('lists contexts in the order of the universe', async () => {
        const [meta, contexts] = await client.info.metaAndAssetCtxs();
        expect(contexts).toHaveLength(meta.universe.length);
        const context = contexts[coin.assetId];
        expect(Number(context?.markPx)).toBeGreaterThan(0);
        expect(Number(context?.oraclePx)).toBeGreaterThan(0);
      });

      it('shows a book that is sorted and not crossed', async () => {
        const book = await client.info.l2Book({ coin: COIN });
        const [bids, asks] = book!.levels;
        expect(bids.length).toBeGreaterThan(0);
        expect(asks.length).toBeGreaterThan(0);
        expect(bids.length).toBeLessThanOrEqual(20);
        expect(Number(bids[0]!.px)).toBeLessThan(Number(asks[0]!.px));
        expect(bids.map(({ px }) => Number(px))).toEqual(bids.map(({ px }) => Number(px)).sort((a, b) => b - a));
      });

      it('answers what a symbol converter needs', async () => {
        const transport = new HttpTransport({ isTestnet: target().isTestnet, apiUrl: target().url });
        const converter = await SymbolConverter.create({ transport });
        expect(converter.getAssetId(COIN)).toBe(coin.assetId);
      });

      it('answers the other calls of a start-up', async () => {
        expect((await client.info.perpDexs())[0]).toBeNull();
        expect((await client.info.exchangeStatus()).time).toBeGreaterThan(1_600_000_000_000);
        const candles = await client.info.candleSnapshot({
          coin: COIN,
          interval: '1m',
          startTime: Date.now() - 3_600_000,
        });
        expect(Array.isArray(candles)).toBe(true);
        expect((await client.info.userRateLimit({ user: client.user })).nRequestsCap).toBeGreaterThanOrEqual(10_000);
        expect(Number((await client.info.userFees({ user: client.user })).userCrossRate)).toBeGreaterThan(0);
        expect(await client.info.userRole({ user: client.user })).toEqual({ role: 'user' });
      });
    });

    describe('orders', () => {
      it('fills an IOC and shows fill and position', async () => {
        const before = await positionSize();
        const order = orderFor(coin, { isBuy: true, atMidTimes: 1.04, usd: 500, tif: 'Ioc' });
        const answer = await place(order);
        const oid = oidOf(answer);
        expect(answer.response.data.statuses[0]).toMatchObject({ filled: { totalSz: expect.any(String), oid } });
        const fills = await eventually('the fill', async () => {
          const mine = (await client.info.userFills({ user: client.user })).filter((fill) => fill.oid === oid);
          return mine.length > 0 ? mine : undefined;
        });
        expect(fills[0]).toMatchObject({ coin: COIN, side: 'B', feeToken: 'USDC' });
        const filled = fills.reduce((sum, fill) => sum + Number(fill.sz), 0);
        expect(filled).toBeCloseTo(Number(order.s), 8);
        expect(await positionSize()).toBeCloseTo(before + filled, 8);
        const found = await eventually('its status', async () => {
          const status = await statusOf(oid);
          return status.status === 'order' ? status : undefined;
        });
        expect(found.order.status).toBe('filled');
        expect(Number(found.order.order.sz)).toBe(0);
      });

      it('closes the position with a reduce-only order, cut to its size', async () => {
        const held = await positionSize();
        const order = orderFor(coin, { isBuy: false, atMidTimes: 0.96, usd: 5_000, tif: 'Ioc', isReduceOnly: true });
        const answer = await place(order);
        const [status] = answer.response.data.statuses;
        expect(status).toMatchObject({ filled: {} });
        expect(Number((status as { filled: { totalSz: string } }).filled.totalSz)).toBeCloseTo(held, 8);
        expect(await positionSize()).toBe(0);
        await expect(place(order)).rejects.toThrow('Reduce only order would increase position.');
      });

      it('rests a GTC, finds it by oid and cloid, cancels it once', async () => {
        const cloid = randomCloid();
        const answer = await place(orderFor(coin, { isBuy: true, atMidTimes: 0.8, usd: 200, tif: 'Gtc', cloid }));
        const oid = oidOf(answer);
        expect(answer.response.data.statuses[0]).toEqual({ resting: { oid, cloid } });
        expect(await openOids()).toContain(oid);
        const [frontend] = (await client.info.frontendOpenOrders({ user: client.user })).filter(
          (order) => order.oid === oid,
        );
        expect(frontend).toMatchObject({ coin: COIN, side: 'B', isTrigger: false, cloid, tif: 'Gtc' });
        for (const id of [oid, cloid]) {
          const found = await eventually('the open order', async () => {
            const status = await statusOf(id);
            return status.status === 'order' ? status : undefined;
          });
          expect(found.order).toMatchObject({ status: 'open', order: { oid, cloid } });
        }
        const cancelled = await client.exchange.cancel({ cancels: [{ a: coin.assetId, o: oid }] });
        expect(cancelled.response.data.statuses).toEqual(['success']);
        expect(await openOids()).not.toContain(oid);
        await expect(client.exchange.cancel({ cancels: [{ a: coin.assetId, o: oid }] })).rejects.toThrow(NEVER_PLACED);
        const status = await statusOf(oid);
        expect(status).toMatchObject({ status: 'order', order: { status: 'canceled' } });
      });

      it('rests an ALO and cancels it by cloid', async () => {
        const cloid = randomCloid();
        const oid = oidOf(await place(orderFor(coin, { isBuy: false, atMidTimes: 1.2, usd: 200, tif: 'Alo', cloid })));
        expect(await openOids()).toContain(oid);
        const answer = await client.exchange.cancelByCloid({ cancels: [{ asset: coin.assetId, cloid }] });
        expect(answer.response.data.statuses).toEqual(['success']);
        expect(await openOids()).not.toContain(oid);
        await expect(
          client.exchange.cancelByCloid({ cancels: [{ asset: coin.assetId, cloid: randomCloid() }] }),
        ).rejects.toThrow(NEVER_PLACED);
      });

      it('modifies an order under a new oid', async () => {
        const oid = oidOf(await place(orderFor(coin, { isBuy: true, atMidTimes: 0.8, usd: 200, tif: 'Gtc' })));
        const dearer = orderFor(coin, { isBuy: true, atMidTimes: 0.82, usd: 300, tif: 'Gtc' });
        await client.exchange.modify({ oid, order: dearer });
        const [second] = await client.info.openOrders({ user: client.user });
        expect(second?.oid).not.toBe(oid);
        expect(Number(second?.sz)).toBe(Number(dearer.s));
        const cheaper = orderFor(coin, { isBuy: true, atMidTimes: 0.78, usd: 300, tif: 'Gtc' });
        const answer = await client.exchange.batchModify({ modifies: [{ oid: second!.oid, order: cheaper }] });
        const third = oidOf(answer);
        expect(await openOids()).toEqual([third]);
        await client.exchange.cancel({ cancels: [{ a: coin.assetId, o: third }] });
      });

      it('answers each order of a batch by itself', async () => {
        const good = orderFor(coin, { isBuy: true, atMidTimes: 0.8, usd: 200, tif: 'Gtc' });
        const tiny = orderFor(coin, { isBuy: true, atMidTimes: 0.8, usd: 5, tif: 'Gtc' });
        const error = await client.exchange.order({ orders: [good, tiny], grouping: 'na' }).then(
          () => undefined,
          (refusal: unknown) => refusal,
        );
        expect(error).toBeInstanceOf(ApiRequestError);
        const { response } = error as ApiRequestError;
        expect(response).toMatchObject({
          status: 'ok',
          response: {
            type: 'order',
            data: {
              statuses: [
                { resting: { oid: expect.any(Number) } },
                { error: `Order must have minimum value of $10. asset=${coin.assetId}` },
              ],
            },
          },
        });
        const oids = await openOids();
        await client.exchange.cancel({ cancels: oids.map((o) => ({ a: coin.assetId, o })) });
      });

      it('refuses in the words of the venue', async () => {
        const buy = { isBuy: true, usd: 200 } as const;
        await expect(place(orderFor(coin, { ...buy, atMidTimes: 1.05, tif: 'Alo' }))).rejects.toThrow(
          /Post only order would have immediately matched, bbo was [\d.]+@[\d.]+/,
        );
        await expect(place(orderFor(coin, { ...buy, atMidTimes: 0.9, tif: 'Ioc' }))).rejects.toThrow(
          'Order could not immediately match against any resting orders.',
        );
        await expect(
          place({ ...orderFor(coin, { ...buy, atMidTimes: 0.9, tif: 'Gtc' }), p: '3001.17' }),
        ).rejects.toThrow(/Price must be divisible by tick size|Order has invalid price/);
        await expect(
          place(orderFor(coin, { isBuy: true, atMidTimes: 0.99, usd: 900_000_000, tif: 'Gtc' })),
        ).rejects.toThrow(/Insufficient margin|margin tier limit/);
        expect(await openOids()).toEqual([]);
      });
    });

    describe('leverage and agents', () => {
      it('sets leverage', async () => {
        await client.exchange.updateLeverage({ asset: coin.assetId, isCross: true, leverage: 7 });
        const data = await client.info.activeAssetData({ user: client.user, coin: COIN });
        expect(data.leverage).toMatchObject({ type: 'cross', value: 7 });
        await expect(
          client.exchange.updateLeverage({ asset: coin.assetId, isCross: true, leverage: 999 }),
        ).rejects.toThrow('Invalid leverage value');
      });

      it('lets an approved agent trade for its master, and nobody else', async () => {
        const agentWallet = Wallet.createRandom();
        const agent = createNktkasClient(target(), agentWallet.privateKey);
        const order = orderFor(coin, { isBuy: true, atMidTimes: 0.8, usd: 200, tif: 'Gtc' });
        await expect(agent.exchange.order({ orders: [order], grouping: 'na' })).rejects.toThrow(
          `User or API Wallet ${agentWallet.address.toLowerCase()} does not exist.`,
        );
        await client.exchange.approveAgent({ agentAddress: agentWallet.address as `0x${string}`, agentName: 'desk' });
        const agents = await client.info.extraAgents({ user: client.user });
        expect(agents).toMatchObject([{ name: 'desk', address: agentWallet.address.toLowerCase() }]);
        const oid = oidOf(await agent.exchange.order({ orders: [order], grouping: 'na' }));
        expect(await openOids()).toEqual([oid]);
        await agent.exchange.cancel({ cancels: [{ a: coin.assetId, o: oid }] });
        expect(await openOids()).toEqual([]);
      });

      it('refuses a nonce that was used', async () => {
        const nonce = Date.now();
        const transport = new HttpTransport({ isTestnet: target().isTestnet, apiUrl: target().url });
        const wallet = new Wallet(target().wallet.privateKey);
        const fixed = new ExchangeClient({ transport, wallet, nonceManager: () => nonce });
        const leverage = { asset: coin.assetId, isCross: true, leverage: 7 };
        await fixed.updateLeverage(leverage);
        await expect(fixed.updateLeverage(leverage)).rejects.toThrow(`Invalid nonce: duplicate nonce ${nonce}`);
      });

      it('refuses an action that comes too late', async () => {
        const order = orderFor(coin, { isBuy: true, atMidTimes: 0.8, usd: 200, tif: 'Gtc' });
        await expect(
          client.exchange.order({ orders: [order], grouping: 'na' }, { expiresAfter: Date.now() - 1_000 }),
        ).rejects.toThrow('Action already expired');
      });
    });
  });
}
