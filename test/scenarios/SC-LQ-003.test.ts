import { describe, expect, it } from '@jest/globals';
import { applyPolicy, followEngine, openAt } from '../support/engine-events.ts';
import {
  createMarket,
  createTrader,
  setLeverage,
  tierFixture,
  useSystem,
  venuePositions,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';

const system = useSystem({ ...tierFixture, prices: { BTC: 60_001, ETH: 4_249.9 } });

describe('SC-LQ-003: one cross pool over both routes', () => {
  it('is safe at equity 500 against a requirement of 80; at its requirement the larger loss closes first', async () => {
    const market = createMarket(system());
    const events = await followEngine(system());
    // ETH goes to the venue, so that the pool holds a position of each route.
    await applyPolicy(system(), { ...LOCAL_POLICY, version: 2, symbols: { BTC: { isInternalised: true } } });
    // 5,000 after the fees: 6.5 bp of 6,000, and 4.5 bp of 8,500 at the venue.
    const trader = await createTrader(system(), { balance: 5_007.725 });
    for (const coin of ['BTC', 'ETH']) await setLeverage(trader, { coin, leverage: 10, isCross: true });
    await openAt(market, trader, { coin: 'BTC', isBuy: false, size: '0.1', price: '60000', tick: '1' });
    await openAt(market, trader, { coin: 'ETH', isBuy: true, size: '2', price: '4250', tick: '0.1' });
    const opened = await trader.account();
    expect(Object.keys(opened.positions).sort()).toEqual(['BTC:INTERNAL', 'ETH:HYPERLIQUID']);
    expect(opened.wallet).toBe(5_000_000_000n);

    await market.hold('ETH', '4000', '0.1');
    await market.hold('BTC', '100000', '1');
    const safe = await trader.info.clearinghouseState({ user: trader.address });
    expect(Number(safe.crossMarginSummary.accountValue)).toBe(500);
    expect(Number(safe.crossMaintenanceMarginUsed)).toBe(80);
    expect(events.all('LiquidationStarted')).toEqual([]);

    // Equity 80 against 41.68 + 40.
    await market.hold('BTC', '104200', '1');
    await eventually('the end of the liquidation', () => events.all('LiquidationEnded')[0]);
    const steps = events.all('LiquidationStepped');
    expect(steps.map(({ symbol, route }) => `${symbol}:${route}`)).toEqual(['BTC:INTERNAL']);
    expect(steps[0]?.before).toEqual({ equity: 80_000_000n, maintenance: 81_680_000n });
    // Half the spread is a dollar a bitcoin.
    expect(steps[0]?.slippage).toBe(-100_000n);
    expect(steps[0]?.after).toEqual({ equity: 79_900_000n, maintenance: 40_000_000n });
    expect(events.all('LiquidationEnded')[0]?.outcome).toBe('recovered');
    const after = await trader.account();
    expect(Object.keys(after.positions)).toEqual(['ETH:HYPERLIQUID']);
    expect(after.wallet).toBe(579_900_000n);
    expect(await venuePositions(system())).toMatchObject({ ETH: '2.0' });
  });
});
