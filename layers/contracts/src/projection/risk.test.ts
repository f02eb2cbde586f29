import { describe, expect, it } from '@jest/globals';
import type { AccountEvent, FundingPayment, Position, RiskEpisode } from '@perps/domain/account';
import type { Transfer, TransferType } from '@perps/domain/ledger';
import { price, rate, size, usd } from '@perps/domain/money';
import type { ShardEvent } from '@perps/domain/shard';
import {
  type AccountProjection,
  emptyProjection,
  NO_RATES,
  project,
  READ_TABLE_KEYS,
  rememberRates,
  type RowWrite,
} from './index.ts';

const HOUR = 3_600_000;
const AT = 1_763_719_200_000;

type Fact<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

const paid = (
  type: TransferType,
  amount: bigint,
  pot: 'wallet' | 'hold' | `isolated:${string}` = 'wallet',
): Transfer => ({
  type,
  ref: 'r',
  postings: [
    { pot, amount: usd(amount) },
    { platform: 'suspense', amount: usd(-amount) },
  ],
});

const position = (over: Partial<Position> = {}): Position => ({
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(40n),
  entryNotional: usd(1_000n),
  marginMode: 'cross',
  leverage: 10,
  isolatedMargin: usd(0n),
  openedAt: AT,
  fundingIndex: 0n,
  fundingPaid: usd(0n),
  ...over,
});

const deposited: AccountEvent = {
  type: 'DepositCredited',
  depositId: 'd1',
  amount: usd(5_000n),
  transfers: [paid('deposit', 5_000n)],
};
/** The shortest way to an open position. */
const opened = (over: Partial<Position> = {}): AccountEvent => ({
  type: 'LeverageUpdated',
  symbol: 'BTC',
  setting: { marginMode: 'cross', leverage: 10 },
  positions: [position(over)],
  transfers: [],
});

const payment = (over: Partial<FundingPayment> = {}): FundingPayment => ({
  key: 'BTC:INTERNAL',
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(40n),
  amount: usd(7n),
  fromIndex: 10n,
  toIndex: 20n,
  position: position({ fundingPaid: usd(7n), fundingIndex: 20n }),
  ...over,
});
const funding = (one: FundingPayment): AccountEvent => ({
  type: 'FundingPosted',
  hour: AT,
  payments: [one],
  transfers: [paid('funding', -one.amount)],
});

const episode = (level: RiskEpisode['level']): RiskEpisode => ({ level, since: AT, steps: 0, attempts: 0 });
const figures = { equity: usd(10n), maintenance: usd(11n) };
const stepped = (over: Partial<Fact<'LiquidationStepped'>> = {}): AccountEvent => ({
  type: 'LiquidationStepped',
  scope: 'cross',
  liquidationId: 'l1',
  step: 1,
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(40n),
  closedSize: size(40n),
  markPrice: price(20n),
  closePrice: price(19n),
  slippage: usd(-40n),
  pnl: usd(-240n),
  remainder: usd(0n),
  marginZeroed: usd(240n),
  badDebt: usd(3n),
  before: figures,
  after: { equity: usd(10n), maintenance: usd(0n) },
  position: undefined,
  transfers: [paid('realized-pnl', -240n)],
  episode: undefined,
  ...over,
});

const fold = (...events: AccountEvent[]): { account: AccountProjection; writes: readonly RowWrite[] } =>
  project(emptyProjection('alice'), { at: AT, events });

/** The row as its writes leave it. */
const row = (writes: readonly RowWrite[], table: RowWrite['table'], key: string) =>
  Object.assign(
    {},
    ...writes
      .filter((one) => one.table === table && READ_TABLE_KEYS[table].map((name) => one.columns[name]).join('#') === key)
      .map(({ columns }) => columns),
  );

describe('a liquidation step of our own', () => {
  const quote = {
    bid: price(18n),
    ask: price(21n),
    markPrice: price(20n),
    oraclePrice: price(20n),
    quoteAgeMs: 1,
    markAgeMs: 1,
  };
  const fill = {
    at: AT,
    orderId: 64,
    tradeId: 128,
    szDecimals: 5,
    closedPnl: usd(-240n),
    quote,
    mode: 'NORMAL_MODE',
    policyVersion: 1,
  } as const;

  it('is a row of orders and one of fills, as at the venue', () => {
    const { writes } = fold(deposited, opened(), stepped({ fill }));
    expect(row(writes, 'orders', '64')).toMatchObject({
      status: 'FILLED',
      end_status: 'filled',
      side: 'sell',
      filled_size: '40',
      liquidation_id: 'l1',
    });
    expect(row(writes, 'fills', '128')).toMatchObject({
      order_id: '64',
      side: 'sell',
      price: '19',
      size: '40',
      start_size: '40',
      closed_pnl: '-240',
      source: 'INTERNAL',
      liquidation_mark: '20',
      filled_at: AT,
    });
    expect(fold(deposited, opened(), stepped()).writes.some(({ table }) => table === 'fills')).toBe(false);
  });
});

