import { describe, expect, it } from '@jest/globals';
import { applyPolicy, followEngine, openAt } from '../support/engine-events.ts';
import {
  createMarket,
  createTrader,
  platformAccounts,
  setLeverage,
  tierFixture,
  useSystem,
  venuePositions,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';

const system = useSystem({ ...tierFixture, prices: { BTC: 60_001, ETH: 4_249.9, SOL: 199.99 } });

describe('SC-LQ-004: nothing recovers', () => {
  it('closes three losers one after the other, each recomputed; the wallet ends at zero, the rest is bad debt', async () => {
    const market = createMarket(system());
    const events = await followEngine(system());
    await applyPolicy(system(), {
      ...LOCAL_POLICY,
      version: 2,
      symbols: { BTC: { isInternalised: true }, SOL: { isInternalised: true } },
    });
    const trader = await createTrader(system(), { balance: 5_000 });
    for (const coin of ['BTC', 'ETH', 'SOL']) await setLeverage(trader, { coin, leverage: 10, isCross: true });
    await openAt(market, trader, { coin: 'BTC', isBuy: false, size: '0.1', price: '60000', tick: '1' });
    await openAt(market, trader, { coin: 'ETH', isBuy: true, size: '2', price: '4250', tick: '0.1' });
    await openAt(market, trader, { coin: 'SOL', isBuy: true, size: '40', price: '200', tick: '0.01' });
    expect(Object.keys((await trader.account()).positions).sort()).toEqual([
      'BTC:INTERNAL',
      'ETH:HYPERLIQUID',
      'SOL:INTERNAL',
    ]);
    const before = await platformAccounts(system());
    const opened = await trader.account();

    await market.hold('SOL', '180', '0.01');
    await market.hold('ETH', '4000', '0.1');
    expect(events.all('LiquidationStarted')).toEqual([]);
    await market.hold('BTC', '100000', '1');
    await eventually('the end of the liquidation', () => events.all('LiquidationEnded')[0]);

    const steps = events.all('LiquidationStepped');
    expect(steps.map(({ symbol }) => symbol)).toEqual(['BTC', 'SOL', 'ETH']);
    for (const [index, { before: figures }] of steps.entries()) {
      const previous = steps[index - 1];
      if (previous !== undefined) expect(figures).toEqual(previous.after);
      expect(figures.equity <= figures.maintenance).toBe(true);
    }
    expect(events.all('LiquidationEnded')[0]?.outcome).toBe('closed');
    const after = await trader.account();
    expect(after.positions).toEqual({});
    expect(after.wallet).toBe(0n);
    // 5,000 less fees does not pay 4,000.1 + 800.4 + 500.2 and the fee of the sale at the venue.
    const platform = await platformAccounts(system());
    const grown = (name: string): bigint => (platform[name] ?? 0n) - (before[name] ?? 0n);
    const sum = (accounts: Readonly<Record<string, bigint>>): bigint =>
      Object.values(accounts).reduce((total, amount) => total + amount, 0n);
    const saleFee = 3_599_910n;
    const owed = 4_000_100_000n + 800_400_000n + 500_200_000n + saleFee;
    expect(grown('bad-debt')).toBe(opened.wallet - owed);
    expect(sum(platform) - sum(before)).toBe(opened.wallet);
    expect((await venuePositions(system()))['ETH']).toBeUndefined();
  });
});
