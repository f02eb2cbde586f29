import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, useSystem, venueFills, venuePositions } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ prices: { ETH: 4_000 } });

describe('PR-005: the order never arrives at the venue', () => {
  it('stays undecided until expiry and lag have passed, then ends and gives its margin back', async () => {
    const market = createMarket(system());
    await market.set('ETH', 4_000);
    const trader = await createTrader(system(), { balance: 10_000 });
    const withdrawable = async (): Promise<number> =>
      Number((await trader.info.clearinghouseState({ user: trader.address })).withdrawable);
    await market.fault({ kind: 'loseRequest', account: system().venue.accounts.trading });
    const sentAt = performance.now();

    const pending = trader.order({ coin: 'ETH', isBuy: true, size: '5' });
    await eventually('margin to be set aside', async () => ((await withdrawable()) < 9_990 ? true : undefined));
    const status = await pending;

    // expiresAfter is 5 s, the venue's visibility lag 2 s: nothing may be decided before.
    expect(performance.now() - sentAt).toBeGreaterThan(7_000);
    expect(status).not.toHaveProperty('filled');
    await eventually('margin to be given back', async () => ((await withdrawable()) === 10_000 ? true : undefined));
    expect(await trader.positions()).toEqual({});
    expect(await venuePositions(system())).toEqual({});
    expect(await venueFills(system())).toBe(0);
    const [order] = await trader.info.historicalOrders({ user: trader.address });
    expect(order?.status).not.toBe('open');
  });
});
