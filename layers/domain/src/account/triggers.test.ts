import { describe, expect, it } from '@jest/globals';
import type { AccountState, DecisionContext } from './index.ts';
import {
  BTC,
  context,
  dollars,
  funded,
  withSizes,
  market,
  marketsAt,
  order,
  placed,
  POLICY,
  priceOf,
  sizeOf,
  trade,
  told,
  triggerOrder,
  type TriggerText,
} from '../testing/index.ts';

const LONG = withSizes(funded('10000'), ['BTC:INTERNAL', 5_000n]);
const stop: TriggerText = { side: 'sell', size: '0.05', limit: '85000', at: '90000', kind: 'stop' };
const resting = (state: AccountState, words: TriggerText) => placed(state, [triggerOrder(words)]).after;
const fire = (state: AccountState, mark: string, over: Partial<DecisionContext> = {}) =>
  trade(
    state,
    { type: 'FireTrigger', orderId: Number(Object.keys(state.triggers)[0]) },
    { markets: marketsAt({ BTC: mark }), ...over },
  );

describe('placing a trigger', () => {
  it('rests without margin, told as resting', () => {
    const ran = placed(LONG, [triggerOrder({ ...stop, cloid: '0x1' })]);
    expect(ran.types).toEqual(['TriggerPlaced']);
    expect(told(ran)).toEqual(['resting']);
    expect(ran.after.triggers[64]).toMatchObject({ cloid: '0x1', isArmed: true, grouping: 'na', reduceOnly: true });
    expect(ran.after.wallet).toBe(LONG.wallet);
  });

  it.each<[Partial<TriggerText>, string]>([
    [{ at: '100000' }, 'InvalidTriggerPrice'],
    [{ at: '100001' }, 'InvalidTriggerPrice'],
    [{ at: '0' }, 'InvalidTriggerPrice'],
    [{ kind: 'takeProfit', at: '99999' }, 'InvalidTriggerPrice'],
    [{ kind: 'takeProfit', at: '100001' }, 'resting'],
    [{ at: '90000.1' }, 'TickSize'],
    [{ limit: '85000.1' }, 'TickSize'],
    [{ limit: '0' }, 'InvalidPrice'],
    [{ size: '0' }, 'ZeroSize'],
    [{ limit: '17000' }, 'PriceTooFar'],
    [{ size: '0.0001' }, 'MinimumValue'],
    [{ side: 'buy', at: '110000' }, 'ReduceOnlyWouldIncrease'],
    [{ side: 'buy', at: '90000', reduceOnly: false }, 'InvalidTriggerPrice'],
    [{ side: 'buy', at: '90000', kind: 'takeProfit', reduceOnly: false }, 'resting'],
    [{ symbol: 'ETH', at: '3000', limit: '2900' }, 'ReduceOnlyWouldIncrease'],
  ])('%p is answered %s', (words, expected) => {
    expect(told(placed(LONG, [triggerOrder({ ...stop, ...words })]))).toEqual([expected]);
  });

  it('shares the cloids of orders', () => {
    const held = resting(LONG, { ...stop, cloid: '0x1' });
    expect(
      told(placed(held, [order({ side: 'buy', size: '0.01', limit: '90000', tif: 'GTC', cloid: '0x1' })])),
    ).toEqual(['DuplicateCloid']);
    expect(told(placed(held, [triggerOrder({ ...stop, cloid: '0x1' })]))).toEqual(['DuplicateCloid']);
  });

  it('counts with the open orders; volume lets plain ones go on, never triggers', () => {
    const [held] = Object.values(resting(LONG, stop).triggers);
    const many = {
      ...LONG,
      triggers: Object.fromEntries(
        Array.from({ length: 1_000 }, (_, index) => [index + 1, { ...held!, orderId: index + 1 }]),
      ),
    };
    const plain = order({ side: 'buy', size: '0.01', limit: '90000', tif: 'GTC' });
    expect(told(placed(many, [plain]))).toEqual(['TooManyOpenOrders']);
    const active = { ...many, cumulativeVolume: dollars('5000000') };
    expect(told(placed(active, [plain]))).toEqual(['resting']);
    expect(told(placed(active, [triggerOrder(stop)]))).toEqual(['TooManyOpenOrders']);
    expect(
      told(placed(active, [{ ...plain, side: 'sell', reduceOnly: true, limitPrice: priceOf('110000', 5) }])),
    ).toEqual(['TooManyOpenOrders']);
  });
});

