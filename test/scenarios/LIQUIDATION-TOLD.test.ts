/** A liquidation on the INTERNAL route looks like one at the venue: its fill, its order, its receipt. */
import { describe, expect, it } from '@jest/globals';
import { checkClaims, receipt as receiptSchema } from '@perps/contracts/receipts';
import { createMarket, createTrader, filledOf, setLeverage, tierFixture, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ ...tierFixture, prices: { BTC: 79_999 } });

describe('a liquidation on the INTERNAL route', () => {
  it('is told by request and by receipt', async () => {
    const market = createMarket(system());
    await market.hold('BTC', '79999');
    const trader = await createTrader(system(), { balance: 5_000 });
    const user = trader.address;
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: false });
    filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.1' }));
    expect((await trader.account()).positions['BTC:INTERNAL']).toBeDefined();

    await market.hold('BTC', '72280');
    const fill = await eventually('the fill', async () =>
      (await trader.info.userFills({ user })).find((one) => one.liquidation !== undefined),
    );
    expect(fill).toMatchObject({
      coin: 'BTC',
      side: 'A',
      dir: 'Close Long',
      crossed: true,
      liquidation: { liquidatedUser: user.toLowerCase(), method: 'market' },
    });
    expect([Number(fill.sz), Number(fill.startPosition), Number(fill.fee)]).toEqual([0.1, 0.1, 0]);
    expect(Number(fill.liquidation?.markPx)).toBe(72_280);
    expect((await trader.account()).positions['BTC:INTERNAL']).toBeUndefined();

    const status = await trader.info.orderStatus({ user, oid: fill.oid });
    expect(status).toMatchObject({
      order: { status: 'filled', order: { orderType: 'Market', tif: 'LiquidationMarket', sz: '0.0' } },
    });
    const { body } = await eventually('the receipt', async () => {
      const response = await fetch(`${system().url}/v1/receipts/${fill.tid}`);
      return response.status === 200 ? receiptSchema.parse(await response.json()) : undefined;
    });
    expect(body).toMatchObject({ rule: 'liquidation', route: 'INTERNAL', side: 'sell', orderId: fill.oid });
    expect(checkClaims(body)).toEqual({ holds: true, basis: 'mark' });
  });
});
