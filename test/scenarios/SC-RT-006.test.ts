import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, filledOf, useSystem, venueFills, venuePositions } from '../support/scenario.ts';

const system = useSystem();

describe('SC-RT-006: a position closes on the route it was opened on', () => {
  it('closes INTERNAL without a word to the venue', async () => {
    await createMarket(system()).set('BTC', 100_000);
    const trader = await createTrader(system(), { balance: 10_000 });
    filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.05' }));
    const before = await venueFills(system());

    filledOf(await trader.order({ coin: 'BTC', isBuy: false, size: '0.05', reduceOnly: true }));

    expect(await trader.positions()).toEqual({});
    expect(await venueFills(system())).toBe(before);
  });

  it('closes HYPERLIQUID at the venue’s fill', async () => {
    await createMarket(system()).set('ETH', 4_000);
    const trader = await createTrader(system(), { balance: 10_000 });
    const opened = filledOf(await trader.order({ coin: 'ETH', isBuy: true, size: '5' }));
    expect(await venuePositions(system())).toMatchObject({ ETH: '5.0' });

    const closed = filledOf(await trader.order({ coin: 'ETH', isBuy: false, size: '5', reduceOnly: true }));

    expect(await trader.positions()).toEqual({});
    expect(await venuePositions(system())).not.toHaveProperty('ETH');
    const fills = await trader.info.userFills({ user: trader.address });
    const pnl = fills.reduce((sum, fill) => sum + Number(fill.closedPnl), 0);
    expect(pnl).toBeCloseTo((Number(closed.avgPx) - Number(opened.avgPx)) * 5, 0);
    const fees = fills.reduce((sum, fill) => sum + Number(fill.fee), 0);
    const state = await trader.info.clearinghouseState({ user: trader.address });
    expect(Number(state.marginSummary.accountValue)).toBeCloseTo(10_000 + pnl - fees, 0);
  });
});
