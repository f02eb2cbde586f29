import { describe, expect, it } from '@jest/globals';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';
import { applyPolicy } from '../support/engine-events.ts';
import { createTrader, type Trader, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ prices: { BTC: 100_000 } });

/** 0.1 BTC over five minutes: ten slices of 0.01, each far below the threshold. */
const TWAP = { b: true, s: '0.1', r: false, m: 5, t: false } as const;
const SLICE_WITHIN_MS = 60_000;

async function assetOf(trader: Trader, coin: string): Promise<number> {
  const { universe } = await trader.info.meta();
  return universe.findIndex(({ name }) => name === coin);
}

const slicesOf = (trader: Trader) => trader.info.userTwapSliceFills({ user: trader.address });

describe('TWAP: an order worked in slices', () => {
  it('is refused while the setting is off, which it is by itself', async () => {
    const trader = await createTrader(system(), { balance: 10_000 });
    const twap = { a: await assetOf(trader, 'BTC'), ...TWAP };
    await expect(trader.exchange.twapOrder({ twap })).rejects.toThrow('TWAP orders are disabled.');
  });

  it('trades a slice at once and every thirty seconds, through a crash of the engine, until it is cancelled', async () => {
    await applyPolicy(system(), { ...LOCAL_POLICY, version: 2, isTwapEnabled: true });
    const trader = await createTrader(system(), { balance: 10_000 });
    const a = await assetOf(trader, 'BTC');
    const answer = await trader.exchange.twapOrder({ twap: { a, ...TWAP } });
    const { twapId } = answer.response.data.status.running;

    const [first, ...others] = await slicesOf(trader);
    expect([first?.twapId, first?.fill.sz, first?.fill.twapId, others.length]).toEqual([twapId, '0.01', null, 0]);
    expect((await trader.record(first!.fill.oid)).order).toMatchObject({ twapId, legs: [{ route: 'INTERNAL' }] });
    expect(await trader.info.userFills({ user: trader.address })).toEqual([]);

    const engine = system().process('engine');
    process.kill(engine!.pid, 'SIGKILL');
    const second = await eventually(
      'the second slice',
      async () => (await slicesOf(trader).catch(() => []))[1],
      SLICE_WITHIN_MS,
    );
    expect(second.twapId).toBe(twapId);
    expect(await trader.positions()).toEqual({ BTC: '0.02' });

    const cancelled = await trader.exchange.twapCancel({ a, t: twapId });
    expect(cancelled.response.data.status).toBe('success');
    const history = await trader.info.twapHistory({ user: trader.address });
    expect(history.map(({ status, state }) => [status.status, state.executedSz])).toEqual([
      ['terminated', '0.02'],
      ['activated', '0.0'],
    ]);
    await expect(trader.exchange.twapCancel({ a, t: twapId })).rejects.toThrow('TWAP was never placed');
  }, 180_000);
});