describe('funding', () => {
  it('is a row for each position, a movement of money and part of the position', () => {
    const { account, writes } = fold(deposited, opened(), funding(payment()));
    expect(row(writes, 'funding_settlements', `p1:${AT}:10`)).toMatchObject({
      position_id: 'p1',
      payment: '-7',
      settled_at: AT,
      user_id: 'alice',
      symbol: 'BTC',
      route: 'INTERNAL',
      size: '40',
      hour: AT,
      is_correction: false,
      hours: 1,
    });
    expect(row(writes, 'balance_logs', 'alice#2')).toMatchObject({ type: 'funding', amount: '-7', after: '4993' });
    expect(row(writes, 'positions', 'p1')).toMatchObject({ funding_paid: '7', status: 'OPEN' });
    expect(account.netDeposits).toBe(5_000n);
  });

  it('counts the hours it covers: since the position was opened, or posted to last', () => {
    const hours = (writes: readonly RowWrite[], id: string): unknown => row(writes, 'funding_settlements', id).hours;
    const later = { ...funding(payment({ fromIndex: 20n })), hour: AT + 3 * HOUR } as AccountEvent;
    const { writes } = fold(deposited, opened({ openedAt: AT - 2 * HOUR + 1 }), funding(payment()), later);
    expect(hours(writes, `p1:${AT}:10`)).toBe(2);
    expect(hours(writes, `p1:${AT + 3 * HOUR}:20`)).toBe(3);
  });

  it('tells the mean rate of the hours it covers, and goes on after the newest of them', () => {
    const hours = [1, 2, 3].map((n) => AT + n * HOUR);
    const closed = (hour: number, parts: bigint): ShardEvent => ({
      type: 'HourClosed',
      hour,
      accruals: [{ symbol: 'BTC', oraclePrice: price(10n), rate: rate(parts) }],
    });
    const settled: ShardEvent = {
      type: 'FundingSettled',
      hour: AT,
      settlements: [
        { symbol: 'BTC', route: 'INTERNAL', kind: 'rate', rate: rate(9n), accruedRate: rate(1n), indexChange: 80n },
      ],
      source: 'venue',
    };
    const rates = rememberRates(NO_RATES, [closed(AT, 1n), closed(hours[0]!, 10n), closed(hours[1]!, 20n), settled]);
    expect(rememberRates(rates, [closed(hours[0]!, 10n)])['BTC:INTERNAL']).toHaveLength(3);
    const posted = (hour: number, fromIndex: bigint): AccountEvent =>
      ({ ...funding(payment({ fromIndex })), hour }) as AccountEvent;
    // Open since the hour at AT; the third hour's rate comes after the first posting.
    const first = project(emptyProjection('alice'), {
      at: hours[2]!,
      rates,
      events: [deposited, opened(), posted(hours[2]!, 1n), funding(payment({ correction: 'rate' }))],
    });
    expect(row(first.writes, 'funding_settlements', `p1:${hours[2]}:1`)).toMatchObject({ rate: '15', hours: 2 });
    expect(row(first.writes, 'funding_settlements', `p1:${AT}:correction`)).toMatchObject({ rate: '9', hours: 1 });
    const late = rememberRates(rates, [closed(hours[2]!, 30n)]);
    const second = project(first.account, { at: hours[2]! + 1, rates: late, events: [posted(hours[2]!, 2n)] });
    expect(row(second.writes, 'funding_settlements', `p1:${hours[2]}:2`)).toMatchObject({ rate: '30', hours: 1 });
  });

  it('has a row of its own for the correction of an hour', () => {
    const correction = payment({ amount: usd(-2n), correction: 'rate' });
    const { writes } = fold(deposited, opened(), funding(payment()), funding(correction));
    expect(row(writes, 'funding_settlements', `p1:${AT}:10`).payment).toBe('-7');
    expect(row(writes, 'funding_settlements', `p1:${AT}:correction`)).toMatchObject({
      payment: '2',
      is_correction: true,
    });
  });

  it('of a position that is gone does not open it again', () => {
    const { writes } = fold(
      deposited,
      opened(),
      stepped(),
      funding(payment({ correction: 'rate', position: undefined })),
    );
    expect(row(writes, 'positions', 'p1')).toMatchObject({ status: 'LIQUIDATED', size: '0' });
  });
});

