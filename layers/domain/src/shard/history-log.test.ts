import { describe, expect, it } from '@jest/globals';
import type { Order, TriggerOrder } from '../account/index.ts';
import { price, size, usd } from '../money/index.ts';
import { type EndedRecord, type FillRecord, HISTORY_MAX, NO_TRANSACTION, triggerRecord } from './history.ts';
import {
  createHistory,
  endedOrder,
  endedOrders,
  recordedFills,
  rememberFill,
  rememberOrder,
  restoreHistory,
  serializeHistory,
} from './history-log.ts';

const AT = 1_790_000_000_000;

const order = (orderId: number, over: Partial<Order> = {}): Order => ({
  orderId,
  symbol: 'BTC',
  side: 'buy',
  size: size(100n),
  limitPrice: price(1_010_000n),
  timeInForce: 'IOC',
  reduceOnly: false,
  legs: [
    {
      route: 'INTERNAL',
      size: size(100n),
      filledSize: size(100n),
      decision: {
        route: 'INTERNAL',
        reason: 'within_threshold',
        mode: 'NORMAL_MODE',
        thresholdUsed: usd(10_000_000_000n),
        policyVersion: 1,
      },
      status: 'done',
      openingSize: size(100n),
    },
  ],
  filledSize: size(100n),
  filledNotional: usd(100_000_000n),
  orderMargin: usd(0n),
  placedAt: AT,
  ...over,
});

const record = (orderId: number, over: Partial<EndedRecord> = {}): EndedRecord => ({
  accountId: 'u1',
  order: order(orderId),
  status: 'filled',
  statusAt: AT + 1,
  ...over,
});

const everyField = order(128, {
  cloid: `0x${'1f'.repeat(16)}`,
  side: 'sell',
  reduceOnly: true,
  timeInForce: 'GTC',
  expiresAt: AT + 5,
  trigger: { price: price(990_000n), kind: 'takeProfit', isMarket: true },
  liquidationId: 'l1',
  legs: [
    ...order(128).legs,
    {
      route: 'HYPERLIQUID',
      size: size(50n),
      filledSize: size(0n),
      decision: {
        route: 'HYPERLIQUID',
        reason: 'split_window',
        mode: 'BETTING_MODE',
        thresholdUsed: usd(-1n),
        policyVersion: 0,
      },
      venueCloid: `0x00${'ab'.repeat(15)}`,
      venueOrderId: 77,
      status: 'open',
      isCancelRequested: true,
      cancelCause: 'expired',
      ending: { executedSize: size(3n), status: 'canceled', cause: 'for reasons' },
    },
  ],
});

const trigger: TriggerOrder = {
  orderId: 192,
  cloid: 'mine',
  symbol: 'ETH',
  side: 'sell',
  size: size(0n),
  limitPrice: price(1n),
  reduceOnly: true,
  trigger: { price: price(2n), kind: 'stop', isMarket: false },
  grouping: 'positionTpsl',
  parentId: 64,
  siblings: [128, 256],
  isArmed: true,
  placedAt: AT,
};

const fill = (tradeId: number, over: Partial<FillRecord> = {}): FillRecord => ({
  accountId: 'u1',
  tradeId,
  orderId: 64,
  symbol: 'BTC',
  side: 'buy',
  price: price(1_000_000n),
  size: size(100n),
  startSize: size(-100n),
  closedPnl: usd(-5n),
  fee: usd(65_000n),
  builderFee: usd(20_000n),
  liquidity: 'taker',
  route: 'INTERNAL',
  time: AT,
  hash: NO_TRANSACTION,
  ...over,
});

describe('history of a shard', () => {
  it('tells orders and fills as they were, newest first, each account its own', () => {
    const history = createHistory();
    const orders: EndedRecord[] = [
      record(64),
      record(128, { order: everyField, status: 'liquidatedCanceled', cause: 'why' }),
      { ...triggerRecord('u1', trigger), status: 'siblingFilledCanceled', statusAt: AT + 9 },
    ];
    const fills = [
      fill(64),
      fill(128, { cloid: 'c', hash: `0x${'9'.repeat(64)}`, side: 'sell', liquidity: 'maker', route: 'HYPERLIQUID' }),
    ];
    rememberOrder(history, record(320, { accountId: 'u2' }), AT);
    for (const one of orders) rememberOrder(history, one, AT);
    for (const one of fills) rememberFill(history, one, AT);
    expect(endedOrders(history, 'u1')).toEqual(orders.toReversed());
    expect(recordedFills(history, 'u1')).toEqual(fills.toReversed());
    expect(endedOrders(history, 'u2')).toHaveLength(1);
    expect(endedOrder(history, 'u1', 128)).toEqual(orders[1]);
    expect(endedOrder(history, 'u1', 320)).toBeUndefined();
    expect(endedOrders(history, 'u3')).toEqual([]);
  });

  it('tells an order once, as it was told last', () => {
    const history = createHistory();
    rememberOrder(history, record(64, { status: 'canceled' }), AT);
    rememberOrder(history, record(128), AT);
    rememberOrder(history, record(64, { status: 'filled' }), AT);
    expect(endedOrders(history, 'u1').map(({ order, status }) => [order.orderId, status])).toEqual([
      [64, 'filled'],
      [128, 'filled'],
    ]);
    expect(endedOrder(history, 'u1', 64)?.status).toBe('filled');
  });

  it('tells 2,000 of an account at most', () => {
    const history = createHistory();
    for (let id = 1; id <= HISTORY_MAX + 5; id += 1) rememberFill(history, fill(id), AT);
    const fills = recordedFills(history, 'u1');
    expect([fills.length, fills[0]?.tradeId, fills.at(-1)?.tradeId]).toEqual([HISTORY_MAX, HISTORY_MAX + 5, 6]);
  });

  it('forgets the oldest of the whole shard, and is the same after it was stored', () => {
    const bytesMax = 3 * 1_048_576;
    const history = createHistory(bytesMax);
    const cause = 'x'.repeat(50_000);
    for (let id = 1; id * cause.length < bytesMax * 1.5; id += 1) {
      rememberOrder(history, record(id, { cause, accountId: id < 5 ? 'early' : 'late' }), AT);
    }
    const stored = serializeHistory(history);
    const again = createHistory(bytesMax);
    restoreHistory(again, structuredClone(stored));
    for (const one of [history, again]) {
      rememberOrder(one, record(10_000, { accountId: 'new' }), AT + 1);
      expect(endedOrders(one, 'early')).toEqual([]);
      expect(endedOrders(one, 'late').length * cause.length).toBeLessThanOrEqual(bytesMax);
      expect(endedOrders(one, 'late').length * cause.length).toBeGreaterThan(bytesMax * 0.6);
    }
    const [first, second] = [history, again].map(serializeHistory);
    expect(first?.newest).toEqual([
      ['late', expect.any(Number), 0],
      ['new', expect.any(Number), 0],
    ]);
    expect(second?.newest).toEqual(first?.newest);
    expect(Buffer.compare(lastOf(first), lastOf(second))).toBe(0);
  });
});

const lastOf = (stored: ReturnType<typeof serializeHistory> | undefined): Uint8Array =>
  stored?.log.segments.at(-1)?.bytes ?? new Uint8Array();
