import { describe, expect, it } from '@jest/globals';
import type { OrderStatusAnswer } from '@perps/contracts/hyperliquid';
import * as fc from 'fast-check';
import { absolute, positionSize } from './accounts.ts';
import { answerInfo } from './info/index.ts';
import { accountOf } from './venue.ts';
import { ANN, ANN_ADDRESS, ETH, limit, oidOf, standingVenue, trigger } from './testing/standing-venue.ts';

const updatesOf = (venue: ReturnType<typeof standingVenue>, oid: number): string[] =>
  venue
    .told(ANN_ADDRESS, 'orderUpdates')
    .filter(({ order }) => order.oid === oid)
    .map(({ status, order }) => `${status} ${order.sz}`);

/** Ann holds 1 ETH bought at 3,500.1, the market is held at 3,500. */
function longVenue() {
  const venue = standingVenue();
  venue.holdAt('3500');
  venue.place(ANN, [limit({ isBuy: true, price: '3600', size: '1', tif: 'Ioc' })]);
  return venue;
}

describe('a trigger on its own', () => {
  it('rests as a trigger, shows what it waits for, and closes at the market when the mark is there', () => {
    const venue = longVenue();
    const [item] = venue.place(ANN, [trigger({ isBuy: false, at: '3400', size: '1', tpsl: 'sl', price: '3128' })]);
    const oid = oidOf(item);
    expect(item).toEqual({ resting: { oid } });
    expect(venue.frontendOrders(ANN_ADDRESS)).toMatchObject([
      {
        oid,
        isTrigger: true,
        triggerPx: '3400.0',
        triggerCondition: 'Price below 3400.0',
        orderType: 'Stop Market',
        limitPx: '3128.0',
        tif: null,
        isPositionTpsl: false,
        reduceOnly: true,
        sz: '1.0',
        children: [],
      },
    ]);
    expect(answerInfo(venue.venue, { type: 'openOrders', user: ANN_ADDRESS })).toMatchObject([
      { oid, limitPx: '3128.0', reduceOnly: true },
    ]);
    venue.holdAt('3400.1');
    expect(venue.statusOf(oid)).toBe('open');
    venue.holdAt('3400');
    expect(updatesOf(venue, oid)).toEqual(['open 1.0', 'triggered 1.0', 'filled 0.0']);
    expect(venue.fills(ANN_ADDRESS)[0]).toMatchObject({
      oid,
      px: '3399.9',
      sz: '1.0',
      dir: 'Close Long',
      crossed: true,
    });
    expect(venue.state(ANN_ADDRESS).assetPositions).toEqual([]);
  });

  it('is history with its trigger, once the lag is over', async () => {
    const venue = longVenue();
    const [item] = venue.place(ANN, [trigger({ isBuy: false, at: '3600', size: '1', tpsl: 'tp' })]);
    venue.holdAt('3600');
    await venue.pass(400);
    const answer = answerInfo(venue.venue, { type: 'orderStatus', user: ANN_ADDRESS, oid: oidOf(item) });
    expect(answer as OrderStatusAnswer).toMatchObject({
      order: {
        status: 'filled',
        order: { isTrigger: true, triggerCondition: 'Triggered', orderType: 'Take Profit Market', sz: '0.0' },
      },
    });
  });

  it('becomes a resting limit order where it is not at the market', () => {
    const venue = longVenue();
    const [item] = venue.place(ANN, [
      trigger({ isBuy: false, at: '3600', price: '3650', size: '1', tpsl: 'tp', isMarket: false }),
    ]);
    venue.holdAt('3600');
    expect(updatesOf(venue, oidOf(item))).toEqual(['open 1.0', 'triggered 1.0', 'open 1.0']);
    expect(venue.frontendOrders(ANN_ADDRESS)).toMatchObject([
      { orderType: 'Take Profit Limit', triggerCondition: 'Triggered', tif: 'Gtc', limitPx: '3650.0' },
    ]);
    venue.holdAt('3651');
    expect(venue.fills(ANN_ADDRESS)[0]).toMatchObject({ px: '3650.0', crossed: false });
  });

  it.each([
    ['a stop above the mark of a long', trigger({ isBuy: false, at: '3600', size: '1', tpsl: 'sl' })],
    ['a take-profit below it', trigger({ isBuy: false, at: '3400', size: '1', tpsl: 'tp' })],
    ['a trigger at the mark itself', trigger({ isBuy: false, at: '3500', size: '1', tpsl: 'sl' })],
  ])('refuses %s', (_, order) => {
    const venue = longVenue();
    expect(venue.place(ANN, [order])).toEqual([{ error: `Invalid TP/SL price. asset=${ETH}` }]);
    expect(venue.told(ANN_ADDRESS, 'orderUpdates').at(-1)).toMatchObject({ status: 'badTriggerPxRejected' });
  });

  it('refuses a reduce-only trigger without a position, and a trigger price off the tick', () => {
    const venue = standingVenue();
    venue.holdAt('3500');
    expect(venue.place(ANN, [trigger({ isBuy: false, at: '3400', size: '1', tpsl: 'sl' })])).toEqual([
      { error: `Reduce only order would increase position. asset=${ETH}` },
    ]);
    const off = trigger({ isBuy: true, at: '3600.05', price: '3700', size: '1', tpsl: 'sl', isReduceOnly: false });
    expect(venue.place(ANN, [off])).toEqual([{ error: `Price must be divisible by tick size. asset=${ETH}` }]);
    const child = trigger({ isBuy: false, at: '3300', price: '3000.05', size: '1', tpsl: 'sl', isMarket: false });
    const [, answer] = venue.place(ANN, [limit({ isBuy: true, price: '3450', size: '1' }), child], 'normalTpsl');
    expect(answer).toEqual({ error: `Price must be divisible by tick size. asset=${ETH}` });
  });

  it('asks for margin only when it fires', () => {
    const venue = standingVenue({ balance: '1000' });
    venue.holdAt('3500');
    const before = venue.state(ANN_ADDRESS).withdrawable;
    const entry = trigger({ isBuy: true, at: '3600', size: '50', tpsl: 'sl', isReduceOnly: false });
    const oid = oidOf(venue.place(ANN, [entry])[0]);
    expect(venue.state(ANN_ADDRESS).withdrawable).toBe(before);
    venue.holdAt('3600');
    expect(venue.statusOf(oid)).toBe('perpMarginRejected');
    expect(updatesOf(venue, oid)).toEqual(['open 50.0', 'triggered 50.0', 'perpMarginRejected 50.0']);
  });

  it('ends when its position does, and by cancel, modify and the dead man’s switch', async () => {
    const venue = longVenue();
    const stop = (at: string) => trigger({ isBuy: false, at, size: '1', tpsl: 'sl' });
    const first = oidOf(venue.place(ANN, [stop('3400')])[0]);
    const [moved] = venue.statuses(ANN, { type: 'batchModify', modifies: [{ oid: first, order: stop('3300') }] });
    expect(venue.statusOf(first)).toBe('canceled');
    expect(venue.frontendOrders(ANN_ADDRESS)).toMatchObject([{ oid: oidOf(moved), triggerPx: '3300.0' }]);
    venue.act(ANN, { type: 'cancel', cancels: [{ a: ETH, o: oidOf(moved) }] });
    expect(venue.frontendOrders(ANN_ADDRESS)).toEqual([]);
    const last = oidOf(venue.place(ANN, [stop('3200')])[0]);
    venue.place(ANN, [limit({ isBuy: false, price: '3400', size: '1', tif: 'Ioc', isReduceOnly: true })]);
    expect(venue.statusOf(last)).toBe('reduceOnlyCanceled');
    expect(venue.told(ANN_ADDRESS, 'venueCancels')).toContainEqual({ coin: 'ETH', oid: last });
  });
});

