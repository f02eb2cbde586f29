/** The dead-man's switch over a real client. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { history, place } from '../support/raw-orders.ts';
import { createMarket, createTrader, killEngine, restingOf, type Trader, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ prices: { BTC: 80_000 } });
/** The venue's least lead is 5 s. */
const AHEAD_MS = 6_000;

describe('DEADMAN: scheduleCancel', () => {
  let trader: Trader;

  beforeEach(async () => {
    await createMarket(system()).hold('BTC', '80000', '1');
    trader = await createTrader(system(), { balance: 10_000 });
    restingOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.01', price: '70000', tif: 'Gtc' }));
    const stop = { coin: 'BTC', isBuy: true, size: '0.01', price: '95000' };
    await place(trader, [{ ...stop, trigger: { price: '90000', kind: 'sl' } }]);
    expect(await openOrders()).toHaveLength(2);
  });

  const openOrders = () => trader.info.frontendOpenOrders({ user: trader.address });
  const passed = (time: number) => eventually('the time', () => (Date.now() > time ? true : undefined));

  it('cancels every order and trigger at its time, also where the engine was killed in between', async () => {
    const time = Date.now() + AHEAD_MS;
    await trader.exchange.scheduleCancel({ time });
    await killEngine(system());
    await eventually('the switch', async () => ((await openOrders()).length === 0 ? true : undefined));
    expect(Date.now()).toBeGreaterThanOrEqual(time);
    expect((await history(trader)).map(({ status }) => status)).toEqual(['scheduledCancel', 'scheduledCancel']);
  });

  it('does nothing at a time that was moved, and nothing once it is taken back', async () => {
    const first = Date.now() + AHEAD_MS;
    await trader.exchange.scheduleCancel({ time: first });
    const second = first + AHEAD_MS;
    await trader.exchange.scheduleCancel({ time: second });
    await passed(first + 1_000);
    expect(await openOrders()).toHaveLength(2);
    await trader.exchange.scheduleCancel();
    await passed(second + 1_000);
    expect(await openOrders()).toHaveLength(2);
  });
});
