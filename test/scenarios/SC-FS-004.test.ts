import { describe, expect, it } from '@jest/globals';
import { followEngine, openAt } from '../support/engine-events.ts';
import { postingHour } from '../support/funding-hours.ts';
import {
  createMarket,
  createTrader,
  killEngine,
  platformAccounts,
  setLeverage,
  type Trader,
  useSystem,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const HOLDERS = 6;
const hour = postingHour();
const system = useSystem({ clockOffsetMs: hour.clockOffsetMs, prices: { BTC: 99_999 } });

describe('SC-FS-004: opened less than a minute before the hour', () => {
  it('pays that hour in full and once, also where the engine is killed in the middle and the run repeated', async () => {
    const market = createMarket(system());
    await market.fundingRate('BTC', '0.0001');
    await market.hold('BTC', '99999', '1');
    const traders: Trader[] = [];
    for (let holder = 0; holder < HOLDERS; holder += 1) {
      const trader = await createTrader(system(), { balance: 1_000 });
      await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: true });
      await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.05', price: '100000', tick: '1' });
      traders.push(trader);
    }
    await market.hold('BTC', '100000', '1');
    const accounts = () => Promise.all(traders.map((trader) => trader.account()));
    const opened = await accounts();
    const before = await platformAccounts(system());
    expect(opened.every(({ positions }) => positions['BTC:INTERNAL'] !== undefined)).toBe(true);
    hour.mustBeBefore();

    await hour.hasCome(system());
    const events = await followEngine(system());
    await system().invoke('funding', {});
    await eventually('the first posting', () => events.all('FundingPosted')[0]);
    await killEngine(system());
    await system().invoke('funding', {});
    await system().invoke('funding', { hour: hour.hour });

    const posted = await eventually('all postings', async () => {
      const now = await accounts();
      return now.every(({ wallet }, index) => wallet !== opened[index]?.wallet) ? now : undefined;
    });
    const charged = (now: typeof opened) => now.map(({ wallet }, index) => (opened[index]?.wallet ?? 0n) - wallet);
    expect(charged(posted)).toEqual(Array.from({ length: HOLDERS }, () => 500_000n));
    // Nothing of it comes a second time: an order after the repeated runs finds nothing to post.
    for (const trader of traders)
      await trader.order({ coin: 'BTC', isBuy: true, size: '0.001', price: '90000', tif: 'Gtc' });
    expect(charged(await accounts())).toEqual(Array.from({ length: HOLDERS }, () => 500_000n));
    const platform = await platformAccounts(system());
    expect((platform['funding'] ?? 0n) - (before['funding'] ?? 0n)).toBe(500_000n * BigInt(HOLDERS));
  });
});
