import { describe, expect, it } from '@jest/globals';
import { size } from '../money/index.ts';
import {
  BTC,
  context,
  funded,
  market,
  marketsAt,
  NOW,
  POLICY,
  sizeOf,
  trade,
  venueFill,
  withSizes,
} from '../testing/index.ts';
import type { AccountState, DecisionContext } from './index.ts';

const ON = { ...POLICY, isTwapEnabled: true };
const AT_VENUE = { ...ON, holds: ['reserve'] };
const RICH = funded('100000');

/** 0.1 BTC over five minutes: ten slices of 0.01 = $1,000 each. */
const TWAP = {
  type: 'PlaceTwap',
  symbol: 'BTC',
  side: 'buy',
  size: sizeOf('0.1', 5),
  reduceOnly: false,
  minutes: 5,
  isRandomized: false,
} as const;

let ids = 64;
type Over = Partial<DecisionContext> & { readonly at?: number };
const run = (state: AccountState, command: Parameters<typeof trade>[1], over: Over = {}) => {
  ids += 640;
  return trade(state, command, {
    policy: ON,
    ids: { nextOrderId: ids, nextTradeId: ids, shard: 0 },
    ...over,
  });
};
const start = (state: AccountState = RICH, change: Partial<typeof TWAP | { size: bigint }> = {}, over: Over = {}) =>
  run(state, { ...TWAP, ...change } as typeof TWAP, over);
const only = (state: AccountState) => state.twaps?.running[0];
/** The slice of this number (from zero), at its time. */
const slice = (state: AccountState, index: number, over: Over = {}) => {
  const twapId = only(state)?.twapId ?? 0;
  return run(state, { type: 'RunTwapSlice', twapId }, { at: NOW + index * 30_000, ...over });
};
const outcome = ({ result }: ReturnType<typeof run>) =>
  result.kind !== 'twap' ? result : result.twap.status === 'refused' ? result.twap.rejection : result.twap.status;
const lots = (state: AccountState) => Number(state.positions['BTC:INTERNAL']?.size ?? 0n);

describe('placing a TWAP', () => {
  it('is refused where the setting is off, which it is unless told otherwise', () => {
    const refused = start(RICH, {}, { policy: POLICY });
    expect([outcome(refused), refused.events]).toEqual([{ reason: 'TwapDisabled' }, []]);
  });

  it('sends its first slice at once: an IOC order of its own, at most three percent from the mark', () => {
    const { types, events, after } = start();
    expect(types).toEqual(['TwapPlaced', 'TwapSliced', 'OrderPlaced', 'OrderFilled', 'OrderEnded']);
    const twapId = only(after)?.twapId;
    expect(events[2]).toMatchObject({
      order: { twapId, size: 1_000n, timeInForce: 'IOC', limitPrice: 1_030_000n, legs: [{ route: 'INTERNAL' }] },
    });
    expect(events[3]).toMatchObject({ twapId, size: 1_000n });
    expect(only(after)).toMatchObject({ slicesDone: 1, executedSize: 1_000n, executedNotional: 1_000_000_000n });
  });

  it.each([
    [{ minutes: 4 }, { reason: 'InvalidTwapDuration', minutes: 4 }],
    [{ minutes: 1_441 }, { reason: 'InvalidTwapDuration', minutes: 1_441 }],
    [{ size: size(0n) }, { reason: 'ZeroSize' }],
    [{ size: sizeOf('0.0009', 5) }, { reason: 'MinimumValue' }],
    [{ symbol: 'DOGE' }, { reason: 'UnknownSymbol', symbol: 'DOGE' }],
    [{ reduceOnly: true }, { reason: 'ReduceOnlyWouldIncrease' }],
    [{ size: sizeOf('1000', 5) }, { reason: 'InsufficientMargin' }],
  ])('is refused for %j', (change, rejection) => {
    const refused = start(RICH, change as never);
    expect([outcome(refused), refused.events]).toEqual([rejection, []]);
  });

  it('is refused while trading is halted, or only reducing for what opens', () => {
    expect(outcome(start(RICH, {}, { policy: { ...ON, tradingState: 'HALTED' } }))).toEqual({
      reason: 'TradingHalted',
    });
    expect(outcome(start(RICH, {}, { policy: { ...ON, tradingState: 'REDUCING' } }))).toEqual({
      reason: 'OnlyReducing',
    });
  });

  it('takes twenty at once', () => {
    let state = RICH;
    for (let count = 0; count < 20; count += 1) state = start(state, { size: sizeOf('0.002', 5) }).after;
    expect(outcome(start(state, { size: sizeOf('0.002', 5) }))).toEqual({ reason: 'TooManyOpenOrders' });
  });
});

