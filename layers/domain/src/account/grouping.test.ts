import { describe, expect, it } from '@jest/globals';
import type { AccountState, OrderRequest } from './index.ts';
import {
  context,
  funded,
  withSizes,
  marketsAt,
  NOW,
  order,
  placed,
  POLICY,
  trade,
  told,
  triggerOrder,
  venueFill,
} from '../testing/index.ts';

const takeProfit = triggerOrder({ side: 'sell', size: '0.05', limit: '105000', at: '110000', kind: 'takeProfit' });
const stopLoss = triggerOrder({ side: 'sell', size: '0.05', limit: '85000', at: '90000', kind: 'stop' });
const market = order({ side: 'buy', size: '0.05', limit: '105000' });
const limit = order({ side: 'buy', size: '0.05', limit: '99000', tif: 'GTC' });
const FUNDED = funded('10000');
const HELD = { policy: { ...POLICY, holds: ['reserve'] } };
const group = (orders: readonly OrderRequest[], over = {}) =>
  placed(FUNDED, orders, { grouping: 'normalTpsl', ...over });
const fire = (state: AccountState, orderId: number, mark: string) =>
  trade(state, { type: 'FireTrigger', orderId }, { markets: marketsAt({ BTC: mark }) });

describe('an entry with take-profit and stop', () => {
  it('that fills at once leaves both armed, each the other’s sibling', () => {
    const ran = group([market, takeProfit, stopLoss]);
    expect(told(ran)).toEqual(['filled', 'waitingForTrigger', 'waitingForTrigger']);
    expect(ran.after.triggers).toMatchObject({
      128: { isArmed: true, parentId: 64, siblings: [192], grouping: 'normalTpsl' },
      192: { isArmed: true, parentId: 64, siblings: [128] },
    });
  });

  it('that rests keeps them dormant until its fill', () => {
    const ran = group([limit, takeProfit, stopLoss]);
    expect(told(ran)).toEqual(['resting', 'waitingForFill', 'waitingForFill']);
    expect(fire(ran.after, 192, '80000').events).toEqual([]);
    const filled = trade(ran.after, { type: 'FillResting', orderId: 64 }, { markets: marketsAt({ BTC: '99000' }) });
    expect(filled.types).toEqual(['OrderFilled', 'OrderEnded', 'TriggerChanged', 'TriggerChanged']);
    expect(filled.after.triggers[192]).toMatchObject({ isArmed: true, size: 5_000n });
  });

  it('judges them against the price it opens at', () => {
    const between = triggerOrder({ side: 'sell', size: '0.05', limit: '99000', at: '99500', kind: 'takeProfit' });
    expect(told(group([limit, between]))).toEqual(['resting', 'waitingForFill']);
    expect(told(group([market, between]))).toEqual(['filled', 'InvalidTriggerPrice']);
  });

  it('cancelled without a fill takes them along', () => {
    const { after } = group([limit, takeProfit, stopLoss]);
    const ran = trade(after, { type: 'CancelOrders', targets: [{ symbol: 'BTC', orderId: 64 }] });
    expect(ran.types).toEqual(['OrderEnded', 'TriggerEnded', 'TriggerEnded']);
    expect(ran.after.triggers).toEqual({});
  });

  it('modified before it fills keeps them, also where it then fills at once', () => {
    const { after } = group([limit, takeProfit, stopLoss]);
    const modify = (request: OrderRequest) =>
      trade(after, { type: 'ModifyOrders', modifies: [{ target: { orderId: 64 }, order: request }] }).after.triggers;
    expect(modify({ ...limit, size: takeProfit.size })).toMatchObject({ 128: { parentId: 256, isArmed: false } });
    expect(modify(market)).toMatchObject({ 128: { isArmed: true }, 192: { isArmed: true } });
    expect(modify({ ...limit, size: 0n as OrderRequest['size'] })).toEqual({});
  });

  it.each([
    ['cancelled by its trader takes them along', limit, 'canceled', {}],
    [
      'that lost its rest for want of margin arms them for what is open',
      limit,
      'marginCanceled',
      { 128: { isArmed: true, size: 2_000n }, 192: { isArmed: true, size: 2_000n } },
    ],
  ] as const)('filled in part and %s', (_, entry, cause, triggers) => {
    const { after, events } = group([entry, takeProfit, stopLoss], HELD);
    const sent = events.find((event) => event.type === 'VenueOrderRequested');
    const venueCloid = sent?.type === 'VenueOrderRequested' ? sent.request.venueCloid : '';
    const fill = venueFill({ tid: 1, price: '99000', size: '0.02', fee: '1' }, 5);
    const part = trade(after, { type: 'BookVenueFill', venueCloid, fill }, HELD).after;
    expect(part.triggers[128]).toMatchObject({ isArmed: false });
    const asked = trade(part, { type: 'CancelOrders', targets: [{ symbol: 'BTC', orderId: 64 }] }, HELD).after;
    expect(asked.triggers[128]).toMatchObject({ isArmed: false });
    const fate = { kind: 'ended', venueOrderId: 77, executedSize: fill.size, status: 'canceled', cause } as const;
    const done = trade(asked, { type: 'ResolveVenueOrder', venueCloid, fate }, HELD).after;
    expect(done.triggers).toMatchObject(triggers);
    expect(Object.keys(done.triggers)).toEqual(Object.keys(triggers));
  });

  it('refused, refuses them with it; a wrong child leaves the rest standing', () => {
    expect(told(group([order({ side: 'buy', size: '0.00001', limit: '105000' }), takeProfit]))).toEqual([
      'MinimumValue',
      'MinimumValue',
    ]);
    expect(told(group([market, { ...takeProfit, side: 'buy' }, stopLoss]))).toEqual([
      'filled',
      'InvalidTriggerPrice',
      'waitingForTrigger',
    ]);
    expect(told(group([takeProfit, stopLoss]))).toEqual(['InvalidTriggerPrice', 'InvalidTriggerPrice']);
    const twice = [market, { ...takeProfit, cloid: '0x1' }, { ...stopLoss, cloid: '0x1' }];
    expect(told(group(twice))).toEqual(['filled', 'waitingForTrigger', 'DuplicateCloid']);
  });
});

