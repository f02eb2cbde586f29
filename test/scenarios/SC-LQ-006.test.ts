import { describe, expect, it } from '@jest/globals';
import { openAt } from '../support/engine-events.ts';
import { postingHour } from '../support/funding-hours.ts';
import {
  createMarket,
  createTrader,
  platformAccounts,
  setLeverage,
  tierFixture,
  useSystem,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const hour = postingHour();
const system = useSystem({ ...tierFixture, clockOffsetMs: hour.clockOffsetMs, prices: { BTC: 79_999 } });

describe('SC-LQ-006: funding erodes an isolated margin', () => {
  it('moves the liquidation price of SC-LQ-001 to 74,297.19 by $200', async () => {
    const market = createMarket(system());
    // 2.5 % of 8,000.
    await market.fundingRate('BTC', '0.025');
    const trader = await createTrader(system(), { balance: 5_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: false });
    await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.1', price: '80000', tick: '1' });
    await market.hold('BTC', '80000', '1');
    const opened = await trader.account();
    expect(opened.positions['BTC:INTERNAL']?.isolatedMargin).toBe(800_000_000n);
    const before = await platformAccounts(system());
    const liquidationPrice = async () =>
      Number(
        (await trader.info.clearinghouseState({ user: trader.address })).assetPositions[0]?.position.liquidationPx,
      );
    expect(await liquidationPrice()).toBeCloseTo(72_289.16, 0);
    hour.mustBeBefore();

    await hour.hasCome(system());
    // Accrued is enough; nothing was posted yet.
    await eventually('the moved price', async () =>
      Math.abs((await liquidationPrice()) - 74_297.19) < 0.05 ? true : undefined,
    );
    await market.hold('BTC', '74310', '1');
    await eventually('the second warning', async () =>
      (await trader.account()).episodes['BTC:INTERNAL']?.level === 'warned80' ? true : undefined,
    );
    expect((await trader.account()).positions['BTC:INTERNAL']).toBeDefined();
    await market.hold('BTC', '74280', '1');
    const after = await eventually('the liquidation', async () => {
      const account = await trader.account();
      return account.positions['BTC:INTERNAL'] === undefined ? account : undefined;
    });
    expect(after.wallet).toBe(opened.wallet);
    const platform = await platformAccounts(system());
    const grown = (name: string): bigint => (platform[name] ?? 0n) - (before[name] ?? 0n);
    expect(grown('funding')).toBe(200_000_000n);
    // The margin of 600 that was left.
    expect(grown('bbook-pnl') + grown('risk-reserve')).toBe(600_000_000n);
    expect(grown('risk-reserve')).toBe(120_000_000n);
    expect(grown('bad-debt')).toBe(0n);
  });
});
