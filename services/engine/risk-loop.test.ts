import { describe, expect, it } from '@jest/globals';
import type { AccountEvent } from '@perps/domain/account';
import {
  apply,
  decideCommand,
  initialShard,
  isShardWide,
  type ShardCommand,
  type ShardState,
} from '@perps/domain/shard';
import { BTC, context, dollars, market, NOW, order, OWNER, POLICY } from '@perps/domain/testing';
import { noMetrics, silentLogger } from '@perps/runtime/ports';
import { createVirtualClock } from '@perps/runtime/testing';
import type { HostCommand } from './host-commands.ts';
import { createRiskLoop, type RiskLoop } from './risk-loop.ts';

interface Bench {
  readonly state: ShardState;
  readonly loop: RiskLoop;
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly asked: HostCommand[];
  readonly takeovers: string[];
  mark: string;
  /** False: commands get lost, as if the decider never came to them. */
  isDeciding: boolean;
}

/** One shard in memory with a 10× long of 0.05 BTC at 100,000 and a loop over it. */
function bench(): Bench {
  const clock = createVirtualClock(NOW);
  const state = initialShard(0);
  let commands = 0;
  const pricing = () => ({ markets: { BTC: market(BTC, { mark: it.mark }) }, funding: state.funding.indexes });
  const decide = (command: HostCommand): void => {
    commands += 1;
    const whole = { ...command, commandId: `c${commands}`, receivedAt: NOW } as ShardCommand;
    const facts = { at: NOW, markets: pricing().markets, venue: context().venue };
    const decision = decideCommand(state, whole, facts);
    if (decision.outcome === 'refused') return;
    const { streamId, events, result } = decision;
    apply(state, { commandId: whole.commandId, streamId, at: NOW, events, result });
    const ofAccount = events.filter((event): event is AccountEvent => !isShardWide(event));
    it.loop.committed(streamId, ofAccount);
  };
  const command = async (_subject: string, asked: HostCommand) => {
    it.asked.push(asked);
    if (it.isDeciding) decide(asked);
    return { kind: 'done' } as const;
  };
  const takeovers: string[] = [];
  const loop = createRiskLoop({
    shard: { state: () => state, pricing, command },
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    later: (task) => {
      task();
    },
    onTakeover: (accountId) => takeovers.push(accountId),
  });
  const it: Bench = { state, loop, clock, asked: [], takeovers, mark: '100000', isDeciding: true };
  decide({ type: 'SetRoutingPolicy', shard: 0, policy: POLICY });
  decide({ type: 'OpenAccount', accountId: 'u1', owner: OWNER });
  decide({ type: 'CreditDeposit', accountId: 'u1', depositId: 'd1', chain: 'test', amount: dollars('1000') });
  decide({ type: 'UpdateLeverage', accountId: 'u1', symbol: 'BTC', setting: { marginMode: 'isolated', leverage: 10 } });
  decide({ type: 'PlaceOrders', accountId: 'u1', orders: [order({ side: 'buy', size: '0.05', limit: '103000' })] });
  it.asked.length = 0;
  return it;
}

const checksOf = ({ asked }: Bench): number => asked.filter(({ type }) => type === 'CheckRisk').length;

describe('the liquidation loop', () => {
  it('asks nobody while the mark stands, and liquidates at the accepted mark that reaches the requirement', () => {
    const on = bench();
    on.loop.onMark('BTC');
    expect(checksOf(on)).toBe(0);
    on.mark = '91000';
    on.loop.onMark('BTC');
    expect(checksOf(on)).toBeGreaterThan(0);
    expect(on.state.accounts.get('u1')?.positions).toEqual({});
  });

  it('alarms where an account at its requirement is not being liquidated for a second, and asks on', async () => {
    const on = bench();
    on.isDeciding = false;
    on.mark = '90000';
    on.loop.onTurn();
    expect(on.loop.reasons()).toEqual([]);
    expect(checksOf(on)).toBeGreaterThan(0);
    await on.clock.advance(1_100);
    on.loop.onTurn();
    expect(on.loop.reasons()).toEqual(['P0: 1 accounts at their requirement are not being liquidated']);
    on.isDeciding = true;
    await on.clock.settle();
    on.loop.onTurn();
    await on.clock.settle();
    on.loop.onTurn();
    expect(on.loop.reasons()).toEqual([]);
    expect(on.state.accounts.get('u1')?.positions).toEqual({});
  });

  it('says that it is silent, and that people have stopped it', async () => {
    const on = bench();
    on.loop.onTurn();
    await on.clock.advance(3_000);
    expect(on.loop.reasons()).toEqual(['liquidation loop silent for 3 s']);
    on.loop.onTurn();
    on.state.policy = { ...on.state.policy, pauses: ['liquidation'] };
    on.mark = '90000';
    on.loop.onMark('BTC');
    expect(on.loop.reasons()).toEqual(['P0: liquidation is stopped by hand']);
    expect(on.state.accounts.get('u1')?.positions).not.toEqual({});
  });
});
