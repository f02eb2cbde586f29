import { describe, expect, it } from '@jest/globals';
import {
  type AccountCommand,
  accountDecider,
  type AccountState,
  decideAccount,
  type Order,
  partsOfVenueCloid,
  venueCloidOf,
  type VenueFate,
} from './index.ts';
import { context, dollars, funded, NOW, type OrderText, place, sizeOf, text, venueFill } from '../testing/index.ts';

const run = (state: AccountState, command: AccountCommand) => {
  const { events, result } = decideAccount(state, command);
  return { events, result, after: events.reduce(accountDecider.evolve, state) };
};
const base = { commandId: 'c2', accountId: 'u1', at: NOW, receivedAt: NOW };
const sent = (words: Partial<OrderText> = {}): AccountState =>
  run(funded('5000'), place([{ symbol: 'ETH', side: 'buy', size: '5', limit: '4100', ...words }])).after;
const orderIn = (state: AccountState): Order => state.orders[0] ?? state.closedVenueOrders[0]!;
const cloidIn = (state: AccountState): string => orderIn(state).legs.at(-1)!.venueCloid!;
const book = (state: AccountState, tid: number, size: string, price = '4000') =>
  run(state, {
    ...base,
    type: 'BookVenueFill',
    venueCloid: cloidIn(state),
    fill: venueFill({ tid, price, size, fee: '1' }, 4),
    context: context({ ids: { nextOrderId: 6_400, nextTradeId: 6_400 + tid * 64, shard: 0 } }),
  });
const resolve = (state: AccountState, fate: VenueFate) =>
  run(state, { ...base, type: 'ResolveVenueOrder', venueCloid: cloidIn(state), fate, context: context() });
const cancel = (state: AccountState) =>
  run(state, {
    ...base,
    type: 'CancelOrders',
    targets: [{ symbol: 'ETH', orderId: orderIn(state).orderId }],
    context: context(),
  });
const typesOf = ({ events }: ReturnType<typeof run>) => events.map(({ type }) => type);