describe('its slices', () => {
  const begun = start().after;

  it('come every thirty seconds, no earlier, until all is executed', () => {
    expect(slice(begun, 0.9).events).toEqual([]);
    let state = begun;
    for (let index = 1; index < 10; index += 1) state = slice(state, index).after;
    expect(lots(state)).toBe(10_000);
    expect(state.twaps).toMatchObject({
      running: [],
      ended: [{ twap: { executedSize: 10_000n, slicesDone: 10 }, ending: { status: 'finished' } }],
    });
  });

  it('catch up on missed ones, at most three times the usual, and never in a burst', () => {
    const missed = slice(begun, 1, { policy: { ...ON, tradingState: 'HALTED' } });
    expect(missed.events).toMatchObject([
      { type: 'TwapSliced', slicesDone: 2, rejection: { reason: 'TradingHalted' } },
    ]);
    expect(lots(slice(missed.after, 2).after)).toBe(3_000);
    const late = slice(begun, 7);
    expect(lots(late.after)).toBe(4_000);
    expect(only(late.after)).toMatchObject({ slicesDone: 8 });
    expect(slice(late.after, 7.5).events).toEqual([]);
  });

  it('are missed while there is no mark, no market yet, or nothing within reach', () => {
    for (const markets of [{}, { BTC: market(BTC, { mark: '100000' }, { markAgeMs: 60_000 }) }]) {
      expect(slice(begun, 1, { markets }).events).toMatchObject([{ rejection: { reason: 'MarketDataUnavailable' } }]);
    }
    const far = market(BTC, { mark: '100000', bid: '103900', ask: '104000' });
    expect(slice(begun, 1, { markets: { ...context().markets, BTC: far } }).types).toEqual(['TwapSliced']);
  });

  it('vary by a fifth where that is wanted, the same at every replay, and add up', () => {
    const sizes = (from: AccountState): bigint[] => {
      const found: bigint[] = [];
      let state = from;
      for (let index = 1; index < 10; index += 1) {
        const { events, after } = slice(state, index);
        state = after;
        for (const event of events) if (event.type === 'OrderFilled') found.push(event.size);
      }
      expect(lots(state)).toBe(10_000);
      return found;
    };
    const random = start(RICH, { isRandomized: true } as never).after;
    const first = sizes(random);
    expect(new Set(first).size).toBeGreaterThan(3);
    expect(first.every((one) => one >= 400n && one <= 2_000n)).toBe(true);
    expect(sizes(random)).toEqual(first);
  });

  it('end with an error where the account cannot pay, or the setting is turned off', () => {
    const poor = slice({ ...begun, wallet: (begun.wallet % 1_000_000n) as typeof begun.wallet }, 1);
    expect(poor.types).toEqual(['TwapSliced', 'TwapEnded']);
    expect(poor.after.twaps?.ended).toMatchObject([
      { ending: { status: 'error', rejection: { reason: 'InsufficientMargin' } } },
    ]);
    expect(slice(begun, 1, { policy: POLICY }).events).toMatchObject([
      { type: 'TwapEnded', ending: { status: 'error', rejection: { reason: 'TwapDisabled' } } },
    ]);
  });
});

describe('a reduce-only TWAP', () => {
  const LONG = withSizes(RICH, ['BTC:INTERNAL', 2_500n]);
  const closing = { side: 'sell', reduceOnly: true, size: sizeOf('0.1', 5) } as never;

  it('closes what there is, never more, and is terminated when nothing is left', () => {
    let state = start(LONG, closing).after;
    const held = [lots(state)];
    for (let index = 1; index < 4; index += 1) {
      state = slice(state, index).after;
      held.push(lots(state));
    }
    expect(held).toEqual([1_500, 500, 0, 0]);
    expect(state.twaps?.ended).toMatchObject([{ twap: { executedSize: 2_500n }, ending: { status: 'terminated' } }]);
  });
});

