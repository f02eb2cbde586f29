import { describe, expect, it } from '@jest/globals';
import { usd } from '@perps/domain/money';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';
import { applyPolicy } from '../support/engine-events.ts';
import { createTrader, filledOf, useSystem, venueFills, venuePositions } from '../support/scenario.ts';

const system = useSystem({ prices: { BTC: 100_000 } });

describe('VENUE-SLICES: a large market order at the venue', () => {
  it('goes in equal children, one after another, and is one order for the user', async () => {
    const trader = await createTrader(system(), { balance: 100_000 });
    await applyPolicy(system(), {
      ...LOCAL_POLICY,
      version: 2,
      venueSlicing: { above: usd(20_000_000_000n), slices: 3, intervalMs: 500 },
    });
    const whole = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.15' }));
    expect((await trader.record(whole.oid)).order.legs).toMatchObject([{ route: 'HYPERLIQUID', size: 15_000n }]);
    const before = await venueFills(system());

    const sentAt = performance.now();
    const sliced = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.3' }));
    // Two intervals, less what two clocks may differ by.
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(950);
    const { order } = await trader.record(sliced.oid);
    expect(order.legs.map(({ route, size, filledSize }) => [route, size, filledSize])).toEqual(
      Array(3).fill(['HYPERLIQUID', 10_000n, 10_000n]),
    );
    expect(new Set(order.legs.map(({ venueCloid }) => venueCloid)).size).toBe(3);
    expect(Number(sliced.totalSz)).toBe(0.3);
    expect(await venueFills(system())).toBeGreaterThanOrEqual(before + 3);
    expect(await trader.positions()).toEqual({ BTC: '0.45' });
    expect(await venuePositions(system())).toEqual({ BTC: '0.45' });

    const closed = filledOf(await trader.order({ coin: 'BTC', isBuy: false, size: '0.45', reduceOnly: true }));
    expect((await trader.record(closed.oid)).order.legs).toHaveLength(3);
    expect([await trader.positions(), await venuePositions(system())]).toEqual([{}, {}]);
  }, 60_000);
});