describe('a parent with take-profit and stop', () => {
  const bracket = (price: string, size = '1') => [
    limit({ isBuy: true, price, size }),
    trigger({ isBuy: false, at: '3800', size, tpsl: 'tp' }),
    trigger({ isBuy: false, at: '3300', size, tpsl: 'sl' }),
  ];

  it('shows children nested and beside it, and wakes them when it is filled', () => {
    const venue = standingVenue();
    venue.holdAt('3500');
    const [parent, ...words] = venue.place(ANN, bracket('3450'), 'normalTpsl');
    expect(words).toEqual(['waitingForFill', 'waitingForFill']);
    const shown = venue.frontendOrders(ANN_ADDRESS);
    expect(shown.map(({ orderType }) => orderType)).toEqual(['Stop Market', 'Take Profit Market', 'Limit']);
    expect(shown[2]?.children.map(({ triggerPx }) => triggerPx)).toEqual(['3800.0', '3300.0']);
    venue.holdAt('3449');
    expect(venue.statusOf(oidOf(parent))).toBe('filled');
    const children = venue.frontendOrders(ANN_ADDRESS);
    expect(children).toHaveLength(2);
    venue.holdAt('3800');
    expect(venue.statusOf(children[1]!.oid)).toBe('filled');
    expect(venue.statusOf(children[0]!.oid)).toBe('siblingFilledCanceled');
    expect(venue.state(ANN_ADDRESS).assetPositions).toEqual([]);
  });

  it('does not fire children before the parent is filled', () => {
    const venue = standingVenue();
    venue.holdAt('3500');
    venue.place(ANN, bracket('3450'), 'normalTpsl');
    venue.holdAt('3800');
    expect(venue.frontendOrders(ANN_ADDRESS)).toHaveLength(3);
  });

  it('wakes children at once where the parent takes, and measures them by the mark', () => {
    const venue = standingVenue();
    venue.holdAt('3500');
    const orders = bracket('3900');
    orders[0] = limit({ isBuy: true, price: '3900', size: '1', tif: 'Ioc' });
    const answer = venue.place(ANN, orders, 'normalTpsl');
    expect(answer).toMatchObject([{ filled: { totalSz: '1.0' } }, 'waitingForTrigger', 'waitingForTrigger']);
    venue.holdAt('3300');
    expect(venue.fills(ANN_ADDRESS)[0]).toMatchObject({ px: '3299.9', dir: 'Close Long' });
    expect(venue.frontendOrders(ANN_ADDRESS)).toEqual([]);
  });

  it('takes children with it when it is cancelled, and keeps them when it is modified', () => {
    const venue = standingVenue();
    venue.holdAt('3500');
    const [parent] = venue.place(ANN, bracket('3450'), 'normalTpsl');
    const [moved] = venue.statuses(ANN, {
      type: 'batchModify',
      modifies: [{ oid: oidOf(parent), order: limit({ isBuy: true, price: '3440', size: '1' }) }],
    });
    expect(venue.frontendOrders(ANN_ADDRESS).find(({ oid }) => oid === oidOf(moved))?.children).toHaveLength(2);
    venue.act(ANN, { type: 'cancel', cancels: [{ a: ETH, o: oidOf(moved) }] });
    expect(venue.frontendOrders(ANN_ADDRESS)).toEqual([]);
  });

  it('gives children the parent’s refusal, and refuses groups that are none', () => {
    const venue = standingVenue();
    venue.holdAt('3500');
    const refused = venue.place(ANN, bracket('3450', '100'), 'normalTpsl');
    expect(refused).toEqual(Array(3).fill({ error: `Insufficient margin to place order. asset=${ETH}` }));
    expect(venue.frontendOrders(ANN_ADDRESS)).toEqual([]);
    const [, tp, sl] = bracket('3450');
    for (const [orders, grouping] of [
      [[tp!, sl!], 'normalTpsl'],
      [[limit({ isBuy: true, price: '3450', size: '1' })], 'normalTpsl'],
      [[limit({ isBuy: true, price: '3450', size: '1' }), tp!], 'positionTpsl'],
    ] as const) {
      expect(venue.act(ANN, { type: 'order', orders: [...orders], grouping })).toEqual({
        status: 'err',
        response: 'Unexpected number of trigger orders',
      });
    }
  });
});

