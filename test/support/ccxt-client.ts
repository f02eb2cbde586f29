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
