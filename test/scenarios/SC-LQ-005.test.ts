import { describe, expect, it } from '@jest/globals';
import { openAt } from '../support/engine-events.ts';
import { createMarket, createTrader, setLeverage, tierFixture, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ ...tierFixture, prices: { BTC: 79_999, ETH: 3_999.9 } });

describe('SC-LQ-005: isolated and cross are two risks', () => {
  it('an isolated liquidation leaves cross margin and what is available untouched', async () => {
    const market = createMarket(system());
    const trader = await createTrader(system(), { balance: 5_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: false });
    await setLeverage(trader, { coin: 'ETH', leverage: 10, isCross: true });
    await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.1', price: '80000', tick: '1' });
    await openAt(market, trader, { coin: 'ETH', isBuy: true, size: '2', price: '4000', tick: '0.1' });
    const crossOf = async () => {
      const state = await trader.info.clearinghouseState({ user: trader.address });
      const { crossMarginSummary, crossMaintenanceMarginUsed, withdrawable } = state;
      return { crossMarginSummary, crossMaintenanceMarginUsed, withdrawable };
    };
    const before = await crossOf();
    expect(Number(before.crossMaintenanceMarginUsed)).toBeCloseTo(40, 1);

    await market.hold('BTC', '72280', '1');
    const after = await eventually('the liquidation', async () => {
      const account = await trader.account();
      return account.positions['BTC:INTERNAL'] === undefined ? account : undefined;
    });
    expect(Object.keys(after.positions)).toEqual(['ETH:INTERNAL']);
    expect(await crossOf()).toEqual(before);
  });
});
