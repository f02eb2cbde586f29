import { describe, expect, it } from '@jest/globals';
import type { AccountState, RiskEpisode, RoutingPolicy } from './index.ts';
import {
  context,
  funded,
  marketsAt,
  order,
  placed,
  POLICY,
  told,
  trade,
  triggerOrder,
  withSizes,
} from '../testing/index.ts';

const LONG = withSizes(funded('10000'), ['BTC:INTERNAL', 5_000n]);
const OPEN = order({ side: 'buy', size: '0.01', limit: '105000' });
const CLOSE = order({ side: 'sell', size: '0.05', limit: '95000' });
const FLIP = order({ side: 'sell', size: '0.06', limit: '95000' });
const REST = order({ side: 'buy', size: '0.01', limit: '99000', tif: 'GTC' });
const STOP = triggerOrder({ side: 'sell', size: '0.05', limit: '85000', at: '90000', kind: 'stop' });
const policyOf = (over: Partial<RoutingPolicy>): { policy: RoutingPolicy } => ({ policy: { ...POLICY, ...over } });
const forBtc = (over: Partial<RoutingPolicy['symbols'][string]>) =>
  policyOf({ symbols: { ...POLICY.symbols, BTC: { isInternalised: true, ...over } } });
const episode = (level: RiskEpisode['level']): RiskEpisode => ({ level, since: 0, steps: 0, attempts: 0 });
const answers = (state: AccountState, over = {}) =>
  [OPEN, CLOSE, FLIP].map((one) => told(placed(state, [one], over))[0]);

describe('trading states', () => {
  it.each([
    ['everywhere', policyOf({ tradingState: 'REDUCING' })],
    ['for the symbol', forBtc({ tradingState: 'REDUCING' })],
  ])('REDUCING %s takes only what closes', (_where, over) => {
    expect(answers(LONG, over)).toEqual(['OnlyReducing', 'filled', 'OnlyReducing']);
  });

  it.each([
    ['everywhere', policyOf({ tradingState: 'HALTED' })],
    ['for the symbol', forBtc({ tradingState: 'HALTED' })],
  ])('HALTED %s takes nothing', (_where, over) => {
    expect(answers(LONG, over)).toEqual(['TradingHalted', 'TradingHalted', 'TradingHalted']);
  });

  it('hold for one account', () => {
    const set = trade(LONG, { type: 'SetTradingState', tradingState: 'REDUCING', cause: 'operator' }).after;
    expect(answers(set)).toEqual(['AccountRestricted', 'filled', 'AccountRestricted']);
    const halted = { ...LONG, tradingState: 'HALTED' as const };
    expect(answers(halted)).toEqual(['AccountRestricted', 'AccountRestricted', 'AccountRestricted']);
  });

  it.each(['warned50', 'warned80', 'liquidating', 'takeover'] as const)('%s makes the account REDUCING', (level) => {
    const cross = { ...LONG, episodes: { cross: episode(level) } };
    expect(answers(cross)).toEqual(['AccountRestricted', 'filled', 'AccountRestricted']);
    const isolated = { ...LONG, episodes: { 'BTC:INTERNAL': episode(level) } };
    expect(told(placed(isolated, [OPEN]))).toEqual(['AccountRestricted']);
    expect(told(placed(isolated, [order({ symbol: 'ETH', side: 'buy', size: '1', limit: '4200' })]))).toEqual([
      'filled',
    ]);
  });

  it('never forbid a cancel', () => {
    const rested = placed(placed(LONG, [REST]).after, [STOP]).after;
    for (const over of [policyOf({ tradingState: 'HALTED', pauses: ['open', 'close', 'trigger'] })]) {
      const halted = { ...rested, tradingState: 'HALTED' as const };
      const { result } = trade(halted, { type: 'CancelAll', cause: 'user' }, over);
      expect(result).toEqual({ kind: 'cancels', cancels: [{ status: 'canceled' }, { status: 'canceled' }] });
    }
  });
});

describe('pauses', () => {
  it('of opening and of closing refuse just that', () => {
    expect(answers(LONG, policyOf({ pauses: ['open'] }))).toEqual(['OperationPaused', 'filled', 'OperationPaused']);
    expect(answers(LONG, forBtc({ pauses: ['close'] }))).toEqual(['filled', 'OperationPaused', 'OperationPaused']);
  });

  it.each([
    ['HALTED', policyOf({ tradingState: 'HALTED' })],
    ['REDUCING', forBtc({ tradingState: 'REDUCING' })],
    ['paused', policyOf({ pauses: ['open'] })],
  ])('%s, a resting order waits', (_state, over) => {
    const { after } = placed(LONG, [REST]);
    const markets = marketsAt({ BTC: '98000' });
    expect(trade(after, { type: 'FillResting', orderId: 64 }, { markets, ...over }).events).toEqual([]);
    expect(trade(after, { type: 'FillResting', orderId: 64 }, { markets }).types).toContain('OrderFilled');
  });

  it.each([
    ['trigger', policyOf({ pauses: ['trigger'] })],
    ['close', forBtc({ pauses: ['close'] })],
    ['HALTED', policyOf({ tradingState: 'HALTED' })],
  ])('%s, a stop waits and fires when it is released', (_state, over) => {
    const { after } = placed(LONG, [STOP]);
    const markets = marketsAt({ BTC: '89000' });
    const held = trade(after, { type: 'FireTrigger', orderId: 64 }, { markets, ...over });
    expect([held.events, held.after.triggers[64]]).toEqual([[], after.triggers[64]]);
    expect(trade(after, { type: 'FireTrigger', orderId: 64 }, { markets }).after.positions).toEqual({});
  });

  it('a stop fires while only opening is forbidden', () => {
    const { after } = placed(LONG, [STOP]);
    const reducing = { ...after, tradingState: 'REDUCING' as const };
    const over = { markets: marketsAt({ BTC: '89000' }), ...policyOf({ pauses: ['open'] }) };
    expect(trade(reducing, { type: 'FireTrigger', orderId: 64 }, over).after.positions).toEqual({});
  });

  it('stopped venue opens refuse an open that goes there, and nothing else', () => {
    const stopped = forBtc({ venueOpensStopped: 'deviation' });
    expect(answers(LONG, stopped)).toEqual(['filled', 'filled', 'filled']);
    const away = { policy: { ...stopped.policy, holds: ['reserve'] } };
    expect(answers(LONG, away)).toEqual(['VenueOpensStopped', 'filled', 'VenueOpensStopped']);
    const atVenue = withSizes(funded('10000'), ['BTC:HYPERLIQUID', 5_000n]);
    expect(told(placed(atVenue, [CLOSE], away))).toEqual(['pending']);
  });
});

describe('the fee surcharge', () => {
  const over = policyOf({ feeSurcharge: 10 });

  it('is added to taker and maker on INTERNAL', () => {
    // 1,000 × (4.5 + 1 + 2) bp, and 990 × (1.5 + 1 + 2) bp.
    expect(placed(LONG, [OPEN], over).events[1]).toMatchObject({ fee: 750_000n });
    const { after } = placed(LONG, [REST], over);
    const maker = trade(after, { type: 'FillResting', orderId: 64 }, { ...over, markets: marketsAt({ BTC: '99000' }) });
    expect(maker.events[0]).toMatchObject({ fee: 445_500n });
    expect(context().fees.taker).toBe(45);
  });
});
