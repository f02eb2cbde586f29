import { describe, expect, it } from '@jest/globals';
import type { AccountState } from '@perps/domain/account';
import { createMarket, createTrader, filledOf, useSystem, venuePositions } from '../support/scenario.ts';

const system = useSystem();

const routes = (state: AccountState): Readonly<Record<string, bigint>> =>
  Object.fromEntries(Object.values(state.positions).map(({ route, size }) => [route, size]));

describe('SC-RT-003: one user, one symbol, two routes', () => {
  it('keeps two positions with two entries, shown as one, each closed on its own route', async () => {
    await createMarket(system()).set('BTC', 100_000);
    const trader = await createTrader(system(), { balance: 20_000 });

    const small = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.05' }));
    const large = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.15' }));

    expect((await trader.record(small.oid)).order.legs[0]?.route).toBe('INTERNAL');
    expect((await trader.record(large.oid)).order.legs[0]?.route).toBe('HYPERLIQUID');
    const both = await trader.account();
    expect(routes(both)).toEqual({ INTERNAL: 5_000n, HYPERLIQUID: 15_000n });
    const entries = Object.values(both.positions).map(({ entryNotional, size }) => entryNotional / size);
    expect(entries).toHaveLength(2);
    // Hyperliquid's format knows one position per coin.
    expect(await trader.positions()).toEqual({ BTC: '0.2' });

    // A close reduces INTERNAL first: this one takes all of it and a third of the other, each whole on its route.
    const close = filledOf(await trader.order({ coin: 'BTC', isBuy: false, size: '0.1', reduceOnly: true }));
    expect((await trader.record(close.oid)).order.legs.map(({ route, size }) => [route, size])).toEqual([
      ['INTERNAL', 5_000n],
      ['HYPERLIQUID', 5_000n],
    ]);
    expect(routes(await trader.account())).toEqual({ HYPERLIQUID: 10_000n });
    expect(await venuePositions(system())).toEqual({ BTC: '0.1' });
  });
});
