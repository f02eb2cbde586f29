import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, filledOf, useSystem, venuePositions } from '../support/scenario.ts';

const system = useSystem({ prices: { ETH: 4_000 } });

describe('SC-RT-002: a large order goes to the market', () => {
  it('sends $20,000 of ETH to the venue, enters at its fill, takes the margin from it', async () => {
    await createMarket(system()).set('ETH', 4_000);
    const trader = await createTrader(system(), { balance: 5_000 });
    const eth = (await trader.info.meta()).universe.findIndex(({ name }) => name === 'ETH');
    await trader.exchange.updateLeverage({ asset: eth, isCross: false, leverage: 5 });

    const filled = filledOf(await trader.order({ coin: 'ETH', isBuy: true, size: '5' }));

    const record = await trader.record(filled.oid);
    expect(record.order.legs).toHaveLength(1);
    expect(record.order.legs[0]).toMatchObject({ route: 'HYPERLIQUID', decision: { reason: 'over_threshold' } });
    expect(await venuePositions(system())).toEqual({ ETH: '5.0' });

    const state = await trader.info.clearinghouseState({ user: trader.address });
    const { position } = state.assetPositions[0]!;
    expect(position).toMatchObject({ coin: 'ETH', szi: '5.0' });
    expect(Number(position.entryPx)).toBeCloseTo(Number(filled.avgPx), 1);
    const margin = (5 * Number(filled.avgPx)) / 5;
    expect(Number(position.marginUsed) - Number(position.unrealizedPnl)).toBeCloseTo(margin, 1);

    // The fee is the venue's: what its receipt says, not a schedule of ours.
    const fills = await trader.info.userFills({ user: trader.address });
    const fees = fills.reduce((sum, { fee }) => sum + Number(fee), 0);
    const total = Number(state.marginSummary.accountValue);
    expect(total).toBeCloseTo(5_000 - fees + Number(position.unrealizedPnl), 4);
  });
});
