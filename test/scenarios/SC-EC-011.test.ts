/**
 * At Hyperliquid's door leverage and margin mode are a coin's, so both positions are isolated here: a short comes to
 * stand beside a long when an order that rested at the venue before it is filled.
 */
import { describe, expect, it } from '@jest/globals';
import { openAt } from '../support/engine-events.ts';
import {
  createMarket,
  createTrader,
  restingOf,
  setLeverage,
  tierFixture,
  useSystem,
  venuePositions,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ ...tierFixture, prices: { BTC: 59_999 } });

describe('SC-EC-011: a long on our book and a short at the venue, in one coin', () => {
  it('gain and lose apart, and the liquidation of one leaves the other as it was', async () => {
    const market = createMarket(system());
    const trader = await createTrader(system(), { balance: 50_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 1, isCross: false });
    await market.hold('BTC', '59999', '1');
    restingOf(await trader.order({ coin: 'BTC', isBuy: false, size: '0.33333', price: '60000', tif: 'Alo' }));
    await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.08333', price: '60000', tick: '1' });
    await market.hold('BTC', '60001', '1');
    const opened = await eventually('both positions', async () => {
      const { positions } = await trader.account();
      return positions['BTC:HYPERLIQUID']?.size === -33_333n ? positions : undefined;
    });
    expect(opened['BTC:INTERNAL']).toMatchObject({
      size: 8_333n,
      marginMode: 'isolated',
      entryNotional: 4_999_800_000n,
    });
    expect(opened['BTC:HYPERLIQUID']).toMatchObject({ marginMode: 'isolated', entryNotional: 19_999_800_000n });
    expect(await venuePositions(system())).toMatchObject({ BTC: '-0.33333' });

    await market.hold('BTC', '55000', '1');
    const state = await trader.info.clearinghouseState({ user: trader.address });
    // −416.65 and +1,666.65.
    expect(Number(state.assetPositions[0]?.position.unrealizedPnl)).toBe(1_250);
    expect((await trader.account()).positions).toEqual(opened);
    expect((await trader.account()).episodes).toEqual({});

    // 1×: the short meets its requirement before the price has doubled.
    await market.hold('BTC', '119700', '1');
    const left = await eventually('the liquidation of the short', async () => {
      const { positions } = await trader.account();
      return positions['BTC:HYPERLIQUID'] === undefined ? positions : undefined;
    });
    expect(left).toEqual({ 'BTC:INTERNAL': opened['BTC:INTERNAL'] });
    expect((await venuePositions(system()))['BTC']).toBeUndefined();
  });
});
