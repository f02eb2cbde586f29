import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountIdOf, type FillRecord } from '@perps/contracts/engine';
import type { Portfolio } from '@perps/contracts/hyperliquid';
import { price, rate, size, usd } from '@perps/domain/money';
import type { FundingSettlement, LedgerEntry, LiquidationStep } from '@perps/runtime/ports';
import { addressOfKey, ALICE, type Harness, startHarness } from '../testing/harness.ts';
import { aggregated } from './fills.ts';

const alice = addressOfKey(ALICE);
const accountId = accountIdOf(alice);
const HOUR = 3_600_000;
const ZERO_HASH = `0x${'0'.repeat(64)}`;

const settlement = (at: number, over: Partial<FundingSettlement> = {}): FundingSettlement => ({
  id: `p1:${at}`,
  at,
  hour: at,
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(10_000n),
  payment: usd(-125_000n),
  rate: rate(12_500_000n),
  hours: 1,
  isCorrection: false,
  ...over,
});

const entry = (at: number, over: Partial<LedgerEntry> = {}): LedgerEntry => ({
  seq: at,
  at,
  type: 'deposit',
  pot: 'wallet',
  amount: usd(5_000_000_000n),
  before: usd(0n),
  after: usd(5_000_000_000n),
  ref: 'd1',
  ...over,
});

const liquidation: LiquidationStep = {
  id: 'l1:1',
  at: 30,
  liquidationId: 'l1',
  step: 1,
  scope: 'cross',
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(-10_000n),
  closedSize: size(4_000n),
  markPrice: price(1_000_000n),
  closePrice: price(1_000_000n),
  equityBefore: usd(7_500_000n),
  badDebt: usd(0n),
};

const fill = (tradeId: number, over: Partial<FillRecord> = {}): FillRecord => ({
  accountId,
  tradeId,
  orderId: 7,
  symbol: 'BTC',
  side: 'buy',
  price: price(1_000_000n),
  size: size(1_000n),
  startSize: size(0n),
  closedPnl: usd(1n),
  fee: usd(2n),
  builderFee: usd(0n),
  liquidity: 'taker',
  route: 'INTERNAL',
  time: tradeId,
  hash: ZERO_HASH,
  ...over,
});

describe('/info about money', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness();
    gateway.engine.openAccount(alice, 5_000_000_000n);
  });
  afterAll(() => gateway.close());

  it('tells funding oldest first, within inclusive bounds', async () => {
    gateway.history.remember(accountId, { funding: [settlement(30), settlement(10), settlement(20)] });
    const ask = async (range: object) =>
      (await gateway.info({ type: 'userFunding', user: alice, ...range })) as { time: number }[];
    expect(await ask({ startTime: 10, endTime: 10 })).toEqual([
      {
        time: 10,
        hash: ZERO_HASH,
        delta: {
          type: 'funding',
          coin: 'BTC',
          usdc: '-0.125',
          szi: '0.1',
          fundingRate: '0.0000125',
          nSamples: null,
        },
      },
    ]);
    expect((await ask({ startTime: 20 })).map(({ time }) => time)).toEqual([20, 30]);
    expect((await ask({})).map(({ time }) => time)).toEqual([10, 20, 30]);
  });

  it('tells the routes of a coin as one, and works out a rate that is not known', async () => {
    const unknown = { rate: undefined, hours: 8 };
    const posted = [
      settlement(10, unknown),
      settlement(10, { ...unknown, route: 'HYPERLIQUID', size: size(-2_000n), payment: usd(25_000n) }),
    ];
    gateway.history.remember(accountId, { funding: posted });
    const [row, ...others] = (await gateway.info({ type: 'userFunding', user: alice })) as { delta: unknown }[];
    expect(others).toEqual([]);
    // 0.1 paid for 0.08 at 100,000 in eight hours.
    expect(row?.delta).toMatchObject({ usdc: '-0.1', szi: '0.08', fundingRate: '0.0000015625', nSamples: 8 });
  });

  it('answers 500 rows of funding at most', async () => {
    gateway.history.remember(accountId, { funding: Array.from({ length: 700 }, (_, at) => settlement(at)) });
    expect(await gateway.info({ type: 'userFunding', user: alice, startTime: 0 })).toHaveLength(500);
  });

  it('tells deposits, withdrawals, adjustments and liquidations in the order of their time', async () => {
    const ledger = [
      entry(10),
      entry(20, { type: 'withdrawal', amount: usd(-2_000_000n) }),
      entry(25, { type: 'fee', amount: usd(-1n) }),
      entry(40, { type: 'adjustment', amount: usd(1_000_000n) }),
    ];
    gateway.history.remember(accountId, { ledger, liquidations: [liquidation] });
    const ask = { type: 'userNonFundingLedgerUpdates', user: alice, startTime: 0 };
    expect(await gateway.info(ask)).toEqual([
      { time: 10, hash: ZERO_HASH, delta: { type: 'deposit', usdc: '5000.0' } },
      { time: 20, hash: ZERO_HASH, delta: { type: 'withdraw', usdc: '2.0', nonce: 0, fee: '0.0' } },
      {
        time: 30,
        hash: ZERO_HASH,
        delta: {
          type: 'liquidation',
          liquidatedNtlPos: '4000.0',
          accountValue: '7.5',
          leverageType: 'Cross',
          liquidatedPositions: [{ coin: 'BTC', szi: '-0.04' }],
        },
      },
      {
        time: 40,
        hash: ZERO_HASH,
        delta: {
          type: 'internalTransfer',
          usdc: '1.0',
          user: `0x${'0'.repeat(40)}`,
          destination: alice,
          fee: '0.0',
        },
      },
    ]);
    expect(await gateway.info({ ...ask, startTime: 11, endTime: 20 })).toHaveLength(1);
  });

  it('shows what was earned: without deposits, and with the equity of now at the end', async () => {
    const now = Date.now();
    const sample = (hours: number, balance: bigint, netDeposits: bigint, volume: bigint) => ({
      at: now - hours * HOUR,
      balance: usd(balance),
      netDeposits: usd(netDeposits),
      volume: usd(volume),
    });
    gateway.history.remember(accountId, {
      samples: [sample(100, 0n, 0n, 0n), sample(20, 4_000_000_000n, 3_900_000_000n, 60_000_000n)],
      ledger: [entry(now - 10 * HOUR, { amount: usd(500_000_000n) })],
    });
    gateway.engine.change(alice, { cumulativeVolume: usd(100_000_000n) });
    const portfolio = Object.fromEntries(
      (await gateway.info({ type: 'portfolio', user: alice })) as unknown as Portfolio,
    );
    // Equity 5,000; deposited 3,900 and 500: 600 earned, 100 of it before the day began.
    const { day, week, perpAllTime } = portfolio;
    expect(day?.accountValueHistory.map(([, value]) => value)).toEqual(['4000.0', '4000.0', '5000.0']);
    expect(day?.pnlHistory.map(([, value]) => value)).toEqual(['0.0', '0.0', '500.0']);
    expect(day?.vlm).toBe('40.0');
    expect(week?.pnlHistory.map(([, value]) => value)).toEqual(['0.0', '100.0', '600.0']);
    expect(perpAllTime?.vlm).toBe('100.0');
    expect(Object.keys(portfolio)).toHaveLength(8);
  });

  it('shows an account without history as it is', async () => {
    const nobody = `0x${'9'.repeat(40)}`;
    const portfolio = (await gateway.info({ type: 'portfolio', user: nobody })) as Portfolio;
    expect(portfolio.map(([name]) => name).slice(0, 2)).toEqual(['day', 'week']);
    expect(portfolio[0]?.[1]).toEqual({
      accountValueHistory: [[expect.any(Number), '0.0']],
      pnlHistory: [[expect.any(Number), '0.0']],
      vlm: '0.0',
    });
  });
});