describe('firing a trigger', () => {
  it.each<[Partial<TriggerText>, string, boolean]>([
    [{}, '90000', true],
    [{}, '90001', false],
    [{ kind: 'takeProfit', at: '110000', limit: '100000' }, '110000', true],
    [{ kind: 'takeProfit', at: '110000', limit: '100000' }, '109999', false],
    [{ side: 'buy', at: '110000', limit: '120000', reduceOnly: false, size: '0.01' }, '110000', true],
    [{ side: 'buy', at: '110000', limit: '120000', reduceOnly: false, size: '0.01' }, '109999', false],
    [{ side: 'buy', kind: 'takeProfit', at: '90000', limit: '95000', reduceOnly: false, size: '0.01' }, '90000', true],
    [{ side: 'buy', kind: 'takeProfit', at: '90000', limit: '95000', reduceOnly: false, size: '0.01' }, '90001', false],
  ])('%p at mark %s: %p', (words, mark, fires) => {
    const { types, result } = fire(resting(LONG, { ...stop, ...words }), mark);
    expect(types.slice(0, 2)).toEqual(fires ? ['TriggerFired', 'OrderPlaced'] : []);
    if (!fires) expect(result).toEqual({ kind: 'refused', rejection: { reason: 'NothingToMatch' } });
  });

  it('becomes an order of the same id, once', () => {
    const { events, types, after } = fire(resting(LONG, { ...stop, cloid: '0x1' }), '89000');
    expect(types).toEqual(['TriggerFired', 'OrderPlaced', 'OrderFilled', 'OrderEnded']);
    expect(events[1]).toMatchObject({
      order: { orderId: 64, cloid: '0x1', timeInForce: 'IOC', trigger: { kind: 'stop' } },
    });
    expect(after.positions).toEqual({});
    const again = trade(after, { type: 'FireTrigger', orderId: 64 });
    expect(again).toMatchObject({ events: [], result: { rejection: { reason: 'OrderNotFound' } } });
  });

  it('rests as a limit where the book has gone beyond it', () => {
    const { types, after } = fire(resting(LONG, { ...stop, limit: '89500', isLimit: true }), '88000');
    expect(types).toEqual(['TriggerFired', 'OrderPlaced']);
    expect(after.orders[0]).toMatchObject({ timeInForce: 'GTC', trigger: { isMarket: false } });
  });

  it('takes the market up to a tenth beyond the mark, whatever limit was sent with it', () => {
    const { types, events } = fire(resting(LONG, { ...stop, limit: '89500' }), '88000');
    expect(types).toEqual(['TriggerFired', 'OrderPlaced', 'OrderFilled', 'OrderEnded']);
    expect(events[1]).toMatchObject({ order: { limitPrice: priceOf('79200', 5) } });
  });

  it('ends with its cause where the market has nothing within a tenth', () => {
    const view = marketsAt({ BTC: '88000' })['BTC']!;
    const bid = { price: priceOf('79199', 5), size: sizeOf('1000', 5) };
    const markets = { BTC: { ...view, bbo: { ...view.bbo, bid }, bids: [bid] } };
    const { types, events, after } = fire(resting(LONG, stop), '88000', { markets });
    expect(types).toEqual(['TriggerFired', 'TriggerEnded']);
    expect(events[1]).toMatchObject({ status: 'iocCancelRejected', cause: 'NothingToMatch' });
    expect(after.triggers).toEqual({});
  });

  it('is shrunk to what there is to close, whatever it is worth', () => {
    const small = withSizes(resting(LONG, stop), ['BTC:INTERNAL', 7n]);
    const { events, after } = fire(small, '89000');
    expect(events[1]).toMatchObject({ order: { size: 7n } });
    expect(after.positions).toEqual({});
  });

  it('meets the forced conditions of its moment', () => {
    const entry = { ...stop, side: 'buy', at: '110000', limit: '120000', reduceOnly: false, size: '0.01' } as const;
    const policy = { ...POLICY, holds: ['volatility'] };
    const { types, events } = fire(resting(funded('10000'), entry), '111000', { policy });
    expect(types).toEqual(['TriggerFired', 'OrderPlaced', 'VenueOrderRequested']);
    expect(events[1]).toMatchObject({ order: { legs: [{ route: 'HYPERLIQUID', decision: { reason: 'held' } }] } });
  });

  it('ends an opening one that has no margin, or that the venue does not take', () => {
    const entry = { ...stop, side: 'buy', at: '110000', limit: '120000', reduceOnly: false, size: '0.05' } as const;
    expect(fire(resting(funded('10'), entry), '111000').events[1]).toMatchObject({
      status: 'marginCanceled',
      cause: 'InsufficientMargin',
    });
    const venue = { ...context().venue, isAvailable: false, reason: 'disconnected' };
    const over = { venue, policy: { ...POLICY, holds: ['reserve'] } };
    expect(fire(resting(funded('10000'), entry), '111000', over).events[1]).toMatchObject({
      status: 'rejected',
      cause: 'VenueUnavailable: disconnected',
    });
  });

  it('sends a close also while the venue takes no opens', () => {
    const held = resting(withSizes(funded('10000'), ['BTC:HYPERLIQUID', 5_000n]), stop);
    const venue = { ...context().venue, isAvailable: false };
    expect(fire(held, '89000', { venue }).types).toEqual(['TriggerFired', 'OrderPlaced', 'VenueOrderRequested']);
  });

  it('waits while all it would close is on its way, or while there is no book', () => {
    const atVenue = withSizes(funded('10000'), ['BTC:HYPERLIQUID', 5_000n]);
    const sent = placed(resting(atVenue, stop), [order({ side: 'sell', size: '0.05', limit: '95000' })]).after;
    expect(fire(sent, '89000')).toMatchObject({
      events: [],
      result: { rejection: { reason: 'ReduceOnlyWouldIncrease' } },
    });
    const blind = market(BTC, { mark: '89000' }, { bbo: { bid: undefined, ask: undefined }, bids: [], asks: [] });
    const markets = { ...context().markets, BTC: blind };
    const ran = trade(resting(LONG, stop), { type: 'FireTrigger', orderId: 64 }, { markets });
    expect(ran).toMatchObject({ events: [], result: { rejection: { reason: 'NoLiquidity' } } });
  });

  it('waits while the mark is old', () => {
    const markets = { ...context().markets, BTC: market(BTC, { mark: '89000' }, { markAgeMs: 60_000 }) };
    const ran = trade(resting(LONG, stop), { type: 'FireTrigger', orderId: 64 }, { markets });
    expect(ran).toMatchObject({ events: [], result: { rejection: { reason: 'MarketDataUnavailable' } } });
  });
});