describe('siblings', () => {
  const { after: both } = group([market, takeProfit, stopLoss]);

  it('end once the other has filled', () => {
    const { events, after } = fire(both, 192, '89000');
    expect(events.at(-1)).toMatchObject({ type: 'TriggerEnded', status: 'siblingFilledCanceled' });
    expect([after.triggers, after.orders, after.positions]).toEqual([{}, [], {}]);
  });

  it('stay while the other rests, and stop it when they fire', () => {
    const asLimit = { ...stopLoss, limitPrice: limit.limitPrice, trigger: { ...stopLoss.trigger!, isMarket: false } };
    const rested = fire(group([market, takeProfit, asLimit]).after, 192, '89000').after;
    expect(Object.keys(rested.triggers)).toEqual(['128']);
    const { types, after } = fire(rested, 128, '111000');
    expect(types).toEqual(['TriggerFired', 'OrderEnded', 'OrderPlaced', 'OrderFilled', 'OrderEnded']);
    expect([after.triggers, after.orders, after.positions]).toEqual([{}, [], {}]);
  });

  it('keep what the other has left where it filled in part', () => {
    const held = { ...both, positions: withSizes(funded('0'), ['BTC:HYPERLIQUID', 5_000n]).positions };
    const fired = fire(held, 192, '89000');
    const sent = fired.events.find((event) => event.type === 'VenueOrderRequested');
    const venueCloid = sent?.type === 'VenueOrderRequested' ? sent.request.venueCloid : '';
    expect(fired.after.triggers[128]).toBeDefined();
    const fill = venueFill({ tid: 1, price: '89000', size: '0.02', fee: '1' }, 5);
    const part = trade(fired.after, { type: 'BookVenueFill', venueCloid, fill }).after;
    const fate = { kind: 'ended', venueOrderId: 77, executedSize: fill.size, status: 'canceled' } as const;
    const { after } = trade(part, { type: 'ResolveVenueOrder', venueCloid, fate });
    expect(after.triggers).toMatchObject({ 128: { size: 3_000n } });
  });

  it('modified, stay in their group', () => {
    const moved = {
      ...stopLoss,
      trigger: { ...stopLoss.trigger!, price: market.limitPrice - 100_000n },
    } as OrderRequest;
    const { after } = trade(both, { type: 'ModifyOrders', modifies: [{ target: { orderId: 192 }, order: moved }] });
    expect(after.triggers).toMatchObject({
      128: { siblings: [256] },
      256: { siblings: [128], parentId: 64, isArmed: true },
    });
  });
});

describe('the take-profit and stop of a position', () => {
  const LONG = withSizes(FUNDED, ['BTC:INTERNAL', 5_000n], ['BTC:HYPERLIQUID', 2_000n]);
  const whole = (request: OrderRequest) => ({ ...request, size: 0n as OrderRequest['size'], reduceOnly: false });
  const guarded = placed(LONG, [whole(takeProfit), whole(stopLoss)], { grouping: 'positionTpsl' });

  it('waits for the mark and needs a position', () => {
    expect(told(guarded)).toEqual(['waitingForTrigger', 'waitingForTrigger']);
    expect(guarded.after.triggers[64]).toMatchObject({ size: 0n, reduceOnly: true, grouping: 'positionTpsl' });
    expect(told(placed(FUNDED, [whole(takeProfit)], { grouping: 'positionTpsl' }))).toEqual([
      'ReduceOnlyWouldIncrease',
    ]);
  });

  it('closes all of it at that moment, over both routes', () => {
    const { events, after } = fire(guarded.after, 128, '89000');
    expect(events[1]).toMatchObject({ order: { size: 7_000n, legs: [{ size: 5_000n }, { size: 2_000n }] } });
    expect(after.positions['BTC:INTERNAL']).toBeUndefined();
  });

  it('ends when the position is gone or flips', () => {
    for (const size of ['0.07', '0.09']) {
      const one = withSizes(FUNDED, ['BTC:INTERNAL', 7_000n]);
      const held = placed(one, [whole(stopLoss)], { grouping: 'positionTpsl' }).after;
      const { events } = placed(held, [order({ side: 'sell', size, limit: '95000' })]);
      expect(events.at(-1)).toMatchObject({ type: 'TriggerEnded', status: 'reduceOnlyCanceled' });
    }
  });

  it('never leaves a command with more than it closes: the time of firing decides which order is the older', () => {
    const resting = order({ side: 'sell', size: '0.05', limit: '120000', tif: 'GTC', reduceOnly: true });
    const held = withSizes(FUNDED, ['BTC:INTERNAL', 5_000n]);
    const asLimit = { ...stopLoss, limitPrice: limit.limitPrice, trigger: { ...stopLoss.trigger!, isMarket: false } };
    const { after } = placed(placed(held, [asLimit]).after, [resting]);
    const at = NOW + 10;
    const fired = trade(after, { type: 'FireTrigger', orderId: 64 }, { at, markets: marketsAt({ BTC: '89000' }) });
    expect(fired.after.orders.map(({ orderId }) => orderId)).toEqual([64]);
    expect(context().policy.holds).toEqual([]);
  });
});