describe('triggers on a position', () => {
  const guards = (size: string) => [
    trigger({ isBuy: false, at: '3800', size, tpsl: 'tp' }),
    trigger({ isBuy: false, at: '3300', size, tpsl: 'sl' }),
  ];

  it('close the whole position whatever it has become, and end each other', () => {
    const venue = longVenue();
    expect(venue.place(ANN, guards('0'), 'positionTpsl')).toEqual(['waitingForTrigger', 'waitingForTrigger']);
    expect(venue.frontendOrders(ANN_ADDRESS)).toMatchObject([
      { isPositionTpsl: true, sz: '0.0', reduceOnly: true },
      { isPositionTpsl: true, sz: '0.0' },
    ]);
    venue.place(ANN, [limit({ isBuy: true, price: '3600', size: '0.5', tif: 'Ioc' })]);
    venue.holdAt('3300');
    expect(venue.fills(ANN_ADDRESS)[0]).toMatchObject({ sz: '1.5', dir: 'Close Long' });
    const statuses = venue.told(ANN_ADDRESS, 'orderUpdates').map(({ status }) => status);
    expect(statuses.slice(-3)).toEqual(['triggered', 'filled', 'siblingFilledCanceled']);
  });

  it('follow the size in proportion where one was given', () => {
    const venue = longVenue();
    venue.place(ANN, guards('0.5'), 'positionTpsl');
    const sizes = () => venue.frontendOrders(ANN_ADDRESS).map(({ sz }) => sz);
    venue.place(ANN, [limit({ isBuy: true, price: '3600', size: '1', tif: 'Ioc' })]);
    expect(sizes()).toEqual(['1.0', '1.0']);
    venue.place(ANN, [limit({ isBuy: false, price: '3400', size: '1.6', tif: 'Ioc' })]);
    expect(sizes()).toEqual(['0.2', '0.2']);
  });

  it('are refused without a position', () => {
    const venue = standingVenue();
    venue.holdAt('3500');
    expect(venue.place(ANN, guards('0'), 'positionTpsl')).toEqual(
      Array(2).fill({ error: `Reduce only order would increase position. asset=${ETH}` }),
    );
  });
});

