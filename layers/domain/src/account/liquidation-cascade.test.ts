import { describe, expect, it } from '@jest/globals';
import { usd } from '../money/index.ts';
import {
  check,
  dollars,
  ETH,
  holding,
  market,
  only,
  POLICY,
  position,
  received,
  run,
  sizeOf,
  text,
  venueFill,
} from '../testing/index.ts';
import type { AccountState, Position } from './model.ts';

const COINS = ['A', 'B', 'C', 'D', 'E'];
const coin = (symbol: string) => ({ ...ETH, symbol, szDecimals: 4, maxLeverage: 10 });
const coinMarkets = (mark = '100') =>
  Object.fromEntries(COINS.map((symbol) => [symbol, market(coin(symbol), { mark })]));

/** Requirements 12/9/8/5/6 thousand at mm 5 %: notionals 240/180/160/100/120; losses fall in that order. */
function cascade(routes: Readonly<Record<string, Position['route']>> = {}): AccountState {
  const lots = ['2400', '1800', '1600', '1000', '1200'];
  const losses = ['20000', '15000', '10000', '8000', '7000'];
  const positions = COINS.map((symbol, index) => {
    const one = position({ symbol, route: routes[symbol] ?? 'INTERNAL', size: lots[index]!, entry: '100' });
    return { ...one, entryNotional: usd(one.entryNotional + dollars(losses[index]!)) };
  });
  return holding('80000', ...positions);
}

describe('SC-EC-004 cross cascade', () => {
  it('closes 1 and 2 and stops with 3 to 5 open', () => {
    const { state, events } = run(cascade(), check({ markets: coinMarkets() }));
    const steps = only(events, 'LiquidationStepped');
    expect(steps.map(({ symbol }) => symbol)).toEqual(['A', 'B']);
    expect(steps.map(({ before, after }) => [text(before.maintenance), text(after.maintenance)])).toEqual([
      ['40000.0', '28000.0'],
      ['28000.0', '19000.0'],
    ]);
    for (const { before, after } of steps)
      expect([text(before.equity), text(after.equity)]).toEqual(['20000.0', '20000.0']);
    expect(Object.keys(state.positions)).toEqual(['C:INTERNAL', 'D:INTERNAL', 'E:INTERNAL']);
    expect(only(events, 'LiquidationEnded')[0]?.outcome).toBe('recovered');
    expect(state.episodes['cross']?.level).toBe('warned80');
    expect(run(state, check({ markets: coinMarkets() }, 1)).events).toEqual([]);
  });

  it('waits for the actual fill of a step at the venue, whose slippage and fee alone change the equity', () => {
    const begun = run(cascade({ B: 'HYPERLIQUID' }), check({ markets: coinMarkets() }));
    expect(only(begun.events, 'LiquidationStepped').map(({ symbol }) => symbol)).toEqual(['A']);
    const { venueCloid } = only(begun.events, 'VenueOrderRequested')[0]!.request;
    const { state, events } = run(begun.state, {
      ...check({ markets: coinMarkets() }, 400),
      type: 'BookVenueFill',
      venueCloid,
      fill: venueFill({ tid: 9, price: '99.9', size: '1800', fee: '81' }, 4),
    });
    const step = only(events, 'LiquidationStepped')[0]!;
    expect(step).toMatchObject({ step: 2, symbol: 'B', slippage: dollars('-180') });
    expect(text(usd(step.before.equity - step.after.equity))).toBe('261.0');
    expect(only(events, 'LiquidationEnded')[0]?.outcome).toBe('recovered');
    expect(Object.keys(state.positions)).toHaveLength(3);
  });

  it('SC-LQ-004 closes all where nothing recovers, and books what the wallet cannot pay', () => {
    const poor = { ...cascade(), wallet: dollars('50000') };
    const { state, events } = run(poor, check({ markets: coinMarkets() }));
    expect(only(events, 'LiquidationStepped')).toHaveLength(5);
    expect(state.wallet).toBe(0n);
    expect(received(events, 'bad-debt')).toBe('-10000.0');
    expect(only(events, 'LiquidationEnded')[0]?.outcome).toBe('closed');
    expect(state.episodes).toEqual({});
  });

  it('pays a loss beyond the wallet out of gains first: nothing is bad debt that the account can pay', () => {
    const [a, b] = [cascade().positions['A:INTERNAL']!, cascade().positions['B:INTERNAL']!];
    const gaining = { ...b, entryNotional: usd(b.entryNotional - dollars('30000')) };
    const state = holding('4000', a, gaining);
    const { state: after, events } = run(state, check({ markets: coinMarkets('97') }));
    expect(only(events, 'LiquidationStepped').map(({ symbol }) => symbol)).toEqual(['A', 'B']);
    expect(only(events, 'GainsRealized')).toHaveLength(1);
    expect(received(events, 'bad-debt')).toBe('-13600.0');
    expect(after.wallet).toBe(0n);
  });

  it('closes large positions in slices where configured', () => {
    const policy = {
      ...POLICY,
      liquidation: {
        remainder: 'FORFEIT' as const,
        sliceAbove: dollars('100000'),
        firstSlicePercent: 20,
        sliceDelayMs: 30_000,
      },
    };
    const first = run(cascade(), check({ markets: coinMarkets(), policy }));
    expect(only(first.events, 'LiquidationStepped').map(({ closedSize }) => closedSize)).toEqual([sizeOf('480', 4)]);
    expect(run(first.state, check({ markets: coinMarkets(), policy }, 29_999)).events).toEqual([]);
    const rest = run(first.state, check({ markets: coinMarkets(), policy }, 30_000));
    expect(only(rest.events, 'LiquidationStepped').map(({ symbol, closedSize }) => [symbol, closedSize])).toEqual([
      ['A', sizeOf('1920', 4)],
      ['B', sizeOf('360', 4)],
    ]);
  });
});
