import { describe, expect, it } from '@jest/globals';
import { openAt } from '../support/engine-events.ts';
import { postingHour } from '../support/funding-hours.ts';
import {
  createMarket,
  createTrader,
  platformAccounts,
  setLeverage,
  type Trader,
  useSystem,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const hour = postingHour();
const system = useSystem({ clockOffsetMs: hour.clockOffsetMs, prices: { ETH: 3_999.9 } });

describe('SC-FS-003: a negative rate', () => {
  it('lets the short pay and the long receive $0.50 on $10,000 at −0.005 %', async () => {
    const market = createMarket(system());
    await market.fundingRate('ETH', '-0.00005');
    const traders: Trader[] = [];
    for (const isBuy of [true, false]) {
      const trader = await createTrader(system(), { balance: 10_000 });
      await setLeverage(trader, { coin: 'ETH', leverage: 5, isCross: true });
      // $9,997 at the mark: the threshold is measured there.
      const price = isBuy ? '3999' : '3998.8';
      await openAt(market, trader, { coin: 'ETH', isBuy, size: '2.5', price, tick: '0.1' });
      expect(Object.keys((await trader.account()).positions)).toEqual(['ETH:INTERNAL']);
      traders.push(trader);
    }
    const [long, short] = traders;
    await market.hold('ETH', '4000', '0.1');
    const opened = await Promise.all([long!.account(), short!.account()]);
    const before = await platformAccounts(system());
    hour.mustBeBefore();

    await hour.hasCome(system());
    await system().invoke('funding', {});
    const posted = await eventually('both postings', async () => {
      const accounts = await Promise.all([long!.account(), short!.account()]);
      return accounts.every(({ wallet }, index) => wallet !== opened[index]?.wallet) ? accounts : undefined;
    });
    expect((posted[0]?.wallet ?? 0n) - (opened[0]?.wallet ?? 0n)).toBe(500_000n);
    expect((posted[1]?.wallet ?? 0n) - (opened[1]?.wallet ?? 0n)).toBe(-500_000n);
    const platform = await platformAccounts(system());
    expect((platform['funding'] ?? 0n) - (before['funding'] ?? 0n)).toBe(0n);
  });
});
