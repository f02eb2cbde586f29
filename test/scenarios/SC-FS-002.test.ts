import { describe, expect, it } from '@jest/globals';
import { openAt } from '../support/engine-events.ts';
import { postingHour, venuePayments } from '../support/funding-hours.ts';
import { createMarket, createTrader, platformAccounts, setLeverage, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const hour = postingHour();
const system = useSystem({ clockOffsetMs: hour.clockOffsetMs, prices: { ETH: 4_000 } });

describe('SC-FS-002: a HYPERLIQUID short mirrors what the venue paid', () => {
  it('5 ETH at 4,000 and +0.005 % receive $1.00, as the venue booked it', async () => {
    const market = createMarket(system());
    await market.fundingRate('ETH', '0.00005');
    const trader = await createTrader(system(), { balance: 10_000 });
    await setLeverage(trader, { coin: 'ETH', leverage: 5, isCross: true });
    await openAt(market, trader, { coin: 'ETH', isBuy: false, size: '5', price: '4000', tick: '0.1' });
    await market.hold('ETH', '4000', '0.1');
    const opened = await trader.account();
    expect(Object.keys(opened.positions)).toEqual(['ETH:HYPERLIQUID']);
    const before = await platformAccounts(system());
    hour.mustBeBefore();

    await hour.hasCome(system());
    const [booked] = await venuePayments(system(), hour.hour);
    expect(booked?.delta).toMatchObject({ coin: 'ETH', usdc: '1.0', szi: '-5.0' });
    await system().invoke('funding', {});
    const posted = await eventually('the posting', async () => {
      const account = await trader.account();
      return account.wallet === opened.wallet ? undefined : account;
    });
    expect(posted.wallet).toBe(opened.wallet + 1_000_000n);
    const platform = await platformAccounts(system());
    expect((platform['venue:hl-trading'] ?? 0n) - (before['venue:hl-trading'] ?? 0n)).toBe(-1_000_000n);
    const row = await eventually('its row in funding_settlements', async () =>
      (await system().rows('FUNDING_SETTLEMENTS_TABLE')).find((one) => one['user_id'] === posted.accountId),
    );
    expect(row).toMatchObject({ symbol: 'ETH', payment: '1000000' });
  });
});