describe('slices at the venue', () => {
  const sent = start(RICH, {}, { policy: AT_VENUE });
  const request = sent.events.find((event) => event.type === 'VenueOrderRequested');
  const venueCloid = request?.type === 'VenueOrderRequested' ? request.request.venueCloid : '';
  const fill = venueFill({ tid: 1, price: '100000', size: '0.01', fee: '0.65' }, 5);
  const book = (state: AccountState, at: number) => run(state, { type: 'BookVenueFill', venueCloid, fill }, { at });

  it('count as on their way until they are decided: together never more than the plan', () => {
    const next = slice(sent.after, 1, { policy: AT_VENUE });
    const requests = next.events.filter((event) => event.type === 'VenueOrderRequested');
    expect(requests).toMatchObject([{ request: { size: 1_000n } }]);
    const filled = book(next.after, NOW + 31_000);
    expect(only(filled.after)).toMatchObject({ executedSize: 1_000n });
  });

  it('that never arrived are caught up on', () => {
    const lost = run(sent.after, { type: 'ResolveVenueOrder', venueCloid, fate: { kind: 'neverArrived' } });
    const next = slice(lost.after, 1, { policy: AT_VENUE });
    expect(next.events.find(({ type }) => type === 'OrderPlaced')).toMatchObject({ order: { size: 2_000n } });
  });

  it('are waited for at the end; one that fills after a cancel still counts', () => {
    const last = slice(sent.after, 9, { policy: { ...ON, tradingState: 'HALTED' } });
    expect(last.types).toEqual(['TwapSliced']);
    expect(book(last.after, NOW + 271_000).types).toEqual(
      expect.arrayContaining(['OrderFilled', 'OrderEnded', 'TwapEnded']),
    );
    const canceled = run(sent.after, { type: 'CancelTwap', symbol: 'BTC', twapId: only(sent.after)?.twapId ?? 0 });
    expect(canceled.types).toEqual(['TwapEnded']);
    expect(book(canceled.after, NOW + 1_000).after.twaps?.ended).toMatchObject([
      { twap: { executedSize: 1_000n }, ending: { status: 'terminated' } },
    ]);
  });
});

describe('ends of a TWAP from outside', () => {
  const begun = start().after;
  const twapId = only(begun)?.twapId ?? 0;

  it('is cancelled by its id and coin', () => {
    expect(outcome(run(begun, { type: 'CancelTwap', symbol: 'ETH', twapId }))).toEqual({ reason: 'TwapNotFound' });
    const canceled = run(begun, { type: 'CancelTwap', symbol: 'BTC', twapId });
    expect([outcome(canceled), canceled.after.twaps?.running]).toEqual(['canceled', []]);
    expect(outcome(run(canceled.after, { type: 'CancelTwap', symbol: 'BTC', twapId }))).toEqual({
      reason: 'TwapNotFound',
    });
    expect(slice(canceled.after, 1).events).toEqual([]);
  });

  it('ends with cancel-all of its coin, and with the dead-man’s switch', () => {
    const all = (symbol?: string) => run(begun, { type: 'CancelAll', cause: 'user', ...(symbol && { symbol }) });
    expect([all().types, all('BTC').types, all('ETH').types]).toEqual([['TwapEnded'], ['TwapEnded'], []]);
    const due = run({ ...begun, cancelAllAt: NOW }, { type: 'CancelAll', cause: 'scheduled' });
    expect(due.types).toEqual(['CancelAllFired', 'TwapEnded']);
  });

  it('is terminated when its positions are liquidated', () => {
    const { after } = start(funded('600'), { size: sizeOf('0.5', 5), side: 'buy' } as never);
    const crashed = run(after, { type: 'CheckRisk' }, { markets: marketsAt({ BTC: '88000' }) });
    expect(crashed.types).toContain('LiquidationStarted');
    expect(crashed.after.twaps).toMatchObject({ running: [], ended: [{ ending: { status: 'terminated' } }] });
  });

  it('keeps the newest hundred', () => {
    let state = begun;
    for (let count = 0; count < 101; count += 1) {
      const id = only(state)?.twapId ?? 0;
      state = run(state, { type: 'CancelTwap', symbol: 'BTC', twapId: id }).after;
      state = { ...start(state, { size: sizeOf('0.002', 5) }).after, positions: {}, wallet: RICH.wallet };
    }
    expect(state.twaps?.ended).toHaveLength(100);
  });
});
