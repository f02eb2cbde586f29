import { describe, expect, it } from '@jest/globals';
import { usd } from '../money/index.ts';
import { BTC, context, dollars, ETH, market, NOW, order, OWNER } from '../testing/index.ts';
import { DEFAULT_ROUTING_POLICY, type RoutingPolicy } from '../routing/index.ts';
import {
  apply,
  checks,
  decideCommand,
  deserialize,
  initialShard,
  serialize,
  type ShardCommand,
  type ShardDecision,
  type ShardState,
} from './index.ts';

let commands = 0;

function submit(state: ShardState, command: Record<string, unknown> & Pick<ShardCommand, 'type'>): ShardDecision {
  commands += 1;
  const base = { commandId: `c${commands}`, receivedAt: NOW, shard: 0 };
  const full = { ...base, ...command } as unknown as ShardCommand;
  const markets = { BTC: market(BTC, { mark: '100000' }), ETH: market(ETH, { mark: '4000' }) };
  const decided = decideCommand(state, full, { at: NOW, markets, venue: context({}).venue });
  if (decided.outcome === 'accepted') {
    const { streamId, events, result } = decided;
    apply(state, { commandId: full.commandId, streamId, at: NOW, events, result });
  }
  return decided;
}

const cover = (id: string, amount = dollars('25')) => ({ type: 'CoverDeviation' as const, id, symbol: 'BTC', amount });
const stop = (decidedAt: number, isStopped = true, cause = 'deviation') => ({
  type: 'StopVenueOpens' as const,
  symbol: 'BTC',
  cause,
  isStopped,
  decidedAt,
});
const stoppedBy = ({ policy }: ShardState, symbol = 'BTC') => policy.symbols[symbol]?.venueOpensStopped;

describe('a cover', () => {
  it('moves the reserve’s money to the venue’s account, and the ledger sums to zero', () => {
    const state = initialShard(0);
    expect(submit(state, cover('coin:BTC:1'))).toMatchObject({ outcome: 'accepted', streamId: 'config' });
    expect([state.platform.get('risk-reserve'), state.platform.get('venue:hl-trading')]).toEqual([
      dollars('-25'),
      dollars('25'),
    ]);
    submit(state, cover('coin:BTC:2', dollars('-40')));
    expect([state.platform.get('risk-reserve'), state.platform.get('venue:hl-trading')]).toEqual([
      dollars('15'),
      dollars('-15'),
    ]);
    expect(checks(state)).toEqual([]);
  });

  it('is done once for an id, for ever: by any command, of any amount, after a restart', () => {
    const state = initialShard(0);
    submit(state, cover('coin:BTC:1'));
    const again = deserialize(serialize(state));
    for (const command of [cover('coin:BTC:1'), cover('coin:BTC:1', dollars('99'))]) {
      expect(submit(again, command)).toMatchObject({ outcome: 'refused', result: { kind: 'done' } });
    }
    expect(again.platform.get('risk-reserve')).toBe(dollars('-25'));
  });

  it('of nothing is nothing', () => {
    expect(submit(initialShard(0), cover('x', usd(0n))).outcome).toBe('refused');
  });
});

describe('opens at the venue', () => {
  const policy: RoutingPolicy = { ...DEFAULT_ROUTING_POLICY, version: 1, symbols: { BTC: { isInternalised: true } } };
  /** ETH is not internalised: it is traded at the venue whatever its size. */
  function world(): ShardState {
    const state = initialShard(0);
    submit(state, { type: 'SetRoutingPolicy', policy });
    submit(state, { type: 'OpenAccount', accountId: 'ann', owner: OWNER });
    submit(state, {
      type: 'CreditDeposit',
      accountId: 'ann',
      depositId: 'd',
      chain: 'test',
      amount: dollars('100000'),
    });
    return state;
  }
  const buy = (state: ShardState, words: Parameters<typeof order>[0]) =>
    submit(state, { type: 'PlaceOrders', accountId: 'ann', orders: [order(words)], grouping: 'na' }).result;

  it('of a stopped symbol are refused, of others not, and INTERNAL goes on', () => {
    const state = world();
    submit(state, { ...stop(1), symbol: 'ETH' });
    const eth = { symbol: 'ETH', side: 'buy', size: '1', limit: '4100', tif: 'IOC' } as const;
    const btc = { symbol: 'BTC', side: 'buy', size: '0.01', limit: '101000', tif: 'IOC' } as const;
    expect(buy(state, eth)).toMatchObject({
      orders: [{ status: 'refused', rejection: { reason: 'VenueOpensStopped', cause: 'deviation' } }],
    });
    expect(buy(state, btc)).toMatchObject({ orders: [{ status: 'filled' }] });
    submit(state, { ...stop(2, false), symbol: 'ETH' });
    expect(buy(state, eth)).not.toMatchObject({ orders: [{ status: 'refused' }] });
  });

  it('stay stopped whatever policy is set, and a policy cannot stop them', () => {
    const state = world();
    submit(state, stop(1));
    const listed = { BTC: { isInternalised: false }, ETH: { isInternalised: true, venueOpensStopped: 'by hand' } };
    submit(state, { type: 'SetRoutingPolicy', policy: { ...policy, version: 2, symbols: listed } });
    expect(state.policy.symbols).toEqual({
      BTC: { isInternalised: false, venueOpensStopped: 'deviation' },
      ETH: { isInternalised: true },
    });
    // As the engine does where a take-over forces HL_MODE: the policy in force, written back.
    submit(state, { type: 'SetRoutingPolicy', policy: { ...state.policy, mode: 'HL_MODE' } });
    submit(state, stop(2, false));
    expect(stoppedBy(state)).toBeUndefined();
    expect(state.policy.mode).toBe('HL_MODE');
  });

  it('follow the newest word, in whatever order words arrive', () => {
    const state = world();
    submit(state, stop(5, false));
    expect(submit(state, stop(4)).outcome).toBe('refused');
    expect(stoppedBy(state)).toBeUndefined();
    submit(state, stop(6));
    expect(stoppedBy(state)).toBe('deviation');
    expect(submit(state, stop(6)).outcome).toBe('refused');
  });

  it('are released when every cause is gone', () => {
    const state = world();
    submit(state, stop(1));
    submit(state, stop(1, true, 'venue margin'));
    expect(stoppedBy(state)).toBe('deviation, venue margin');
    submit(state, stop(2, false));
    expect(stoppedBy(state)).toBe('venue margin');
    submit(state, stop(2, false, 'venue margin'));
    expect(stoppedBy(state)).toBeUndefined();
  });

  it('stay as they are through a snapshot', () => {
    const state = world();
    submit(state, { ...stop(3), symbol: 'DOGE' });
    submit(state, stop(2, false));
    const again = deserialize(serialize(state));
    expect(stoppedBy(again, 'DOGE')).toBe('deviation');
    expect(submit(again, stop(1)).outcome).toBe('refused');
    expect(serialize(again)).toEqual(serialize(state));
  });
});
