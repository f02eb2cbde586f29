import { describe, expect, it } from '@jest/globals';
import { createMarket, createTrader, filledOf, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ prices: { ETH: 4_000 } });

describe('SC-RT-005: a late feed stops internalisation', () => {
  it('routes $5,000 of ETH to the venue while market data are 600 ms late, and back when they are not', async () => {
    const market = createMarket(system());
    await market.set('ETH', 4_000);
    const trader = await createTrader(system(), { balance: 20_000 });
    const reasonOf = async (): Promise<string | undefined> => {
      const { oid } = filledOf(await trader.order({ coin: 'ETH', isBuy: true, size: '1.25' }));
      return (await trader.record(oid)).order.legs[0]?.decision.reason;
    };
    expect(await reasonOf()).toBe('within_threshold');
    const latencyMs = async (): Promise<number> => {
      const health = (await (await fetch(`${system().url}/health`)).json()) as { feed: { latencyMs: number } };
      return health.feed.latencyMs;
    };

    await market.fault({ kind: 'latency', ms: 600 });
    await eventually('latency to be noticed', async () => ((await latencyMs()) > 500 ? true : undefined));
    expect(await reasonOf()).toBe('hl_latency_exceeded');

    await market.clearFaults();
    await eventually('latency to be over', async () => ((await latencyMs()) < 300 ? true : undefined));
    await eventually('internalisation to resume', async () =>
      (await reasonOf()) === 'within_threshold' ? true : undefined,
    );
  });
});
