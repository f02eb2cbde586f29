import { describe, expect, it } from '@jest/globals';
import { funded, NOW, order, placed, POLICY, told, trade, triggerOrder, withSizes } from '../testing/index.ts';

const LONG = withSizes(funded('10000'), ['BTC:INTERNAL', 5_000n], ['ETH:INTERNAL', 5_000n]);
const REST = order({ side: 'buy', size: '0.01', limit: '99000', tif: 'GTC' });
const STOP = triggerOrder({ side: 'sell', size: '0.05', limit: '85000', at: '90000', kind: 'stop' });
const ETH_STOP = triggerOrder({ symbol: 'ETH', side: 'sell', size: '0.5', limit: '3400', at: '3500', kind: 'stop' });
const BOOK = placed(LONG, [REST, STOP, ETH_STOP]).after;
const armed = trade(BOOK, { type: 'ScheduleCancel', cancelAllAt: NOW + 5_000 }).after;
const due = (state = armed, at = NOW + 5_000) => trade(state, { type: 'CancelAll', cause: 'scheduled' }, { at });

describe('cancel all', () => {
  it('ends orders and triggers, of one symbol where one is named', () => {
    expect(trade(BOOK, { type: 'CancelAll', cause: 'user', symbol: 'ETH' }).events).toMatchObject([
      { type: 'TriggerEnded', status: 'canceled', trigger: { symbol: 'ETH' } },
    ]);
    const { after } = trade(BOOK, { type: 'CancelAll', cause: 'user' });
    expect([after.orders, after.triggers]).toEqual([[], {}]);
  });
});

describe('the dead-man’s switch', () => {
  it('is set at least five seconds ahead, moved, disarmed', () => {
    expect(armed.cancelAllAt).toBe(NOW + 5_000);
    expect(told(trade(BOOK, { type: 'ScheduleCancel', cancelAllAt: NOW + 4_999 }))).toEqual(['ScheduleTooSoon']);
    expect(trade(armed, { type: 'ScheduleCancel', cancelAllAt: NOW + 9_000 }).after.cancelAllAt).toBe(NOW + 9_000);
    expect('cancelAllAt' in trade(armed, { type: 'ScheduleCancel', cancelAllAt: undefined }).after).toBe(false);
    expect(trade(BOOK, { type: 'ScheduleCancel', cancelAllAt: undefined }).events).toEqual([]);
  });

  it('acts only when it is due, once, on protection too', () => {
    expect(due(armed, NOW + 4_999).events).toEqual([]);
    expect(due(BOOK).events).toEqual([]);
    const { events, after } = due();
    expect(events[0]).toMatchObject({ type: 'CancelAllFired', count: 1 });
    expect(events.slice(1).map((event) => 'status' in event && event.status)).toEqual(Array(3).fill('scheduledCancel'));
    expect([after.orders, after.triggers, after.cancelAllAt]).toEqual([[], {}, undefined]);
    expect(due(after).events).toEqual([]);
  });

  it('asks the venue, and names the switch as the cause of the end', () => {
    const over = { policy: { ...POLICY, holds: ['reserve'] } };
    const sent = placed(LONG, [REST], over);
    const request = sent.events.find((event) => event.type === 'VenueOrderRequested');
    const venueCloid = request?.type === 'VenueOrderRequested' ? request.request.venueCloid : '';
    const asked = due({ ...sent.after, cancelAllAt: NOW });
    expect(asked.types).toEqual(['CancelAllFired', 'OrderChanged', 'VenueCancelRequested']);
    const fate = { kind: 'ended', venueOrderId: 1, executedSize: REST.size, status: 'canceled' } as const;
    const none = { ...fate, executedSize: 0n as typeof REST.size };
    expect(trade(asked.after, { type: 'ResolveVenueOrder', venueCloid, fate: none }).events.at(-1)).toMatchObject({
      type: 'OrderEnded',
      status: 'scheduledCancel',
    });
  });

  it('stays due while there is more than one turn may end, and counts once', () => {
    const [one] = Object.values(BOOK.triggers);
    const ids = Array.from({ length: 600 }, (_, index) => 1_000 + index);
    const triggers = Object.fromEntries(ids.map((orderId) => [orderId, { ...one!, orderId }]));
    let state = { ...armed, triggers };
    const turns = [0, 1, 2].map(() => {
      const { events, after } = due(state);
      state = { ...state, ...after };
      return [events.length, after.cancelAllAt !== undefined, after.cancelAllFirings.count];
    });
    expect(turns).toEqual([
      [250, true, 0],
      [250, true, 0],
      [102, false, 1],
    ]);
    expect([state.orders, state.triggers]).toEqual([[], {}]);
  });

  it('fires ten times a day at most', () => {
    const day = Math.floor(NOW / 86_400_000);
    const tired = { ...BOOK, cancelAllFirings: { day, count: 10 } };
    expect(told(trade(tired, { type: 'ScheduleCancel', cancelAllAt: NOW + 9_000 }))).toEqual([
      'TooManyScheduledCancels',
    ]);
    const tomorrow = NOW + 86_400_000;
    const next = trade(tired, { type: 'ScheduleCancel', cancelAllAt: tomorrow + 9_000 }, { at: tomorrow }).after;
    expect(due(next, tomorrow + 9_000).events[0]).toMatchObject({ day: day + 1, count: 1 });
  });
});

describe('an order’s lifetime', () => {
  it('ends it when it is over; an IOC has none', () => {
    const { after } = placed(LONG, [{ ...REST, expiresAt: NOW + 1_000 }]);
    expect(trade(after, { type: 'ExpireOrder', orderId: 64 }, { at: NOW + 999 }).events).toEqual([]);
    expect(trade(after, { type: 'ExpireOrder', orderId: 64 }, { at: NOW + 1_000 }).events).toMatchObject([
      { type: 'OrderEnded', status: 'expired' },
    ]);
    const taken = placed(LONG, [{ ...order({ side: 'buy', size: '0.01', limit: '105000' }), expiresAt: NOW + 1_000 }]);
    expect(taken.events[0]).not.toHaveProperty('order.expiresAt');
  });
});