describe('whatever is triggered', () => {
  const share = fc.integer({ min: 1, max: 20 }).map((tenths) => String(tenths / 10));
  const step = fc.oneof(
    fc.record({ kind: fc.constant('trade' as const), isBuy: fc.boolean(), size: share }),
    fc.record({
      kind: fc.constant('trigger' as const),
      isBuy: fc.boolean(),
      size: share,
      at: fc.integer({ min: 3_300, max: 3_700 }).map(String),
      tpsl: fc.constantFrom('tp' as const, 'sl' as const),
      isMarket: fc.boolean(),
      grouping: fc.constantFrom('na' as const, 'positionTpsl' as const),
    }),
    fc.record({ kind: fc.constant('hold' as const), price: fc.integer({ min: 3_300, max: 3_700 }).map(String) }),
  );

  it('a reduce-only order never grows or flips a position, and none waits on the wrong side of it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const venue = standingVenue({ balance: '100000' });
        venue.holdAt('3500');
        for (const action of steps) {
          if (action.kind === 'hold') venue.holdAt(action.price);
          else if (action.kind === 'trade') {
            const price = action.isBuy ? '4500' : '2500';
            venue.place(ANN, [limit({ isBuy: action.isBuy, price, size: action.size, tif: 'Ioc' })]);
          } else venue.place(ANN, [trigger(action)], action.grouping);
          const position = positionSize(accountOf(venue.venue, ANN_ADDRESS), venue.venue.markets[ETH]!.asset);
          for (const order of venue.venue.orders.open(ANN_ADDRESS)) {
            expect(position !== 0n && order.side === (position > 0n ? 'A' : 'B')).toBe(true);
            if (order.trigger?.position !== undefined) expect(order.size <= absolute(position)).toBe(true);
          }
        }
        for (const fill of venue.fills(ANN_ADDRESS)) {
          const isReducing = venue.venue.orders.get(fill.oid)?.isReduceOnly === true;
          if (isReducing) expect(fill.dir).toMatch(/^Close/);
        }
      }),
      { numRuns: 60 },
    );
  });
});
