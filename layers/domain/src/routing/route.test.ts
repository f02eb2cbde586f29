import { describe, expect, it } from '@jest/globals';
import { dollars } from '../testing/index.ts';
import { DEFAULT_ROUTING_POLICY, route, type RoutingFacts, type RoutingPolicy } from './index.ts';

const policy: RoutingPolicy = { ...DEFAULT_ROUTING_POLICY, version: 7, symbols: { BTC: { isInternalised: true } } };
const facts: RoutingFacts = {
  symbol: 'BTC',
  notional: dollars('5000'),
  direction: 1,
  netExposure: dollars('0'),
  totalExposure: dollars('0'),
  userInternalNotional: dollars('0'),
  userRecentInternalVolume: dollars('0'),
  latencyMs: 30,
  quoteAgeMs: 20,
  isPriceHeld: false,
};
const betting: Partial<RoutingPolicy> = { mode: 'BETTING_MODE' };

type Row = readonly [rule: string, facts: Partial<RoutingFacts>, policy: Partial<RoutingPolicy>, reason: string];
const rows: readonly Row[] = [
  ['a small order', {}, {}, 'within_threshold'],
  ['SC-RT-009 exactly the threshold', { notional: dollars('10000') }, {}, 'within_threshold'],
  ['SC-RT-009 one cent over', { notional: dollars('10000.01') }, {}, 'over_threshold'],
  ['SC-RT-009 betting, exactly', { notional: dollars('50000') }, betting, 'within_threshold'],
  ['SC-RT-009 betting, one cent over', { notional: dollars('50000.01') }, betting, 'over_threshold'],
  ['HL_MODE', {}, { mode: 'HL_MODE' }, 'hl_mode'],
  ['a symbol’s own mode', {}, { symbols: { BTC: { isInternalised: true, mode: 'HL_MODE' } } }, 'hl_mode'],
  [
    'a symbol’s own threshold',
    { notional: dollars('1000.01') },
    { symbols: { BTC: { isInternalised: true, normalThreshold: dollars('1000') } } },
    'over_threshold',
  ],
  ['an unlisted symbol', { symbol: 'DOGE' }, {}, 'symbol_not_internalised'],
  ['a symbol listed but off', {}, { symbols: { BTC: { isInternalised: false } } }, 'symbol_not_internalised'],
  ['SC-RT-005 latency 600 ms', { latencyMs: 600 }, {}, 'hl_latency_exceeded'],
  ['latency 500 ms', { latencyMs: 500 }, {}, 'within_threshold'],
  ['a quote older than 500 ms', { quoteAgeMs: 501 }, {}, 'quote_stale'],
  ['a held price', { isPriceHeld: true }, {}, 'price_held'],
  ['SC-EC-003 a volatile market', { isVolatile: true }, {}, 'volatility_exceeded'],
  ['a global hold', {}, { holds: ['volatility'] }, 'held'],
  ['a hold of the symbol', {}, { symbols: { BTC: { isInternalised: true, holds: ['hedge'] } } }, 'held'],
  ['SC-RT-004 long at the limit, buys', { netExposure: dollars('1000000') }, {}, 'net_exposure_limit'],
  ['SC-RT-004 long at the limit, sells', { netExposure: dollars('1000000'), direction: -1 }, {}, 'within_threshold'],
  ['short at the limit, sells', { netExposure: dollars('-1000000'), direction: -1 }, {}, 'net_exposure_limit'],
  ['short at the limit, buys', { netExposure: dollars('-1000000') }, {}, 'within_threshold'],
  ['a cent below the limit', { netExposure: dollars('999999.99') }, {}, 'within_threshold'],
  ['total exposure at its limit', { totalExposure: dollars('5000000') }, {}, 'total_exposure_limit'],
  ['betting switched off', {}, { isBettingEnabled: false }, 'betting_disabled'],
  ['the user’s cap, reached', { userInternalNotional: dollars('45000') }, {}, 'within_threshold'],
  ['the user’s cap, passed', { userInternalNotional: dollars('45000.01') }, {}, 'user_internal_cap'],
  ['the split window, full', { userRecentInternalVolume: dollars('5000') }, {}, 'within_threshold'],
  ['the split window, passed', { userRecentInternalVolume: dollars('5000.01') }, {}, 'split_window'],
];

describe('route', () => {
  it.each(rows)('%s', (_rule, factsOver, policyOver, reason) => {
    const decision = route({ ...facts, ...factsOver }, { ...policy, ...policyOver });
    expect(decision.reason).toBe(reason);
    expect(decision.route).toBe(reason === 'within_threshold' ? 'INTERNAL' : 'HYPERLIQUID');
    expect(decision.policyVersion).toBe(7);
  });

  it('names the first guard where several hold', () => {
    const everything = {
      latencyMs: 900,
      isPriceHeld: true,
      netExposure: dollars('2000000'),
      notional: dollars('1000000'),
    };
    expect(route({ ...facts, ...everything }, { ...policy, holds: ['reserve'] }).reason).toBe('held');
    expect(route({ ...facts, ...everything }, policy).reason).toBe('price_held');
  });

  it('internalises nothing by default', () => {
    expect(route(facts, DEFAULT_ROUTING_POLICY).reason).toBe('symbol_not_internalised');
  });
});
