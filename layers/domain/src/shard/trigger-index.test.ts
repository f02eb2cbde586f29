import { describe, expect, it } from '@jest/globals';
import type { AccountEvent, Order, TriggerOrder } from '../account/index.ts';
import { price, size, usd } from '../money/index.ts';
import { deepFreeze, NOW, OWNER, POLICY, render } from '../testing/index.ts';
import {
  apply,
  checks,
  deserialize,
  dueTimers,
  initialShard,
  orderRecord,
  orderRecords,
  reachedTriggers,
  serialize,
  type ShardState,
} from './index.ts';

const trigger = (words: {
  readonly orderId: number;
  readonly at: number;
  readonly side?: 'buy' | 'sell';
  readonly kind?: 'stop' | 'takeProfit';
  readonly isArmed?: boolean;
}): TriggerOrder => ({
  orderId: words.orderId,
  symbol: 'BTC',
  side: words.side ?? 'sell',
  size: size(10n),
  limitPrice: price(1n),
  reduceOnly: true,
  trigger: { price: price(BigInt(words.at)), kind: words.kind ?? 'stop', isMarket: true },
  grouping: 'na',
  siblings: [],
  isArmed: words.isArmed ?? true,
  placedAt: NOW,
});

const enter = (state: ShardState, accountId: string, ...events: readonly AccountEvent[]): void =>
  apply(state, deepFreeze({ commandId: `c${events.length}`, streamId: accountId, at: NOW, events }));

function shardWith(...triggers: readonly TriggerOrder[]): ShardState {
  const state = initialShard(0);
  for (const accountId of ['u1', 'u2']) enter(state, accountId, { type: 'AccountOpened', owner: OWNER });
  triggers.forEach((one, index) => enter(state, `u${1 + (index % 2)}`, { type: 'TriggerPlaced', trigger: one }));
  return state;
}

const reached = (state: ShardState, low: number, high = low, max = 1_000) =>
  reachedTriggers(state, 'BTC', { low: price(BigInt(low)), high: price(BigInt(high)), max }).map(
    ({ orderId }) => orderId,
  );

describe('triggers a mark reaches', () => {
  const state = shardWith(
    trigger({ orderId: 64, at: 90 }),
    trigger({ orderId: 128, at: 95 }),
    trigger({ orderId: 192, at: 95 }),
    trigger({ orderId: 256, at: 95, kind: 'takeProfit', side: 'buy' }),
    trigger({ orderId: 320, at: 110, kind: 'takeProfit' }),
    trigger({ orderId: 384, at: 105, side: 'buy' }),
    trigger({ orderId: 448, at: 99, isArmed: false }),
  );

  it('come by price in the way of the mark, then time', () => {
    expect(reached(state, 100)).toEqual([]);
    expect(reached(state, 95)).toEqual([128, 192, 256]);
    expect(reached(state, 80)).toEqual([128, 192, 256, 64]);
    expect(reached(state, 110)).toEqual([384, 320]);
    expect(reached(state, 90, 105)).toEqual([128, 192, 256, 64, 384]);
    expect(reached(state, 80, 120, 5)).toEqual([128, 192, 256, 64, 384]);
    expect(reachedTriggers(state, 'ETH', { low: price(1n), high: price(1n) })).toEqual([]);
  });

  it('are armed ones; arming, resizing, firing and ending move them', () => {
    const moved = deserialize(structuredClone(serialize(state)));
    enter(moved, 'u1', { type: 'TriggerChanged', trigger: trigger({ orderId: 448, at: 99 }) });
    expect(reached(moved, 95)).toEqual([448, 128, 192, 256]);
    enter(moved, 'u2', { type: 'TriggerFired', orderId: 128, markPrice: price(95n) });
    enter(moved, 'u1', { type: 'TriggerEnded', trigger: trigger({ orderId: 192, at: 95 }), status: 'canceled' });
    expect(reached(moved, 95)).toEqual([448, 256]);
    expect(checks(moved)).toEqual([]);
  });

  it('leave out what is held, which keeps nothing else from firing', () => {
    const held = deserialize(structuredClone(serialize(state)));
    enter(held, 'u2', { type: 'TradingStateSet', tradingState: 'HALTED', cause: 'operator' });
    expect(reached(held, 80, 80, 2)).toEqual([192, 64]);
    held.policy = { ...POLICY, symbols: { BTC: { isInternalised: true, pauses: ['trigger'] } } };
    expect(reached(held, 80)).toEqual([]);
    held.policy = POLICY;
    expect(reached(held, 80)).toEqual([192, 64]);
  });

  it('are the same from a snapshot, and counted', () => {
    const again = deserialize(structuredClone(serialize(state)));
    expect(reached(again, 80, 120)).toEqual(reached(state, 80, 120));
    expect(again.nextOrderId).toBe(512);
    expect(checks(again)).toEqual([]);
    again.triggers.clear();
    expect(checks(again)).toEqual(['0 triggers are indexed, 6 are armed']);
  });

  it('are records without legs until they fire, and history once they end', () => {
    const ended = deserialize(structuredClone(serialize(state)));
    expect(orderRecord(ended, { accountId: 'u1', orderId: 64 })).toMatchObject({
      status: 'untriggered',
      order: { legs: [], timeInForce: 'IOC', trigger: { kind: 'stop' } },
      untriggered: { orderId: 64 },
    });
    const gone = trigger({ orderId: 64, at: 90 });
    enter(ended, 'u1', { type: 'TriggerEnded', trigger: gone, status: 'marginCanceled', cause: 'InsufficientMargin' });
    expect(orderRecord(ended, { accountId: 'u1', orderId: 64 })).toMatchObject({
      status: 'marginCanceled',
      cause: 'InsufficientMargin',
      untriggered: { orderId: 64 },
    });
    expect(orderRecords(ended, 'u1').map(({ order }) => order.orderId)).toEqual([448, 320, 192, 64]);
  });

  it('a gap through very many fires in bounded turns, in order', () => {
    const count = 30_000;
    const many = initialShard(0);
    const take = (accountId: string, event: AccountEvent): void =>
      apply(many, { commandId: 'c', streamId: accountId, at: NOW, events: [event] });
    for (let index = 0; index < count; index += 1) {
      const one = trigger({ orderId: 64 * (index + 1), at: 1 + ((index * 7_919) % count) });
      take(`u${index % 3_000}`, { type: 'TriggerPlaced', trigger: one });
    }
    const fired: number[] = [];
    for (let turn = 0; turn < count / 500; turn += 1) {
      for (const { accountId, orderId } of reachedTriggers(many, 'BTC', {
        low: price(1n),
        high: price(1n),
        max: 500,
      })) {
        fired.push(Number(many.accounts.get(accountId)!.triggers[orderId]!.trigger.price));
        take(accountId, { type: 'TriggerFired', orderId, markPrice: price(1n) });
      }
    }
    expect(fired).toEqual(Array.from({ length: count }, (_, index) => count - index));
    expect(reached(many, 1)).toEqual([]);
  });
});

