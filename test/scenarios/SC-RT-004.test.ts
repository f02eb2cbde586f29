import { describe, expect, it } from '@jest/globals';
import { shardOf } from '@perps/contracts/engine';
import { usd } from '@perps/domain/money';
import { applyPolicy, openAt } from '../support/engine-events.ts';
import { createMarket, createTrader, filledOf, LOCAL_SHARDS, type Trader, useSystem } from '../support/scenario.ts';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';

const system = useSystem({ prices: { BTC: 99_999 } });

/** The limit is a shard's share: all three live in one. */
async function neighbours(count: number, balance: number): Promise<readonly Trader[]> {
  const traders: Trader[] = [];
  let shard: number | undefined;
  while (traders.length < count) {
    const trader = await createTrader(system(), { balance });
    const home = shardOf((await trader.account()).accountId, LOCAL_SHARDS);
    shard ??= home;
    if (home === shard) traders.push(trader);
  }
  return traders;
}

describe('SC-RT-004: net exposure at its limit', () => {
  it('sends what increases it to the venue and keeps what reduces it', async () => {
    const market = createMarket(system());
    const [whale, buyer, seller] = await neighbours(3, 1_000_000);
    // By hand, so that one order can build a million.
    await applyPolicy(system(), { ...LOCAL_POLICY, version: 2, normalThreshold: usd(2_000_000_000_000n) });
    await openAt(market, whale!, { coin: 'BTC', isBuy: true, size: '10', price: '100000', tick: '1' });
    await applyPolicy(system(), { ...LOCAL_POLICY, version: 3 });
    await market.hold('BTC', '100000', '1');

    const bought = filledOf(await buyer!.order({ coin: 'BTC', isBuy: true, size: '0.03' }));
    expect((await buyer!.record(bought.oid)).order.legs).toMatchObject([
      { route: 'HYPERLIQUID', decision: { reason: 'net_exposure_limit', policyVersion: 3 } },
    ]);
    const sold = filledOf(await seller!.order({ coin: 'BTC', isBuy: false, size: '0.03' }));
    expect((await seller!.record(sold.oid)).order.legs).toMatchObject([
      { route: 'INTERNAL', decision: { reason: 'within_threshold' } },
    ]);
  });
});