describe('fills by time', () => {
  let gateway: Harness;
  const times = async (range: object): Promise<readonly number[]> => {
    const rows = await gateway.info({ type: 'userFillsByTime', user: alice, ...range });
    return (rows as { time: number }[]).map(({ time }) => time);
  };
  beforeAll(async () => {
    gateway = await startHarness();
    gateway.engine.openAccount(alice, 5_000_000_000n);
    // The engine has kept trades 1,001 to 3,000; the table has the oldest ones up to 1,500.
    gateway.engine.addFills(
      alice,
      Array.from({ length: 2_000 }, (_, index) => fill(index + 1_001)),
    );
    gateway.history.remember(accountId, { fills: Array.from({ length: 1_500 }, (_, index) => fill(index + 1)) });
  });
  afterAll(() => gateway.close());

  it('go back beyond what the engine keeps, each fill once', async () => {
    expect(await times({ startTime: 990, endTime: 1_010 })).toEqual(Array.from({ length: 21 }, (_, n) => 990 + n));
    expect(await times({ startTime: 1, endTime: 3 })).toEqual([1, 2, 3]);
  });

  it('are pages of 2,000, from either end', async () => {
    const first = await times({ startTime: 0 });
    expect([first.length, first[0], first.at(-1)]).toEqual([2_000, 1, 2_000]);
    const last = await times({ startTime: 0, reversed: true });
    expect([last.length, last[0], last.at(-1)]).toEqual([2_000, 3_000, 1_001]);
    expect(await times({ startTime: 998, endTime: 1_002, reversed: true })).toEqual([1_002, 1_001, 1_000, 999, 998]);
  });
});

describe('aggregated fills', () => {
  it('are one for each order, moment and price', () => {
    const same = { time: 5 };
    const rows = aggregated([
      fill(3, { ...same, startSize: size(2_000n) }),
      fill(2, { ...same, startSize: size(1_000n) }),
      fill(4, { ...same, price: price(1_000_001n) }),
      fill(5, { ...same, orderId: 8 }),
      fill(6),
    ]);
    expect(rows.map(({ tradeId, size: lots }) => [tradeId, lots])).toEqual([
      [2, 2_000n],
      [4, 1_000n],
      [5, 1_000n],
      [6, 1_000n],
    ]);
    expect(rows[0]).toMatchObject({ startSize: 1_000n, closedPnl: 2n, fee: 4n });
  });
});
