/** ccxt, unchanged but for its addresses. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InsufficientFunds, InvalidOrder, OrderNotFound, pro } from 'ccxt';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import { randomCloid } from './nktkas-client.ts';
import { eventually } from './waiting.ts';

const SYMBOL = 'BTC/USDC:USDC';

export function describeCcxt(target: CurrentTarget): void {
  describe('ccxt', () => {
    let exchange: InstanceType<typeof pro.hyperliquid>;
    let price: number;
    beforeAll(async () => {
      const { url, wsUrl, isTestnet, wallet } = target();
      exchange = new pro.hyperliquid({ walletAddress: wallet.address, privateKey: wallet.privateKey });
      if (isTestnet) exchange.setSandboxMode(true);
      exchange.urls['api'] = { public: url, private: url, ws: { public: wsUrl } };
      // Its WebSocket wants an agent of its own wherever the address is not encrypted.
      await exchange.loadHttpProxyAgent();
      await exchange.loadMarkets();
      price = (await exchange.fetchTicker(SYMBOL)).last!;
    });
    afterAll(async () => {
      await exchange.close();
    });

    it('loads markets, tickers, books and candles', async () => {
      expect(exchange.market(SYMBOL)).toMatchObject({ swap: true, active: true, base: 'BTC' });
      expect(price).toBeGreaterThan(0);
      const book = await exchange.fetchOrderBook(SYMBOL);
      expect(book.bids[0]![0]!).toBeLessThan(book.asks[0]![0]!);
      expect(Array.isArray(await exchange.fetchOHLCV(SYMBOL, '1m'))).toBe(true);
      expect(Number((await exchange.fetchBalance())['USDC']?.total)).toBeGreaterThan(0);
    });

    it('trades at market and sees the trade by request and by stream', async () => {
      const streamed = exchange.watchMyTrades(SYMBOL);
      const bought = await exchange.createOrder(SYMBOL, 'market', 'buy', 0.005, price);
      expect(bought.filled).toBeCloseTo(0.005, 8);
      expect((await streamed).length).toBeGreaterThan(0);
      const trades = await exchange.fetchMyTrades(SYMBOL);
      expect(trades.some((trade) => trade.order === bought.id && trade.side === 'buy')).toBe(true);
      const [position] = await exchange.fetchPositions([SYMBOL]);
      expect(position).toMatchObject({ side: 'long', contracts: 0.005 });
      const sold = await exchange.createOrder(SYMBOL, 'market', 'sell', 0.005, price, { reduceOnly: true });
      expect(sold.filled).toBeCloseTo(0.005, 8);
      expect(await exchange.fetchPositions([SYMBOL])).toEqual([]);
    });

    it('places, finds, edits and cancels a limit order', async () => {
      const clientOrderId = randomCloid();
      const placed = await exchange.createOrder(SYMBOL, 'limit', 'buy', 0.01, price * 0.8, { clientOrderId });
      const found = await eventually('the order', () => exchange.fetchOrder(placed.id!, SYMBOL).catch(() => undefined));
      expect(found).toMatchObject({ id: placed.id, status: 'open', clientOrderId, side: 'buy' });
      const edited = await exchange.editOrder(placed.id!, SYMBOL, 'limit', 'buy', 0.02, price * 0.82);
      const open = await exchange.fetchOpenOrders(SYMBOL);
      expect(open.map((order) => [order.id, order.amount])).toEqual([[edited.id, 0.02]]);
      await exchange.cancelOrder(edited.id!, SYMBOL);
      expect(await exchange.fetchOpenOrders(SYMBOL)).toEqual([]);
      await expect(exchange.cancelOrder(edited.id!, SYMBOL)).rejects.toBeInstanceOf(OrderNotFound);
    });

    it('understands refusals', async () => {
      await expect(exchange.createOrder(SYMBOL, 'limit', 'buy', 0.00001, price * 0.9)).rejects.toBeInstanceOf(
        InvalidOrder,
      );
      await expect(exchange.createOrder(SYMBOL, 'limit', 'buy', 400, price * 0.99)).rejects.toBeInstanceOf(
        InsufficientFunds,
      );
      await expect(exchange.fetchOrder('1', SYMBOL)).rejects.toBeInstanceOf(OrderNotFound);
    });

    it('places, finds and cancels stops and take-profits', async () => {
      await exchange.createOrder(SYMBOL, 'market', 'buy', 0.005, price);
      const reduceOnly = true;
      const stop = await exchange.createOrder(SYMBOL, 'market', 'sell', 0.005, price, {
        stopLossPrice: price * 0.9,
        reduceOnly,
      });
      const profit = await exchange.createOrder(SYMBOL, 'limit', 'sell', 0.005, price * 1.12, {
        takeProfitPrice: price * 1.1,
        reduceOnly,
      });
      const entry = await exchange.createOrder(SYMBOL, 'market', 'buy', 0.005, price * 1.1, {
        triggerPrice: price * 1.1,
      });
      const open = await exchange.fetchOpenOrders(SYMBOL);
      const shown = new Map(open.map((order) => [order.id, order]));
      expect(new Set(shown.keys())).toEqual(new Set([stop.id, profit.id, entry.id]));
      expect(shown.get(stop.id)).toMatchObject({ side: 'sell', status: 'open', reduceOnly: true });
      expect(shown.get(stop.id)?.triggerPrice).toBeCloseTo(price * 0.9, -2);
      expect(shown.get(profit.id)?.triggerPrice).toBeCloseTo(price * 1.1, -2);
      await expect(
        exchange.createOrder(SYMBOL, 'market', 'sell', 0.005, price, { stopLossPrice: price * 1.1, reduceOnly }),
      ).rejects.toThrow('Invalid TP/SL price.');
      await exchange.cancelOrders([stop.id!, profit.id!, entry.id!], SYMBOL);
      expect(await exchange.fetchOpenOrders(SYMBOL)).toEqual([]);
      await exchange.createOrder(SYMBOL, 'market', 'sell', 0.005, price, { reduceOnly });
    });

    it('attaches a stop and a take-profit to an entry', async () => {
      const placed = await exchange.createOrder(SYMBOL, 'limit', 'buy', 0.005, price * 0.8, {
        stopLoss: { triggerPrice: price * 0.7 },
        takeProfit: { triggerPrice: price * 1.2 },
      });
      const open = await exchange.fetchOpenOrders(SYMBOL);
      expect(open.map(({ id }) => id)).toContain(placed.id);
      await exchange.cancelOrder(placed.id!, SYMBOL);
      await eventually('no open orders', async () =>
        (await exchange.fetchOpenOrders(SYMBOL)).length === 0 ? true : undefined,
      );
    });

    it('sets the margin mode, moves margin, lists funding', async () => {
      await exchange.setMarginMode('isolated', SYMBOL, { leverage: 5 });
      await exchange.createOrder(SYMBOL, 'market', 'buy', 0.005, price);
      const [before] = await exchange.fetchPositions([SYMBOL]);
      expect(before?.marginMode).toBe('isolated');
      await exchange.addMargin(SYMBOL, 20);
      const [more] = await exchange.fetchPositions([SYMBOL]);
      expect(more!.collateral! - before!.collateral!).toBeGreaterThan(15);
      await exchange.reduceMargin(SYMBOL, 10);
      await expect(exchange.setMarginMode('cross', SYMBOL, { leverage: 5 })).rejects.toThrow(
        'Cannot switch leverage type with open position.',
      );
      expect(Array.isArray(await exchange.fetchFundingHistory(SYMBOL))).toBe(true);
      await exchange.createOrder(SYMBOL, 'market', 'sell', 0.005, price, { reduceOnly: true });
      await exchange.setMarginMode('cross', SYMBOL, { leverage: 5 });
    });

    it('sets leverage', async () => {
      await exchange.setLeverage(5, SYMBOL);
      const placed = await exchange.createOrder(SYMBOL, 'market', 'buy', 0.005, price);
      expect(placed.filled).toBeCloseTo(0.005, 8);
      const [position] = await exchange.fetchPositions([SYMBOL]);
      expect(position?.leverage).toBe(5);
      await exchange.createOrder(SYMBOL, 'market', 'sell', 0.005, price, { reduceOnly: true });
    });
  });
}