describe('timers', () => {
  const order = (orderId: number, expiresAt: number, over: Partial<Order['legs'][number]> = {}): Order => ({
    orderId,
    symbol: 'BTC',
    side: 'buy',
    size: size(10n),
    limitPrice: price(100n),
    timeInForce: 'GTC',
    reduceOnly: true,
    legs: [
      {
        route: 'INTERNAL',
        size: size(10n),
        filledSize: size(0n),
        decision: {
          route: 'INTERNAL',
          reason: 'within_threshold',
          mode: 'NORMAL_MODE',
          thresholdUsed: usd(0n),
          policyVersion: 1,
        },
        status: 'open',
        ...over,
      },
    ],
    filledSize: size(0n),
    filledNotional: usd(0n),
    orderMargin: usd(0n),
    placedAt: NOW,
    expiresAt,
  });
  const quote = {
    bid: undefined,
    ask: undefined,
    markPrice: price(1n),
    oraclePrice: price(1n),
    quoteAgeMs: 0,
    markAgeMs: 0,
  };
  const placed = (one: Order): AccountEvent => ({ type: 'OrderPlaced', order: one, routingLatencyMs: 0, quote });

  it('come due soonest first, move and go with what they belong to', () => {
    const state = shardWith();
    enter(state, 'u1', placed(order(64, NOW + 30)));
    enter(state, 'u2', placed(order(128, NOW + 10)), { type: 'CancelAllScheduled', cancelAllAt: NOW + 20 });
    expect(dueTimers(state, NOW)).toEqual([]);
    expect(dueTimers(state, NOW + 10)).toEqual([{ kind: 'expire', accountId: 'u2', orderId: 128 }]);
    expect(dueTimers(state, NOW + 30).map(({ kind }) => kind)).toEqual(['expire', 'cancelAll', 'expire']);
    const again = deserialize(structuredClone(serialize(state)));
    expect(render(again.timers.runs)).toBe(render(state.timers.runs));
    enter(state, 'u2', { type: 'CancelAllScheduled', cancelAllAt: NOW + 40 });
    expect(dueTimers(state, NOW + 30).map(({ kind }) => kind)).toEqual(['expire', 'expire']);
    enter(
      state,
      'u2',
      { type: 'CancelAllFired', day: 1, count: 1 },
      { type: 'OrderEnded', orderId: 128, status: 'expired' },
    );
    expect(dueTimers(state, NOW + 99)).toEqual([{ kind: 'expire', accountId: 'u1', orderId: 64 }]);
    // Asked to cancel, it waits for the venue and not for the time.
    const { legs } = order(64, 0, { isCancelRequested: true });
    enter(state, 'u1', { type: 'OrderChanged', orderId: 64, legs, orderMargin: usd(0n), cause: 'expired' });
    expect(dueTimers(state, NOW + 99)).toEqual([]);
    expect(checks(state)).toEqual([]);
  });
});
