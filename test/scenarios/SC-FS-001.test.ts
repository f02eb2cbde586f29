import { describe, expect, it } from '@jest/globals';
import { openAt } from '../support/engine-events.ts';
import { postingHour } from '../support/funding-hours.ts';
import { createMarket, createTrader, platformAccounts, setLeverage, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const hour = postingHour();
const system = useSystem({ clockOffsetMs: hour.clockOffsetMs, prices: { BTC: 99_999 } });

describe('SC-FS-001: an INTERNAL long pays funding', () => {
  it('0.1 BTC at an oracle of 100,000 and +0.01 % pays $1.00 to the platform, with its rows', async () => {
    const market = createMarket(system());
    await market.fundingRate('BTC', '0.0001');
    const trader = await createTrader(system(), { balance: 10_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: true });
    await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.1', price: '100000', tick: '1' });
    await market.hold('BTC', '100000', '1');
    const opened = await trader.account();
    expect(Object.keys(opened.positions)).toEqual(['BTC:INTERNAL']);
    const before = await platformAccounts(system());
    const { marginSummary } = await trader.info.clearinghouseState({ user: trader.address });
    const equity = Number(marginSummary.accountValue);
    hour.mustBeBefore();

    await hour.hasCome(system());
    // Accrued at once: before anything is posted it counts in the equity.
    await eventually('the accrual', async () => {
      const state = await trader.info.clearinghouseState({ user: trader.address });
      return Number(state.marginSummary.accountValue) === equity - 1 ? true : undefined;
    });
    expect((await trader.account()).wallet).toBe(opened.wallet);

    await system().invoke('funding', {});
    const posted = await eventually('the posting', async () => {
      const account = await trader.account();
      return account.wallet === opened.wallet ? undefined : account;
    });
    expect(posted.wallet).toBe(opened.wallet - 1_000_000n);
    const platform = await platformAccounts(system());
    expect((platform['funding'] ?? 0n) - (before['funding'] ?? 0n)).toBe(1_000_000n);

    const row = await eventually('its row in funding_settlements', async () =>
      (await system().rows('FUNDING_SETTLEMENTS_TABLE')).find(({ user_id }) => user_id === posted.accountId),
    );
    expect(row).toMatchObject({ symbol: 'BTC', payment: '-1000000', rate: '100000000' });
    const log = await eventually('its row in balance_logs', async () =>
      (await system().rows('BALANCE_LOGS_TABLE')).find(
        (one) => one['user_id'] === posted.accountId && one['type'] === 'funding',
      ),
    );
    expect(log).toMatchObject({ amount: '-1000000' });
    const [told] = await trader.info.userFunding({ user: trader.address, startTime: hour.hour });
    expect(told?.delta).toMatchObject({ coin: 'BTC', usdc: '-1.0', szi: '0.1', fundingRate: '0.0001' });
  });
});
