import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, filledOf, useSystem, venueFills } from '../support/scenario.ts';

const system = useSystem();

describe('SC-RT-001: a small order is taken by the platform itself', () => {
  it('fills $5,000 of BTC at the best ask, locks $500 at 10×, logs the decision, sends nothing to the venue', async () => {
    const market = createMarket(system());
    await market.set('BTC', 100_000);
    const trader = await createTrader(system(), { balance: 1_000 });
    const btc = (await trader.info.meta()).universe.findIndex(({ name }) => name === 'BTC');
    await trader.exchange.updateLeverage({ asset: btc, isCross: false, leverage: 10 });
    const { ask } = await market.bbo('BTC');

    const filled = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.05' }));

    expect(filled.totalSz).toBe('0.05');
    expect(Number(filled.avgPx)).toBe(Number(ask));

    const record = await trader.record(filled.oid);
    expect(record.order.legs).toHaveLength(1);
    expect(record.order.legs[0]).toMatchObject({
      route: 'INTERNAL',
      decision: { route: 'INTERNAL', reason: 'within_threshold', mode: 'NORMAL_MODE', thresholdUsed: 10_000_000_000n },
    });

    // Isolated margin is size × fill price / 10; the mark stands a little beside the ask, so equity moves by that.
    const state = await trader.info.clearinghouseState({ user: trader.address });
    const { position } = state.assetPositions[0]!;
    const locked = (0.05 * Number(filled.avgPx)) / 10;
    expect(Number(position.marginUsed)).toBeCloseTo(locked + Number(position.unrealizedPnl), 5);
    expect(locked).toBeCloseTo(500, -1);

    expect(await venueFills(system())).toBe(0);
  });
});
