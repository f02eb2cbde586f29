import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClearinghouseState } from '@perps/contracts/hyperliquid';
import type { Position } from '@perps/domain/account';
import { size, usd } from '@perps/domain/money';
import { addressOfKey, AGENT, ALICE, type Harness, startHarness, STRANGER } from '../testing/harness.ts';

const alice = addressOfKey(ALICE);
const stranger = addressOfKey(STRANGER);
const CLOID = '0x1234567890abcdef1234567890abcdef';

const position = (over: Partial<Position>): Position => ({
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(10_000n),
  entryNotional: usd(9_900_000_000n),
  marginMode: 'cross',
  leverage: 10,
  isolatedMargin: usd(0n),
  openedAt: 1,
  fundingIndex: 0n,
  fundingPaid: usd(0n),
  ...over,
});

describe('/info', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ engineTiming: { submitMs: 2_000, queryMs: 300, retryMs: 10, refreshMs: 1_000 } });
    gateway.engine.openAccount(alice, 5_000_000_000n);
    const limit = { a: 0, b: true, s: '0.01', r: false } as const;
    await gateway.act(ALICE, {
      type: 'order',
      grouping: 'na',
      orders: [
        { ...limit, p: '99000', t: { limit: { tif: 'Gtc' } }, c: CLOID },
        { ...limit, p: '100001', t: { limit: { tif: 'Ioc' } } },
        { ...limit, p: '100002', t: { limit: { tif: 'Ioc' } } },
      ],
    });
  });
  afterAll(() => gateway.close());

  describe('about the market', () => {
    it('tells meta and contexts by position', async () => {
      const [meta, contexts] = (await gateway.info({ type: 'metaAndAssetCtxs' })) as [
        { universe: { name: string }[] },
        { markPx: string }[],
      ];
      expect(await gateway.info({ type: 'meta' })).toEqual(meta);
      expect(meta.universe.map(({ name }) => name)).toEqual(['BTC', 'ETH']);
      expect(contexts.map(({ markPx }) => markPx)).toEqual(['100000', '4000']);
    });

    it('tells mids between the best prices', async () => {
      expect(await gateway.info({ type: 'allMids' })).toEqual({ BTC: '100000.0', ETH: '4000.0' });
    });

    it('tells a book of twenty levels a side, coarsened on demand', async () => {
      const book = (await gateway.info({ type: 'l2Book', coin: 'BTC' })) as { levels: { px: string; n: number }[][] };
      expect(book.levels.map((side) => side.length)).toEqual([20, 20]);
      expect(book.levels[0]?.[0]).toEqual({ px: '99999.9', sz: '1.0', n: 1 });
      const coarse = (await gateway.info({ type: 'l2Book', coin: 'BTC', nSigFigs: 5 })) as typeof book;
      expect(coarse.levels[0]?.[0]).toEqual({ px: '99999.0', sz: '10.0', n: 10 });
      expect(await gateway.info({ type: 'l2Book', coin: 'NOPE' })).toBeNull();
      const refused = await gateway.post('/info', { type: 'l2Book', coin: 'BTC', nSigFigs: 4, mantissa: 2 });
      expect([refused.status, refused.text]).toEqual([500, 'null']);
    });

    it('relays candles and funding history', async () => {
      const request = { type: 'candleSnapshot', req: { coin: 'BTC', interval: '1m', startTime: 1, endTime: 2 } };
      expect(await gateway.info(request)).toEqual([{ relayed: true }]);
      expect(gateway.feed.relayed.at(-1)).toEqual({ request });
    });

    it('has what clients ask for at their start', async () => {
      expect(await gateway.info({ type: 'perpDexs' })).toEqual([null]);
      const spot = (await gateway.info({ type: 'spotMeta' })) as { universe: unknown[]; tokens: unknown[] };
      expect(spot.universe.length).toBeGreaterThan(0);
      expect(await gateway.info({ type: 'userAbstraction', user: alice })).toBe('disabled');
      expect(await gateway.info({ type: 'exchangeStatus' })).toEqual({
        time: expect.any(Number),
        specialStatuses: null,
      });
    });
  });

  describe('about orders and fills', () => {
    it('lists open orders in both shapes', async () => {
      const [open] = (await gateway.info({ type: 'openOrders', user: alice })) as unknown[];
      expect(open).toEqual({
        coin: 'BTC',
        side: 'B',
        limitPx: '99000.0',
        sz: '0.01',
        oid: expect.any(Number),
        timestamp: expect.any(Number),
        origSz: '0.01',
        cloid: CLOID,
      });
      const [front] = (await gateway.info({ type: 'frontendOpenOrders', user: alice })) as unknown[];
      expect(front).toMatchObject({
        triggerCondition: 'N/A',
        isTrigger: false,
        triggerPx: '0.0',
        children: [],
        orderType: 'Limit',
        tif: 'Gtc',
        reduceOnly: false,
        cloid: CLOID,
      });
    });

    it('finds an order by oid and by cloid, for its own user only', async () => {
      const byCloid = (await gateway.info({ type: 'orderStatus', user: alice, oid: CLOID })) as {
        order: { order: { oid: number } };
      };
      expect(byCloid).toMatchObject({ status: 'order', order: { status: 'open' } });
      const { oid } = byCloid.order.order;
      expect(await gateway.info({ type: 'orderStatus', user: alice, oid })).toEqual(byCloid);
      expect(await gateway.info({ type: 'orderStatus', user: stranger, oid })).toEqual({ status: 'unknownOid' });
    });

    it('lists fills newest first, by time oldest first with inclusive bounds', async () => {
      const fills = (await gateway.info({ type: 'userFills', user: alice })) as {
        px: string;
        time: number;
        dir: string;
      }[];
      expect(fills.map(({ px }) => px)).toEqual(['100002.0', '100001.0']);
      expect(fills[0]).toMatchObject({ dir: 'Open Long', crossed: true, feeToken: 'USDC', twapId: null, side: 'B' });
      const { time } = fills[1]!;
      const byTime = (await gateway.info({ type: 'userFillsByTime', user: alice, startTime: time })) as typeof fills;
      expect(byTime.map(({ px }) => px)).toEqual(['100001.0', '100002.0']);
      const before = await gateway.info({ type: 'userFillsByTime', user: alice, startTime: 0, endTime: time - 1 });
      expect(before).toEqual([]);
    });

    it('remembers ended orders', async () => {
      const rows = (await gateway.info({ type: 'historicalOrders', user: alice })) as { status: string }[];
      expect(rows.map(({ status }) => status)).toEqual(['filled', 'filled', 'open']);
    });
  });

  describe('about the account', () => {
    it('shows the routes of a coin as one position and keeps the identities', async () => {
      gateway.engine.change(alice, {
        positions: {
          'BTC:INTERNAL': position({}),
          'BTC:HYPERLIQUID': position({ positionId: 'p2', route: 'HYPERLIQUID', entryNotional: usd(10_100_000_000n) }),
        },
      });
      const state = (await gateway.info({ type: 'clearinghouseState', user: alice })) as ClearinghouseState;
      // 0.2 BTC bought for 20,000; mark 100,000: value 20,000, profit 0; equity 5,000; margin 2,000 at 10×;
      // maintenance 20,000/80 = 250; liquidation where 5,000 + 0.2(p − 100,000) = 0.2p/80, p = 15,000/0.1975.
      expect(state).toMatchObject({
        marginSummary: {
          accountValue: '5000.0',
          totalNtlPos: '20000.0',
          totalRawUsd: '-15000.0',
          totalMarginUsed: '2000.0',
        },
        crossMaintenanceMarginUsed: '250.0',
        withdrawable: '3000.0',
      });
      expect(state.assetPositions).toHaveLength(1);
      expect(state.assetPositions[0]?.position).toMatchObject({
        coin: 'BTC',
        szi: '0.2',
        entryPx: '100000.0',
        positionValue: '20000.0',
        unrealizedPnl: '0.0',
        returnOnEquity: '0.0',
        leverage: { type: 'cross', value: 10 },
        marginUsed: '2000.0',
        liquidationPx: '75949.4',
      });
    });

    it('shows an isolated position by its own collateral', async () => {
      gateway.engine.change(alice, {
        positions: {
          'BTC:INTERNAL': position({
            marginMode: 'isolated',
            size: size(-10_000n),
            entryNotional: usd(10_100_000_000n),
            isolatedMargin: usd(1_010_000_000n),
          }),
        },
      });
      const state = (await gateway.info({ type: 'clearinghouseState', user: alice })) as ClearinghouseState;
      // Short 0.1 from 101,000, mark 100,000: profit 100; margin 1,010 + 100; raw = 1,010 + 10,100.
      // Liquidation: 1,110 − 0.1(p − 100,000) = 0.1p/80, p = 11,110/0.10125.
      expect(state.assetPositions[0]?.position).toMatchObject({
        szi: '-0.1',
        leverage: { type: 'isolated', value: 10, rawUsd: '11110.0' },
        unrealizedPnl: '100.0',
        marginUsed: '1110.0',
        returnOnEquity: '0.0990099009',
        liquidationPx: '109728.3',
      });
      expect(state.marginSummary).toMatchObject({ accountValue: '6110.0', totalRawUsd: '16110.0' });
      expect(state.crossMarginSummary.accountValue).toBe('5000.0');
      expect(state.withdrawable).toBe('5000.0');
      gateway.engine.change(alice, { positions: {} });
    });

    it('an unknown user gets empty answers', async () => {
      expect(await gateway.info({ type: 'openOrders', user: stranger })).toEqual([]);
      expect(await gateway.info({ type: 'userFills', user: stranger })).toEqual([]);
      expect(await gateway.info({ type: 'userRole', user: stranger })).toEqual({ role: 'missing' });
      expect(await gateway.info({ type: 'extraAgents', user: stranger })).toEqual([]);
      expect(await gateway.info({ type: 'maxBuilderFee', user: stranger, builder: alice })).toBe(0);
      expect(await gateway.info({ type: 'clearinghouseState', user: stranger })).toMatchObject({
        marginSummary: { accountValue: '0.0' },
        assetPositions: [],
        withdrawable: '0.0',
      });
    });

    it('tells roles, agents and limits', async () => {
      const agent = addressOfKey(AGENT);
      const accountId = gateway.engine.account(alice)!.accountId;
      await gateway.identities.claim({ kind: 'agent', address: agent, accountId });
      gateway.engine.change(alice, {
        agents: [{ address: agent, name: 'bot', validUntil: 5 }],
        builderFees: { [stranger]: '0.02%' },
        cumulativeVolume: usd(2_500_000_000n),
      });
      expect(await gateway.info({ type: 'userRole', user: alice })).toEqual({ role: 'user' });
      expect(await gateway.info({ type: 'userRole', user: agent })).toEqual({ role: 'agent', data: { user: alice } });
      expect(await gateway.info({ type: 'extraAgents', user: alice })).toEqual([
        { address: agent, name: 'bot', validUntil: 5 },
      ]);
      expect(await gateway.info({ type: 'maxBuilderFee', user: alice, builder: stranger })).toBe(20);
      expect(await gateway.info({ type: 'userRateLimit', user: alice })).toEqual({
        cumVlm: '2500.0',
        nRequestsUsed: 0,
        nRequestsCap: 12_500,
        nRequestsSurplus: 0,
      });
      expect(await gateway.info({ type: 'userFees', user: alice })).toMatchObject({ userCrossRate: '0.00045' });
      expect(await gateway.info({ type: 'openOrders', user: agent })).toEqual([]);
    });

    it('tells what could be traded', async () => {
      expect(await gateway.info({ type: 'activeAssetData', user: alice, coin: 'ETH' })).toMatchObject({
        coin: 'ETH',
        leverage: { type: 'cross', value: 20 },
        availableToTrade: ['5000.0', '5000.0'],
        maxTradeSzs: ['25.0', '25.0'],
        markPx: '4000.0',
      });
    });
  });
});
