import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, killEngine, pendingHttp, useSystem, venuePositions } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ prices: { ETH: 4_000 } });

describe('PR-001: the engine dies after the order reached the venue, before its receipt', () => {
  it('finds the order by its cloid after the restart and books the position once', async () => {
    const market = createMarket(system());
    await market.set('ETH', 4_000);
    const trader = await createTrader(system(), { balance: 10_000 });
    const { trading } = system().venue.accounts;
    // The platform's account hears nothing of its order: neither the answer nor the stream.
    await market.fault({ kind: 'wsSilence', account: trading });
    await market.fault({ kind: 'delay', endpoint: 'exchange', account: trading, ms: 60_000 });
    const order = pendingHttp(trader.order({ coin: 'ETH', isBuy: true, size: '5' }));
    await eventually('the venue to execute it', async () =>
      (await venuePositions(system()))['ETH'] === '5.0' ? true : undefined,
    );

    await killEngine(system(), () => market.clearFaults());
    await order;

    await eventually('the fill to be booked', async () =>
      (await trader.positions())['ETH'] === '5.0' ? true : undefined,
    );
    const fills = await trader.info.userFills({ user: trader.address });
    expect(fills.reduce((sum, { sz }) => sum + Number(sz), 0)).toBe(5);
    expect(await trader.info.openOrders({ user: trader.address })).toEqual([]);
    expect(await venuePositions(system())).toEqual({ ETH: '5.0' });
  });
});
