import { describe, expect, it } from '@jest/globals';
import type { AccountEvent, OrderLeg, Position } from '@perps/domain/account';
import { price, size, usd } from '@perps/domain/money';
import { emptyProjection, project, READ_TABLE_KEYS, type AccountProjection, type RowWrite } from './index.ts';

const AT = 1_763_719_200_000;
const decision = {
  route: 'INTERNAL',
  reason: 'within_threshold',
  mode: 'NORMAL_MODE',
  thresholdUsed: usd(0n),
  policyVersion: 1,
} as const;
const leg = (filled: bigint, status: OrderLeg['status']): OrderLeg => ({
  route: 'INTERNAL',
  size: size(100n),
  filledSize: size(filled),
  decision,
  status,
});
const quote = {
  bid: undefined,
  ask: undefined,
  markPrice: price(10n),
  oraclePrice: price(10n),
  quoteAgeMs: 1,
  markAgeMs: 1,
};
const position = (id: string, lots: bigint, over: Partial<Position> = {}): Position => ({
  positionId: id,
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(lots),
  entryNotional: usd(1_000n),
  marginMode: 'cross',
  leverage: 3,
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
  transfers: [
    {
      type: 'deposit',
      ref: 'd1',
      postings: [
        { platform: 'chain:arbitrum', amount: usd(-5_000n) },
        { pot: 'wallet', amount: usd(5_000n) },
      ],
    },
  ],
};
const placed: AccountEvent = {
  type: 'OrderPlaced',
  order: {
    orderId: 64,
    symbol: 'BTC',
    side: 'buy',
    size: size(100n),
    limitPrice: price(11n),
    timeInForce: 'GTC',
    reduceOnly: false,
    legs: [leg(0n, 'open')],
    filledSize: size(0n),
    filledNotional: usd(0n),
    orderMargin: usd(400n),
    placedAt: AT,
  },
  routingLatencyMs: 2,
  quote,
};
const filled = (
  over: Partial<Extract<AccountEvent, { type: 'OrderFilled' }>>,
): Extract<AccountEvent, { type: 'OrderFilled' }> => ({
  type: 'OrderFilled',
  orderId: 64,
  at: AT,
  route: 'INTERNAL',
  tradeId: 128,
  price: price(10n),
  size: size(40n),
  side: 'buy',
  symbol: 'BTC',
  liquidity: 'taker',
  fee: usd(3n),
  builderFee: usd(1n),
  closedPnl: usd(0n),
  startSize: size(0n),
  positionId: 'p128',
  position: position('p128', 40n),
  legs: [leg(40n, 'open')],
  orderMargin: usd(240n),
  transfers: [
    {
      type: 'fee',
      ref: '64',
      postings: [
        { pot: 'wallet', amount: usd(-3n) },
        { platform: 'fees', amount: usd(3n) },
      ],
    },
  ],
  openedNotional: usd(400n),
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

describe('project', () => {
  it('logs every posting to a pot of the user, with the balance before and after', () => {
    const { writes } = fold(deposited, placed, filled({}));
    expect(row(writes, 'balance_logs', 'alice#1')).toMatchObject({
      type: 'deposit',
      amount: '5000',
      before: '0',
      after: '5000',
    });
    expect(row(writes, 'balance_logs', 'alice#2')).toMatchObject({
      type: 'fee',
      amount: '-3',
      before: '5000',
      after: '4997',
      ref_id: '64',
    });
  });

  it('splits the balance into what is available, frozen and used', () => {
    const { writes } = fold(deposited, placed, filled({}));
    // wallet 4,997; the rest of the order binds 240; cross margin at entry = ceil(1,000 / 3) = 334.
    expect(row(writes, 'wallets', 'alice')).toMatchObject({
      total_balance: '4997',
      available_balance: '4423',
      frozen_margin: '240',
      cross_margin_used: '334',
    });
  });

  it('follows an order from its placing to its end', () => {
    const status = (...events: AccountEvent[]): unknown => row(fold(...events).writes, 'orders', '64').status;
    const pending = { ...placed, order: { ...placed.order, legs: [leg(0n, 'pending')] } };
    expect(status(pending)).toBe('PENDING');
    expect(status(placed)).toBe('OPEN');
    const routed = {
      ...placed,
      order: { ...placed.order, legs: [{ ...leg(0n, 'open'), route: 'HYPERLIQUID' as const }] },
    };
    expect(status(routed)).toBe('ROUTED');
    expect(status(placed, filled({}))).toBe('PARTIALLY_FILLED');
    expect(status(placed, { type: 'OrderEnded', orderId: 64, status: 'canceled' })).toBe('CANCELLED');
    expect(status(placed, { type: 'OrderEnded', orderId: 64, status: 'neverArrived' })).toBe('REJECTED');
    expect(status(placed, filled({}), { type: 'OrderEnded', orderId: 64, status: 'filled' })).toBe('FILLED');
  });

  it('counts a fill that comes after the end, without opening the order again', () => {
    const ended: AccountEvent = { type: 'OrderEnded', orderId: 64, status: 'canceled' };
    const { account, writes } = fold(deposited, placed, ended, filled({}));
    expect(row(writes, 'orders', '64')).toMatchObject({
      status: 'CANCELLED',
      end_status: 'canceled',
      filled_size: '40',
      order_margin: '0',
    });
    expect(account.orderMargins).toEqual({});
  });

  it('closes the position that a flip leaves and opens the one it enters', () => {
    const flip = filled({ tradeId: 192, positionId: 'p192', position: position('p192', -10n), side: 'sell' });
    const { writes } = fold(deposited, placed, filled({}), flip);
    expect(row(writes, 'positions', 'p128')).toMatchObject({ status: 'CLOSED', size: '0', close_price: '10' });
    expect(row(writes, 'positions', 'p192')).toMatchObject({ status: 'OPEN', direction: 'short', size: '10' });
  });

  it('says where a fill came from', () => {
    const internal = row(fold(placed, filled({})).writes, 'fills', '128');
    expect(internal).toMatchObject({ source: 'INTERNAL', hl_fill_price: null, order_id: '64' });
    const venue = filled({ route: 'HYPERLIQUID', venue: { tid: 9, venueOrderId: 7, hash: '0x', time: AT } });
    expect(row(fold(placed, venue).writes, 'fills', '128')).toMatchObject({
      source: 'HYPERLIQUID',
      hl_fill_price: '10',
      venue_tid: '9',
      venue_bucket: 1,
    });
    expect('venue_bucket' in internal).toBe(false);
  });

  it('keeps the start of a fill, its hash and the client id of its order', () => {
    const withCloid = { ...placed, order: { ...placed.order, cloid: '0xc1' } };
    const venue = { tid: 9, venueOrderId: 7, hash: '0xabc', time: AT - 5 };
    const { writes } = fold(withCloid, filled({ route: 'HYPERLIQUID', venue, startSize: size(-7n) }));
    expect(row(writes, 'fills', '128')).toMatchObject({
      cloid: '0xc1',
      hash: '0xabc',
      start_size: '-7',
      filled_at: AT - 5,
      decided_at: AT,
    });
    expect(row(fold(placed, filled({})).writes, 'fills', '128')).toMatchObject({ cloid: null, filled_at: AT });
  });

  it('stops on an event it does not know', () => {
    const unknown = { type: 'Liquidated' } as unknown as AccountEvent;
    expect(() => fold(unknown)).toThrow('unhandled case');
  });

  it('gives the same rows however the entries are cut', () => {
    const events = [deposited, placed, filled({}), filled({ tradeId: 192 })];
    const whole = fold(...events);
    let account = emptyProjection('alice');
    const writes = events.flatMap((event) => {
      const step = project(account, { at: AT, events: [event] });
      account = step.account;
      return step.writes;
    });
    expect(account).toEqual(whole.account);
    expect(row(writes, 'wallets', 'alice')).toEqual(row(whole.writes, 'wallets', 'alice'));
    expect(writes.filter(({ table }) => table !== 'wallets')).toEqual(
      whole.writes.filter(({ table }) => table !== 'wallets'),
    );
  });
});
