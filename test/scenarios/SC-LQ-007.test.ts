import { describe, expect, it } from '@jest/globals';
import { followEngine, openAt } from '../support/engine-events.ts';
import { createMarket, createTrader, setLeverage, tierFixture, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ ...tierFixture, prices: { BTC: 79_999 } });

describe('SC-LQ-007: a bad print', () => {
  it('of 200 ms liquidates nobody; a fall that three updates confirm does, within a second of acceptance', async () => {
    const market = createMarket(system());
    const events = await followEngine(system());
    const trader = await createTrader(system(), { balance: 5_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: false });
    await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.1', price: '80000', tick: '1' });

    await market.badPrint('BTC', '40000', 200);
    // The good mark is back, and another good one has come after it: whatever the print could do is done.
    await market.hold('BTC', '79990', '1');
    await market.hold('BTC', '79980', '1');
    expect((await trader.account()).positions['BTC:INTERNAL']).toBeDefined();
    expect(events.all('LiquidationStarted')).toEqual([]);
    expect(events.all('RiskWarned')).toEqual([]);

    // Book and oracle do not follow, so each mark counts only by the next ones.
    await market.badPrint('BTC', '40000', 30_000);
    for (const mark of ['39990', '39980']) {
      await market.badPrint('BTC', mark, 30_000);
      expect(events.all('LiquidationStarted')).toEqual([]);
    }
    const confirmedAt = Date.now();
    await market.badPrint('BTC', '39970', 30_000);
    const startedAt = await eventually('the liquidation', () => events.firstAt('LiquidationStarted'));
    const tookMs = startedAt - confirmedAt;
    process.stdout.write(`SC-LQ-007: liquidated ${Math.round(tookMs)} ms after the confirming mark was published\n`);
    // Not by one or two marks either: it began after the third was on its way.
    expect(tookMs).toBeGreaterThanOrEqual(0);
    expect(tookMs).toBeLessThan(1_000);
    await eventually('the end of the position', async () =>
      (await trader.account()).positions['BTC:INTERNAL'] === undefined ? true : undefined,
    );
  });
});
