import { describe, expect, it } from '@jest/globals';
import { type AccountState, accountView, positionKey } from '../account/index.ts';
import { price } from '../money/index.ts';
import { BTC_04, check, dollars, eth, funded, market, NOW, only, POLICY, position, run } from '../testing/index.ts';
import {
  accountsTouched,
  apply,
  decideCommand,
  deserialize,
  initialShard,
  liquidationsDue,
  refreshRisk,
  serialize,
  type ShardState,
  slowRiskCheckOf,
} from './index.ts';

const warned = { level: 'warned80' as const, since: NOW, steps: 0, attempts: 0 };

function shardOf(...accounts: readonly AccountState[]): ShardState {
  const state = initialShard(0);
  for (const account of accounts) state.accounts.set(account.accountId, account);
  state.policy = POLICY;
  return deserialize(serialize(state));
}

function holding(accountId: string, wallet: string, held: ReturnType<typeof position>): AccountState {
  const key = positionKey(held.symbol, held.route);
  const scope = held.marginMode === 'cross' ? 'cross' : key;
  return { ...funded(wallet), accountId, positions: { [key]: held }, episodes: { [scope]: warned } };
}

const pricingAt = (ticks: bigint, over = {}) => ({
  markets: { BTC: market(BTC_04, { mark: '1' }, { markPrice: price(ticks), ...over }), ETH: eth('4000') },
  funding: {},
});

describe('the index and the price that is shown', () => {
  it.each([
    ['isolated long', holding('u', '0', position({ size: '0.1', entry: '80000', margin: '800' })), -1n],
    ['isolated short', holding('u', '0', position({ size: '-0.1', entry: '80000', margin: '800' })), 1n],
    ['cross long', holding('u', '900', position({ size: '0.1', entry: '80000' })), -1n],
  ])('agree to a tick: %s', (_name, account, direction) => {
    const state = shardOf(account);
    const shown = accountView(account, pricingAt(800_000n)).positions[0]!.liquidationPrice!;
    const findings = (ticks: bigint) =>
      slowRiskCheckOf(state, ['u'], pricingAt(ticks))
        .map(({ finding }) => finding)
        .filter((finding) => finding === 'liquidate');
    // Shown rounded toward the user's loss: reached there or one tick on.
    expect(findings(shown + direction)).toEqual(['liquidate']);
    expect(findings(shown - 2n * direction)).toEqual([]);
    refreshRisk(state, pricingAt(shown - 100n * direction));
    // Bands of a cross account come nearer with each look; an isolated price is watched where it is.
    for (let look = 0; look < 8; look += 1) {
      const touched = accountsTouched(state, 'BTC', pricingAt(shown - 4n * direction));
      refreshRisk(state, pricingAt(shown - 4n * direction));
      if (account.episodes['cross'] === undefined) expect(touched).toEqual([]);
    }
    expect(accountsTouched(state, 'BTC', pricingAt(shown - 4n * direction))).toEqual([]);
    expect(accountsTouched(state, 'BTC', pricingAt(shown + direction))).toEqual(['u']);
  });

  it('takes both routes of a coin gross: a hedge inside one account still needs its margin', () => {
    const long = position({ size: '1', entry: '80000' });
    const short = { ...position({ size: '-1', entry: '80000', route: 'HYPERLIQUID' }), positionId: 'p2' };
    const account = {
      ...funded('1000'),
      positions: { 'BTC:INTERNAL': long, 'BTC:HYPERLIQUID': short },
    };
    const view = accountView(account, pricingAt(800_000n));
    expect(view.crossMaintenance).toBe(dollars('640'));
    expect(view.positions).toEqual([]);
  });
});

describe('who is asked', () => {
  const account = holding('u', '0', position({ size: '0.1', entry: '80000', margin: '800' }));
  const below = pricingAt(722_800n);
  const ask = (state: ShardState, pricing: typeof below, id: number) => {
    const facts = {
      at: NOW + id,
      markets: pricing.markets,
      venue: { isAvailable: true, nextNonce: 0, slot: 0, expiresAfterMs: 5_000 },
    };
    const command = { type: 'CheckRisk' as const, commandId: `c${id}`, accountId: 'u', receivedAt: NOW + id };
    const decision = decideCommand(state, command, facts);
    if (decision.outcome === 'accepted') apply(state, { ...decision, commandId: `c${id}`, at: NOW + id });
    return decision.outcome;
  };

  it('keeps accounts of unknown markets to be done', () => {
    const state = shardOf(account);
    const nothing = { markets: {}, funding: {} };
    expect(refreshRisk(state, nothing)).toBe(1);
    expect(accountsTouched(state, 'BTC', nothing)).toEqual([]);
    expect(refreshRisk(state, below)).toBe(1);
    expect(accountsTouched(state, 'ETH', below)).toEqual(['u']);
  });

  it('asks again a few times a second where a mark is old, and at once when it is fresh', () => {
    const state = shardOf(account);
    const old = pricingAt(722_800n, { markAgeMs: 11_000 });
    refreshRisk(state, old);
    expect(accountsTouched(state, 'BTC', old)).toEqual([]);
    expect(liquidationsDue(state, NOW)).toEqual(['u']);
    expect(ask(state, old, 1)).toBe('refused');
    refreshRisk(state, old);
    expect(accountsTouched(state, 'ETH', below)).toEqual([]);
    expect(accountsTouched(state, 'BTC', below)).toEqual(['u']);
    expect(ask(state, below, 2)).toBe('accepted');
    refreshRisk(state, below);
    expect(accountsTouched(state, 'BTC', below)).toEqual([]);
    expect(liquidationsDue(state, NOW)).toEqual([]);
  });

  it('asks at once when a stop by hand is over', () => {
    const state = shardOf(account);
    const stop = (version: number, isOn: boolean) => {
      const policy = { ...POLICY, version, pauses: isOn ? ['liquidation' as const] : [] };
      const event = { type: 'RoutingPolicySet' as const, policy, fees: state.fees };
      apply(state, { commandId: `p${version}`, streamId: 'config', at: NOW, events: [event] });
    };
    stop(2, true);
    refreshRisk(state, below);
    expect(accountsTouched(state, 'BTC', below)).toEqual([]);
    stop(3, false);
    refreshRisk(state, below);
    expect(accountsTouched(state, 'BTC', below)).toEqual(['u']);
  });

  it("the platform's own order cannot be cancelled by the user", () => {
    const venue = position({ symbol: 'ETH', route: 'HYPERLIQUID', size: '-5', entry: '4000', margin: '4000' });
    const held = { ...funded('0'), positions: { 'ETH:HYPERLIQUID': venue } };
    const begun = run(held, check({ markets: { ETH: eth('4790') } }));
    const { orderId } = only(begun.events, 'OrderPlaced')[0]!.order;
    const cancel = { ...check({ markets: { ETH: eth('4790') } }, 1), type: 'CancelOrders' as const };
    expect(run(begun.state, { ...cancel, targets: [{ symbol: 'ETH', orderId }] }).events).toEqual([]);
  });
});
