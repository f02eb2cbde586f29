import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, filledOf, useSystem, venuePositions } from '../support/scenario.ts';

const system = useSystem({ prices: { ETH: 4_000 } });

describe('PR-002: the venue fills while the stream is silent and the request’s answer is lost', () => {
  it('looks the order up, books its fill and answers the trader with it', async () => {
    const market = createMarket(system());
    await market.set('ETH', 4_000);
    const trader = await createTrader(system(), { balance: 10_000 });
    const { trading } = system().venue.accounts;
    await market.fault({ kind: 'wsSilence', account: trading, ms: 20_000 });
    await market.fault({ kind: 'loseAnswer', account: trading });

    const filled = filledOf(await trader.order({ coin: 'ETH', isBuy: true, size: '5' }));

    expect(filled.totalSz).toBe('5.0');
    expect(await trader.positions()).toEqual({ ETH: '5.0' });
    expect(await venuePositions(system())).toEqual({ ETH: '5.0' });
    await market.clearFaults();
    const fills = await trader.info.userFills({ user: trader.address });
    expect(fills.reduce((sum, { sz }) => sum + Number(sz), 0)).toBe(5);
  });
});
