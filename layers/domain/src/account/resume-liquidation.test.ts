import { describe, expect, it } from '@jest/globals';
import { funded, NOW } from '../testing/index.ts';
import { accountDecider, type RiskEpisode } from './index.ts';

const episode = (level: RiskEpisode['level']): RiskEpisode => ({ level, since: NOW, steps: 2, attempts: 3 });
const state = { ...funded('100'), episodes: { cross: episode('takeover'), 'BTC:INTERNAL': episode('warned80') } };
const resume = (scope: string) =>
  accountDecider.decide(state, {
    type: 'ResumeLiquidation',
    commandId: 'c',
    accountId: 'u1',
    at: NOW,
    receivedAt: NOW,
    scope,
  });

describe('a liquidation in the hands of people', () => {
  it('is given back by its scope, and judged anew', () => {
    const decision = resume('cross');
    expect(decision).toEqual({ outcome: 'accepted', events: [{ type: 'RiskCleared', scope: 'cross' }] });
    const [event] = decision.outcome === 'accepted' ? decision.events : [];
    expect(event && accountDecider.evolve(state, event).episodes).toEqual({ 'BTC:INTERNAL': episode('warned80') });
  });

  it('stays what it is where nobody has it', () => {
    for (const scope of ['BTC:INTERNAL', 'ETH:INTERNAL'])
      expect(resume(scope)).toEqual({ outcome: 'accepted', events: [] });
  });
});