describe('a venue order', () => {
  it('is booked fill by fill at the venue’s price and fee, once by tid, and ends with the last', () => {
    const first = book(sent(), 1, '2');
    expect(typesOf(first)).toEqual(['OrderFilled']);
    expect(first.after.positions['ETH:HYPERLIQUID']).toMatchObject({ size: 20_000n, entryNotional: dollars('8000') });
    expect(text(first.after.wallet)).toBe('4999.0');
    expect(typesOf(book(first.after, 1, '2'))).toEqual([]);
    const last = book(first.after, 2, '3', '4010');
    expect(typesOf(last)).toEqual(['OrderFilled', 'VenueOrderResolved', 'OrderEnded']);
    // (8,000 + 12,030) / 5.
    expect(last.after.positions['ETH:HYPERLIQUID']).toMatchObject({ size: 50_000n, entryNotional: dollars('20030') });
    expect(last.after.orders).toEqual([]);
  });

  it('PR-005 never arrived: ends so, margin released', () => {
    const { after, events } = resolve(sent(), { kind: 'neverArrived' });
    expect(events.at(-1)).toMatchObject({ type: 'OrderEnded', status: 'neverArrived' });
    expect(after.orders).toEqual([]);
  });

  it('books a fill that comes after the end, on the remembered order, and again only once', () => {
    const gone = resolve(sent(), { kind: 'neverArrived' }).after;
    const late = book(gone, 7, '5');
    expect(typesOf(late)).toEqual(['OrderFilled']);
    expect(late.after.positions['ETH:HYPERLIQUID']?.size).toBe(50_000n);
    expect(late.after.closedVenueOrders[0]).toMatchObject({ filledSize: 50_000n });
    expect(typesOf(book(late.after, 7, '5'))).toEqual([]);
  });

  it('ends only when the executed size is booked; an IOC’s rest is released', () => {
    const fate: VenueFate = { kind: 'ended', venueOrderId: 9, executedSize: sizeOf('2', 4), status: 'canceled' };
    const waiting = resolve(sent(), fate);
    expect(typesOf(waiting)).toEqual(['OrderChanged']);
    // Of 4,113.325 … for 5 only 2 may still open (the default leverage of 20 applies here).
    expect(orderIn(waiting.after).orderMargin).toBeLessThan(orderIn(sent()).orderMargin);
    expect(typesOf(resolve(waiting.after, fate))).toEqual([]);
    const done = book(waiting.after, 1, '2');
    expect(done.events.at(-1)).toMatchObject({ type: 'OrderEnded', status: 'canceled' });
  });

  it.each<readonly [string, VenueFate, string]>([
    [
      'found nothing',
      { kind: 'refused', cause: 'Order could not immediately match against any resting orders.' },
      'iocCancelRejected',
    ],
    ['refused', { kind: 'refused', cause: 'Insufficient margin to place order.' }, 'rejected'],
    [
      'cancelled unfilled',
      { kind: 'ended', venueOrderId: 9, executedSize: sizeOf('0', 4), status: 'canceled' },
      'iocCancelRejected',
    ],
  ])('an IOC that was %s ends as %#', (_what, fate, status) => {
    const { events, after } = resolve(sent(), fate);
    expect(events.at(-1)).toMatchObject({ type: 'OrderEnded', status });
    expect(after.orders).toEqual([]);
  });

  it('PR-003 a cancel that races with a fill is booked as a fill; it is asked once', () => {
    const open = resolve(sent({ tif: 'GTC' }), { kind: 'open', venueOrderId: 9 }).after;
    const asked = cancel(open);
    expect(typesOf(asked)).toEqual(['OrderChanged', 'VenueCancelRequested']);
    expect(asked.result).toMatchObject({ cancels: [{ status: 'pending' }] });
    expect(typesOf(cancel(asked.after))).toEqual([]);
    const filled = book(asked.after, 1, '5');
    expect(filled.events.at(-1)).toMatchObject({ type: 'OrderEnded', status: 'filled' });
    const refused = resolve(asked.after, { kind: 'cancelRefused', cause: 'already' }).after;
    expect(orderIn(refused).legs[0]?.isCancelRequested).toBeUndefined();
  });

  it('a modify cancels the old one and places the new one under the same cloid', () => {
    const open = resolve(sent({ tif: 'GTC', cloid: '0x0c', size: '3' }), { kind: 'open', venueOrderId: 9 }).after;
    const [replacement] = place([{ symbol: 'ETH', side: 'buy', size: '3', limit: '3900', tif: 'GTC' }]).orders;
    const modified = run(open, {
      ...base,
      type: 'ModifyOrders',
      modifies: [{ target: { cloid: '0x0c' }, order: replacement! }],
      context: context({ ids: { nextOrderId: 6_400, nextTradeId: 6_400, shard: 0 } }),
    });
    expect(typesOf(modified)).toEqual(['OrderChanged', 'VenueCancelRequested', 'OrderPlaced', 'VenueOrderRequested']);
    expect(modified.result).toMatchObject({ orders: [{ status: 'pending', orderId: 6_400, cloid: '0x0c' }] });
  });
});

describe('venue cloids', () => {
  it('are 0x and 32 digits, start with the shard, and tell their parts', () => {
    const seen = new Set<string>();
    for (let orderId = 0; orderId < 2_000; orderId += 1) {
      for (const attempt of [0, 1, 65_535]) {
        const parts = { shard: orderId % 64, orderId: orderId * 4_503_599_627_370, attempt };
        const cloid = venueCloidOf(parts);
        expect(cloid).toMatch(/^0x[0-9a-f]{32}$/);
        expect(partsOfVenueCloid(cloid)).toEqual(parts);
        seen.add(cloid.slice(4));
      }
    }
    expect(seen.size).toBe(6_000);
    expect(partsOfVenueCloid('0x01')).toBeUndefined();
  });
});