describe('triggers are named like orders', () => {
  const held = resting(LONG, { ...stop, cloid: '0x1' });

  it.each([
    { symbol: 'BTC', orderId: 64 },
    { symbol: 'BTC', cloid: '0x1' },
  ])('cancelled by %p', (target) => {
    const { events, after } = trade(held, { type: 'CancelOrders', targets: [target] });
    expect(events).toMatchObject([{ type: 'TriggerEnded', status: 'canceled' }]);
    expect(after.triggers).toEqual({});
  });

  it('not by another symbol', () => {
    const { result } = trade(held, { type: 'CancelOrders', targets: [{ symbol: 'ETH', orderId: 64 }] });
    expect(result).toMatchObject({ cancels: [{ status: 'refused' }] });
  });

  it('modified: another id, the same cloid', () => {
    const moved = triggerOrder({ ...stop, at: '92000' });
    const ran = trade(held, { type: 'ModifyOrders', modifies: [{ target: { orderId: 64 }, order: moved }] });
    expect(ran.types).toEqual(['TriggerEnded', 'TriggerPlaced']);
    expect(ran.after.triggers).toMatchObject({ 128: { cloid: '0x1', trigger: { price: priceOf('92000', 5) } } });
  });

  it('gone with its position', () => {
    const closing = order({ side: 'sell', size: '0.05', limit: '95000' });
    expect(placed(held, [closing]).events.at(-1)).toMatchObject({ type: 'TriggerEnded', status: 'reduceOnlyCanceled' });
    const half = order({ side: 'sell', size: '0.02', limit: '95000' });
    expect(placed(held, [half]).after.triggers[64]).toMatchObject({ size: 5_000n });
  });
});
