import { describe, expect, it } from '@jest/globals';
import { size, usd } from '../money/index.ts';
import { dollars, funded, NOW, order, POLICY, trade, venueFill, withSizes } from '../testing/index.ts';
import type { AccountState, DecisionContext, OrderRequest, VenueFate } from './index.ts';

/** SOL goes to the venue; from $500,000 on in five children. */
const ON = { ...POLICY, venueSlicing: { above: dollars('500000'), slices: 5, intervalMs: 2_000 } };
const RICH = funded('10000000');
/** 5,000 SOL at 200 = $1,000,000. */
const LARGE = { symbol: 'SOL', side: 'buy', size: '5000', limit: '206' } as const;

type Over = Partial<DecisionContext> & { readonly at?: number };
const run = (state: AccountState, command: Parameters<typeof trade>[1], over: Over = {}) =>
  trade(state, command, { policy: ON, ...over });
const sentBy = ({ events }: ReturnType<typeof run>) =>
  events.flatMap((event) => (event.type === 'VenueOrderRequested' ? [event.request] : []));
const only = (state: AccountState) => state.orders[0];
const place = (request: OrderRequest = order(LARGE), state = RICH, over: Over = {}) =>
  run(state, { type: 'PlaceOrders', orders: [request] }, over);
const next = (state: AccountState, ms: number, over: Over = {}) =>
  run(state, { type: 'SendVenueSlice', orderId: only(state)?.orderId ?? 0 }, { at: NOW + ms, ...over });

let tids = 0;
/** The newest child executes so much (SOL) and is told to be over. */
function decide(state: AccountState, executed: string, price = '200', fate?: VenueFate) {
  const legs = only(state)?.legs.filter(({ venueCloid, status }) => venueCloid !== undefined && status !== 'done');
  const leg = legs?.at(-1);
  const venueCloid = leg?.venueCloid ?? '';
  tids += 1;
  const lots = size(BigInt(executed) * 100n);
  const fill = venueFill({ tid: tids, price, size: executed, fee: '1' }, 2);
  const after = lots === 0n ? state : run(state, { type: 'BookVenueFill', venueCloid, fill }).after;
  const status = lots === leg?.size ? 'filled' : 'canceled';
  const over = fate ?? { kind: 'ended', venueOrderId: 77, executedSize: lots, status };
  return run(after, { type: 'ResolveVenueOrder', venueCloid, fate: over } as const).after;
}
const endOf = (state: AccountState) => state.closedVenueOrders.at(-1);

describe('a large market order for the venue', () => {
  it('goes whole where the setting is absent, at the threshold, or where it may rest', () => {
    const whole = [
      place(order(LARGE), RICH, { policy: POLICY }),
      place(order({ ...LARGE, size: '2500' })),
      place(order({ ...LARGE, tif: 'GTC' })),
    ];
    for (const ran of whole) {
      expect(sentBy(ran)).toHaveLength(1);
      expect(only(ran.after)).toMatchObject({ legs: { length: 1 } });
      expect(only(ran.after)?.slicing).toBeUndefined();
    }
  });

  it('goes in five children, one after another, no sooner than their time; the user has one order', () => {
    const placed = place();
    expect(sentBy(placed)).toMatchObject([{ size: 100_000n }]);
    expect(next(placed.after, 60_000).events).toEqual([]);
    let state = decide(placed.after, '1000', '200');
    expect(next(state, 1_999).events).toEqual([]);
    const cloids = new Set(sentBy(placed).map(({ venueCloid }) => venueCloid));
    for (let child = 1; child < 5; child += 1) {
      const sent = next(state, child * 2_000);
      expect(sentBy(sent)).toMatchObject([{ size: 100_000n }]);
      cloids.add(sentBy(sent)[0]!.venueCloid);
      expect(next(sent.after, child * 2_000).events).toEqual([]);
      state = decide(sent.after, '1000', child === 4 ? '205' : '200');
    }
    expect([cloids.size, state.orders, state.closedVenueOrders.length]).toEqual([5, [], 1]);
    expect(endOf(state)).toMatchObject({ size: 500_000n, filledSize: 500_000n, filledNotional: dollars('1005000') });
    expect(state.positions['SOL:HYPERLIQUID']?.size).toBe(500_000n);
  });

  it('holds margin and closable lots for the whole from the beginning', () => {
    const sliced = only(place().after);
    expect(sliced?.orderMargin).toBe(only(place(order(LARGE), RICH, { policy: POLICY }).after)?.orderMargin);
    const long = withSizes(RICH, ['SOL:HYPERLIQUID', 500_000n]);
    const closing = order({ ...LARGE, side: 'sell', limit: '194', reduceOnly: true });
    const { after } = place(closing, long);
    expect(only(after)?.orderMargin).toBe(usd(0n));
    const second = place(closing, after);
    expect(second.result).toMatchObject({ orders: [{ rejection: { reason: 'ReduceOnlyWouldIncrease' } }] });
  });

  it.each<[string, string, VenueFate | undefined, string]>([
    ['in part', '400', undefined, 'canceled'],
    ['not at all', '0', undefined, 'iocCancelRejected'],
    ['not, because it never arrived', '0', { kind: 'neverArrived' }, 'neverArrived'],
    ['not, because the venue refused it', '0', { kind: 'refused', cause: 'no' }, 'rejected'],
  ])('stops where a child fills %s', (_how, executed, fate, status) => {
    const first = decide(place().after, executed, '200', fate);
    expect(first.orders).toEqual([]);
    expect(endOf(first)).toMatchObject({ filledSize: BigInt(executed) * 100n });
    const later = decide(next(decide(place().after, '1000'), 2_000).after, executed, '200', fate);
    expect(endOf(later)).toMatchObject({ filledSize: 100_000n + BigInt(executed) * 100n });
    const leg = next(decide(place().after, '1000'), 2_000).after;
    const venueCloid = only(leg)?.legs.at(-2)?.venueCloid ?? '';
    if (fate === undefined) return;
    // Of the whole order a part was executed: it is told as cancelled, not as its last child ended.
    const told = run(leg, { type: 'ResolveVenueOrder', venueCloid, fate }).events.at(-1);
    expect([status, told]).toEqual([status, expect.objectContaining({ type: 'OrderEnded', status: 'canceled' })]);
  });

  it('sends no further child into a halt or a venue that takes no opens', () => {
    const waiting = decide(place().after, '1000');
    const stops: readonly Over[] = [
      { policy: { ...ON, tradingState: 'HALTED' } },
      { venue: { isAvailable: false, nextNonce: NOW, slot: 0, expiresAfterMs: 5_000 } },
    ];
    for (const over of stops) {
      const stopped = next(waiting, 2_000, over);
      expect(stopped.types).toEqual(['OrderChanged', 'OrderEnded']);
      expect(endOf(stopped.after)).toMatchObject({ filledSize: 100_000n });
    }
  });

  it('a cancel stops the rest at once and asks the venue about the child that is there', () => {
    const target = (state: AccountState) => ({ symbol: 'SOL', orderId: only(state)?.orderId ?? 0 });
    const sent = place().after;
    const asked = run(sent, { type: 'CancelOrders', targets: [target(sent)] });
    expect(asked.types).toEqual(['OrderChanged', 'VenueCancelRequested']);
    const filled = decide(asked.after, '1000');
    expect([filled.orders, endOf(filled)?.filledSize]).toEqual([[], 100_000n]);
    const between = decide(place().after, '1000');
    const ended = run(between, { type: 'CancelOrders', targets: [target(between)] });
    expect(ended.events).toMatchObject([{ type: 'OrderEnded', status: 'canceled' }]);
  });
});
