import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, restingOf, useSystem, venuePositions } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ prices: { ETH: 4_000 } });

describe('PR-003: a cancel races with a fill', () => {
  it('books the fill: a resting venue order that filled unheard cannot be cancelled any more', async () => {
    const market = createMarket(system());
    await market.set('ETH', 4_000);
    const trader = await createTrader(system(), { balance: 20_000 });
    const { trading } = system().venue.accounts;
    const { oid } = restingOf(await trader.order({ coin: 'ETH', isBuy: true, size: '5', price: '3950', tif: 'Gtc' }));
    expect((await trader.record(oid)).order.legs[0]?.route).toBe('HYPERLIQUID');

    // Nothing of the fill reaches us before the cancel does.
    await market.fault({ kind: 'wsSilence', account: trading });
    await market.set('ETH', 3_900);
    await eventually('the venue to fill it', async () =>
      (await venuePositions(system()))['ETH'] === '5.0' ? true : undefined,
    );
    const eth = (await trader.info.meta()).universe.findIndex(({ name }) => name === 'ETH');
    await expect(trader.exchange.cancel({ cancels: [{ a: eth, o: oid }] })).rejects.toThrow(
      /never placed, already canceled, or filled/,
    );

    expect(await trader.positions()).toEqual({ ETH: '5.0' });
    await market.clearFaults();
    const fills = await trader.info.userFills({ user: trader.address });
    expect(fills.reduce((sum, { sz }) => sum + Number(sz), 0)).toBe(5);
    const status = await trader.info.orderStatus({ user: trader.address, oid });
    expect(status).toMatchObject({ status: 'order', order: { status: 'filled' } });
  });
});
