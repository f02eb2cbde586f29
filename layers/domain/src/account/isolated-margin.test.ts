import { describe, expect, it } from '@jest/globals';
import type { AccountState } from './index.ts';
import { dollars, funded, marketsAt, told, trade, withSizes } from '../testing/index.ts';

const isolated = (leverage: number, ...margins: readonly string[]): AccountState => {
  const keys = ['BTC:INTERNAL', 'BTC:HYPERLIQUID'].slice(0, margins.length);
  const state = withSizes(funded('1000'), ...keys.map((key) => [key, 5_000n] as const));
  const positions = Object.entries(state.positions).map(([key, position], index) => [
    key,
    { ...position, leverage, marginMode: 'isolated' as const, isolatedMargin: dollars(margins[index] ?? '0') },
  ]);
  return { ...state, positions: Object.fromEntries(positions) };
};
const adjust = (state: AccountState, amount: string, over = {}) =>
  trade(state, { type: 'AdjustIsolatedMargin', symbol: 'BTC', amount: dollars(amount) }, over);
const margins = ({ positions }: AccountState) => Object.values(positions).map(({ isolatedMargin }) => isolatedMargin);

describe('isolated margin', () => {
  it('is added out of what is available', () => {
    const { after, events } = adjust(isolated(10, '500'), '100');
    expect([...margins(after), after.wallet]).toEqual([dollars('600'), dollars('900')]);
    expect(events).toMatchObject([
      { type: 'IsolatedMarginAdjusted', amount: dollars('100'), transfers: [{ type: 'margin-lock' }] },
    ]);
    expect(told(adjust(isolated(10, '500'), '1000.000001'))).toEqual(['InsufficientMargin']);
  });

  it.each([
    // 0.05 at 100,000: initial margin 5,000 / leverage, never less than a tenth.
    [5, '1300', '300'],
    [20, '1300', '800'],
    [40, '1300', '800'],
  ])('at leverage %d leaves the larger of initial margin and a tenth of the notional', (leverage, held, free) => {
    const state = isolated(leverage, held);
    const { after } = adjust(state, `-${free}`);
    expect(after.wallet).toBe(dollars('1000') + dollars(free));
    expect(told(adjust(state, `-${free}.000001`))).toEqual(['MarginBelowRequirement']);
  });

  it('counts unrealised profit and loss, and funding that has accrued', () => {
    const state = isolated(20, '900');
    // At 99,000: −50, and a requirement of 495.
    const markets = marketsAt({ BTC: '99000' });
    expect(margins(adjust(state, '-355', { markets }).after)).toEqual([dollars('545')]);
    expect(told(adjust(state, '-355.000001', { markets }))).toEqual(['MarginBelowRequirement']);
    // An index grown by 10¹² × 1,000 costs a long of 5,000 lots 5 USD.
    const funding = { 'BTC:INTERNAL': 10n ** 15n };
    expect(told(adjust(state, '-395', { funding }))).toEqual(['done']);
    expect(told(adjust(state, '-395.000001', { funding }))).toEqual(['MarginBelowRequirement']);
    // A profit is not in the pot: no more than the pot leaves it.
    expect(told(adjust(state, '-901', { markets: marketsAt({ BTC: '150000' }) }))).toEqual(['MarginBelowRequirement']);
  });

  it('takes from the INTERNAL position first where both routes hold one, and gives to it', () => {
    const state = isolated(20, '700', '600');
    expect(margins(adjust(state, '-250').after)).toEqual([dollars('500'), dollars('550')]);
    expect(margins(adjust(state, '100').after)).toEqual([dollars('800'), dollars('600')]);
    expect(told(adjust(state, '-300.000001'))).toEqual(['MarginBelowRequirement']);
  });

  it('is refused without a position, on a cross one, and blind', () => {
    expect(told(adjust(funded('1000'), '1'))).toEqual(['NoPosition']);
    expect(told(adjust(withSizes(funded('1000'), ['BTC:INTERNAL', 5_000n]), '1'))).toEqual(['NotIsolated']);
    expect(told(trade(funded('1'), { type: 'AdjustIsolatedMargin', symbol: 'X', amount: dollars('1') }))).toEqual([
      'UnknownSymbol',
    ]);
    expect(adjust(isolated(10, '500'), '0').events).toEqual([]);
  });
});
