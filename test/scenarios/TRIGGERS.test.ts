/** Protection over a real client: stop, take-profit, groups, and an engine that dies before they fire. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { openAt } from '../support/engine-events.ts';
import { history, place, type RawOrder } from '../support/raw-orders.ts';
import { createMarket, createTrader, killEngine, type Market, type Trader, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ prices: { BTC: 79_999 } });

const sell = { coin: 'BTC', isBuy: false, size: '0.05', reduceOnly: true } as const;
const stop: RawOrder = { ...sell, price: '75000', trigger: { price: '79500', kind: 'sl' } };
const takeProfit: RawOrder = { ...sell, price: '75000', trigger: { price: '80500', kind: 'tp' } };

describe('TRIGGERS', () => {
  let market: Market;
  let trader: Trader;

  beforeEach(async () => {
    market = createMarket(system());
    await market.hold('BTC', '79999', '1');
    trader = await createTrader(system(), { balance: 10_000 });
  });

  const openLong = () => openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.05', price: '80000', tick: '1' });
  const isFlat = () =>
    eventually('the position to be closed', async () =>
      (await trader.positions())['BTC'] === undefined ? true : undefined,
    );
  /** Size that was sold, and how many times. */
  async function sold(): Promise<{ readonly size: number; readonly fills: number }> {
    const fills = (await trader.info.userFills({ user: trader.address })).filter(({ side }) => side === 'A');
    return { size: fills.reduce((sum, { sz }) => sum + Number(sz), 0), fills: fills.length };
  }
  const statuses = async () => (await history(trader)).map(({ orderType, status }) => `${orderType}: ${status}`);

  it('a stop closes the position when the mark falls to it', async () => {
    await openLong();
    expect(await place(trader, [stop])).toEqual([{ resting: { oid: expect.any(Number) } }]);
    await market.hold('BTC', '79510', '1');
    expect((await trader.positions())['BTC']).toBe('0.05');
    await market.hold('BTC', '79500', '1');
    await isFlat();
    expect(await sold()).toEqual({ size: 0.05, fills: 1 });
    expect(await trader.info.frontendOpenOrders({ user: trader.address })).toEqual([]);
  });

  it('a take-profit closes it when the mark rises to it', async () => {
    await openLong();
    await place(trader, [takeProfit]);
    await market.hold('BTC', '80500', '1');
    await isFlat();
    expect(await sold()).toEqual({ size: 0.05, fills: 1 });
  });

  it('normalTpsl: the children wait for the entry; one fills, the other is cancelled', async () => {
    const entry: RawOrder = { coin: 'BTC', isBuy: true, size: '0.05', price: '79900', tif: 'Gtc' };
    const answers = await place(trader, [entry, takeProfit, stop], 'normalTpsl');
    expect(answers).toEqual([{ resting: { oid: expect.any(Number) } }, 'waitingForFill', 'waitingForFill']);
    await market.hold('BTC', '79890', '1');
    await eventually('the entry', async () => ((await trader.positions())['BTC'] === '0.05' ? true : undefined));
    await market.hold('BTC', '80510', '1');
    await isFlat();
    expect(await sold()).toEqual({ size: 0.05, fills: 1 });
    const ends = await eventually('the sibling to be cancelled', async () => {
      const all = await statuses();
      return all.some((one) => one.startsWith('Stop Market: ') && !one.endsWith('open')) ? all : undefined;
    });
    expect(ends.find((one) => one.startsWith('Stop Market'))).toBe('Stop Market: siblingFilledCanceled');
    expect(await trader.info.frontendOpenOrders({ user: trader.address })).toEqual([]);
  });

  it('positionTpsl: protects the whole position, and goes with it', async () => {
    await openLong();
    const whole = { size: '0' };
    await place(
      trader,
      [
        { ...takeProfit, ...whole },
        { ...stop, ...whole },
      ],
      'positionTpsl',
    );
    const open = await trader.info.frontendOpenOrders({ user: trader.address });
    expect(open.map(({ isPositionTpsl }) => isPositionTpsl)).toEqual([true, true]);
    await market.hold('BTC', '79490', '1');
    await isFlat();
    expect(await sold()).toEqual({ size: 0.05, fills: 1 });
    await eventually('nothing to be left', async () =>
      (await trader.info.frontendOpenOrders({ user: trader.address })).length === 0 ? true : undefined,
    );
  });

  it('fires once after a restart, though the mark passed it while the engine was dead', async () => {
    await openLong();
    await place(trader, [stop]);
    await killEngine(system(), () => market.hold('BTC', '79480', '1'));
    await isFlat();
    expect(await sold()).toEqual({ size: 0.05, fills: 1 });
    await killEngine(system());
    expect(await sold()).toEqual({ size: 0.05, fills: 1 });
    expect(await trader.info.frontendOpenOrders({ user: trader.address })).toEqual([]);
  });
});
