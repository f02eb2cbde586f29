import { describe, expect, it } from '@jest/globals';
import { usd } from '@perps/domain/money';
import { applyPolicy, openAt } from '../support/engine-events.ts';
import { postingHour, settleAtVenue } from '../support/funding-hours.ts';
import {
  createMarket,
  createTrader,
  platformAccounts,
  setLeverage,
  type Trader,
  useSystem,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';

const hour = postingHour();
const system = useSystem({ clockOffsetMs: hour.clockOffsetMs, prices: { BTC: 99_999, ETH: 3_999.9 } });

const CACHED = { BTC: '0.0001', ETH: '0.00012' };
const ACTUAL = { BTC: '0.00012', ETH: '0.0001' };

describe('SC-EC-007: the rate was another one', () => {
  it('the reserve makes good who paid too much or received too little, and who gained keeps it', async () => {
    const market = createMarket(system());
    const setRates = async (rates: Readonly<Record<string, string>>): Promise<void> => {
      for (const [coin, rate] of Object.entries(rates)) await market.fundingRate(coin, rate);
    };
    // Shards of their own have exposures of their own: no limit is to send anything to the venue.
    const enough = usd(100_000_000_000_000n);
    const limits = { normalThreshold: enough, netExposureLimit: enough, totalExposureLimit: enough };
    await applyPolicy(system(), { ...LOCAL_POLICY, ...limits, version: 2 });
    const open = async (coin: 'BTC' | 'ETH', isBuy: boolean): Promise<Trader> => {
      const trader = await createTrader(system(), { balance: 2_000_000 });
      await setLeverage(trader, { coin, leverage: 10, isCross: true });
      const [price, size, tick] = coin === 'BTC' ? ['100000', '100', '1'] : ['4000', '2500', '0.1'];
      await openAt(market, trader, { coin, isBuy, size, price, tick });
      expect(Object.keys((await trader.account()).positions)).toEqual([`${coin}:INTERNAL`]);
      return trader;
    };
    const traders = [
      await open('BTC', true),
      await open('BTC', false),
      await open('ETH', true),
      await open('ETH', false),
    ];
    await market.hold('BTC', '100000', '1');
    await market.hold('ETH', '4000', '0.1');
    // What the hour is settled at is published with it; until then everybody sees the other rate.
    await setRates(ACTUAL);
    await settleAtVenue(system(), { time: hour.hour + 20 });
    await setRates(CACHED);
    const opened = await Promise.all(traders.map((trader) => trader.account()));
    const before = await platformAccounts(system());
    hour.mustBeBefore();

    await hour.hasCome(system());
    await system().invoke('funding', {});
    // Received (negative = paid): underpaid, made good, refunded, and one who keeps what was too much.
    const expected = [-1_000_000_000n, 1_200_000_000n, -1_000_000_000n, 1_200_000_000n];
    await eventually('postings and corrections', async () => {
      const accounts = await Promise.all(traders.map((trader) => trader.account()));
      const moved = accounts.map(({ wallet }, index) => wallet - (opened[index]?.wallet ?? 0n));
      return moved.every((amount, index) => amount === expected[index]) ? true : undefined;
    });
    const platform = await platformAccounts(system());
    const grown = (name: string): bigint => (platform[name] ?? 0n) - (before[name] ?? 0n);
    // 200 each: twice to `funding` for what was underpaid, twice to users.
    expect(grown('risk-reserve')).toBe(-800_000_000n);
    expect(grown('funding')).toBe(400_000_000n);
  });
});
