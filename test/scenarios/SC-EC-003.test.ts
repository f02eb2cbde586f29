/** The price side: when INTERNAL opens stop. The hedge account's side follows with the hedge. */
import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, filledOf, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const START = 60_000;
const END = 51_000;
const FALL_MS = 60_000;
/** One minute's move over which opens go to the venue. */
const LIMIT = START * (1 - 0.015);

const system = useSystem({ prices: { BTC: START } });

interface Sent {
  readonly at: number;
  readonly route: string | undefined;
  readonly reason: string | undefined;
}

describe('SC-EC-003: BTC falls from 60,000 to 51,000 in 60 s', () => {
  it('stops taking BTC on our own book within 2 s of the limit', async () => {
    const market = createMarket(system());
    const trader = await createTrader(system(), { balance: 100_000 });
    await market.set('BTC', START);
    await market.fall('BTC', END, FALL_MS);

    const sent: Sent[] = [];
    const openOnce = async (): Promise<Sent> => {
      const at = performance.now();
      const { oid } = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.005' }));
      const leg = (await trader.record(oid)).order.legs[0];
      const one = { at, route: leg?.route, reason: leg?.decision.reason };
      sent.push(one);
      return one;
    };
    expect(await openOnce()).toMatchObject({ route: 'INTERNAL' });
    const crossedAt = await eventually('the limit', async () => {
      await openOnce();
      return Number((await trader.info.allMids())['BTC']) <= LIMIT ? performance.now() : undefined;
    });
    await eventually('two seconds of orders', async () => {
      await openOnce();
      return performance.now() > crossedAt + 4_000 ? true : undefined;
    });

    const first = sent.find(({ reason }) => reason === 'volatility_exceeded');
    process.stdout.write(`SC-EC-003: stopped ${Math.round((first?.at ?? 0) - crossedAt)} ms after the limit\n`);
    expect(first).toBeDefined();
    expect((first?.at ?? 0) - crossedAt).toBeLessThan(2_000);
    const later = sent.filter(({ at }) => at > crossedAt + 2_000);
    expect(later.length).toBeGreaterThan(0);
    for (const { route, reason } of later) {
      expect({ route, reason }).toEqual({ route: 'HYPERLIQUID', reason: 'volatility_exceeded' });
    }
  });
});