describe('liquidations', () => {
  it('are a row for each step, with what it closed and what was left', () => {
    const { account, writes } = fold(deposited, opened(), stepped());
    expect(row(writes, 'liquidations', 'l1:1')).toMatchObject({
      position_id: 'p1',
      user_id: 'alice',
      trigger_price: '20',
      close_price: '19',
      margin_zeroed: '240',
      liquidation_id: 'l1',
      step: 1,
      scope: 'cross',
      size: '40',
      closed_size: '40',
      slippage: '-40',
      bad_debt: '3',
      equity_before: '10',
      maintenance_before: '11',
      maintenance_after: '0',
      liquidated_at: AT,
    });
    expect(row(writes, 'positions', 'p1')).toMatchObject({ status: 'LIQUIDATED', size: '0', close_price: '19' });
    expect(row(writes, 'wallets', 'alice')).toMatchObject({ total_balance: '4760', cross_margin_used: '0' });
    expect(account.positions).toEqual({});
  });

  it('that close a part leave the rest open', () => {
    const { writes } = fold(deposited, opened(), stepped({ position: position({ size: size(10n) }) }));
    expect(row(writes, 'positions', 'p1')).toMatchObject({ status: 'OPEN', size: '10' });
  });

  it('at the venue are booked by their fills', () => {
    const venue = { route: 'HYPERLIQUID', transfers: [], position: position({ route: 'HYPERLIQUID' }) } as const;
    const { writes } = fold(deposited, stepped(venue));
    expect(row(writes, 'positions', 'p1')).toEqual({});
    expect(row(writes, 'liquidations', 'l1:1')).toMatchObject({ route: 'HYPERLIQUID' });
  });

  it('show on the wallet how far they are', () => {
    const scope = 'cross';
    const warned = (level: 50 | 80): AccountEvent => ({
      type: 'RiskWarned',
      scope,
      level,
      figures,
      episode: episode(`warned${level}`),
    });
    const level = (...events: AccountEvent[]): unknown => row(fold(...events).writes, 'wallets', 'alice').risk_level;
    expect(level()).toBeNull();
    expect(level(warned(50), warned(80))).toBe('warned80');
    expect(level(warned(80), { ...warned(50), scope: 'BTC:INTERNAL' } as AccountEvent)).toBe('warned80');
    expect(level(warned(80), { type: 'RiskCleared', scope })).toBeNull();
    const started: AccountEvent = {
      type: 'LiquidationStarted',
      scope,
      liquidationId: 'l1',
      figures,
      episode: episode('liquidating'),
    };
    const waiting: AccountEvent = { type: 'LiquidationWaiting', scope, cause: 'c', episode: episode('liquidating') };
    expect(level(warned(80), started, waiting)).toBe('liquidating');
    const ended = (outcome: Fact<'LiquidationEnded'>['outcome'], left?: RiskEpisode): AccountEvent => ({
      type: 'LiquidationEnded',
      scope,
      liquidationId: 'l1',
      outcome,
      figures,
      episode: left,
    });
    expect(level(started, ended('closed'))).toBeNull();
    expect(level(started, ended('takeover', episode('takeover')))).toBe('takeover');
  });
});

describe('the wallet', () => {
  it('tells whether the account may trade', () => {
    const { writes } = fold({ type: 'TradingStateSet', tradingState: 'REDUCING', cause: 'risk' });
    expect(row(writes, 'wallets', 'alice').trading_state).toBe('REDUCING');
  });

  it('freezes what an isolated position is given, and gives it back', () => {
    const adjusted = (amount: bigint): AccountEvent => ({
      type: 'IsolatedMarginAdjusted',
      symbol: 'BTC',
      amount: usd(amount),
      positions: [position({ marginMode: 'isolated', isolatedMargin: usd(300n) })],
      transfers: [
        {
          type: amount > 0n ? 'margin-lock' : 'margin-release',
          ref: 'p1',
          postings: [
            { pot: 'wallet', amount: usd(-amount) },
            { pot: 'isolated:p1', amount: usd(amount) },
          ],
        },
      ],
    });
    const { writes } = fold(deposited, adjusted(400n), adjusted(-100n));
    expect(row(writes, 'wallets', 'alice')).toMatchObject({
      total_balance: '5000',
      available_balance: '4700',
      frozen_margin: '300',
      net_deposits: '5000',
    });
    expect(row(writes, 'positions', 'p1')).toMatchObject({ isolated_margin: '300', margin_mode: 'isolated' });
    expect(row(writes, 'balance_logs', 'alice#3')).toMatchObject({ pot: 'isolated:p1', type: 'margin-lock' });
  });

  it('marks money from outside, and no other', () => {
    const { writes } = fold(deposited, funding(payment()));
    expect(row(writes, 'balance_logs', 'alice#1').external_at).toBe(AT);
    expect('external_at' in row(writes, 'balance_logs', 'alice#2')).toBe(false);
  });

  it('is sampled as it was when an hour began, once', () => {
    let { account } = project(emptyProjection('alice'), { at: AT + 5, events: [deposited] });
    const again = project(account, { at: AT + 9, events: [deposited] });
    expect(again.writes.filter(({ table }) => table === 'balance_samples')).toEqual([]);
    ({ account } = again);
    const next = project(account, { at: AT + 2 * HOUR + 1, events: [funding(payment())] });
    expect(row(next.writes, 'balance_samples', `alice#${AT + 2 * HOUR}`)).toMatchObject({
      total_balance: '10000',
      net_deposits: '10000',
      volume: '0',
    });
  });
});
