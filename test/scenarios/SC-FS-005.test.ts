import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openAt } from '../support/engine-events.ts';
import { postingHour, settleAtVenue, venuePayments } from '../support/funding-hours.ts';
import { createMarket, createTrader, setLeverage, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const HOUR_MS = 3_600_000;
const hour = postingHour();
const system = useSystem({ clockOffsetMs: hour.clockOffsetMs, prices: { BTC: 99_999 } });

/** Runs so far that found a difference: `logged`, `alert` or `p0`, as log and metrics say. */
function found(dir: string): readonly string[] {
  const folder = join(dir, 'logs');
  const files = readdirSync(folder).filter((name) => name.toLowerCase().includes('funding'));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  const all: string[] = [];
  let isDifferent = false;
  for (const line of lines) {
    if (line.includes('"difference"')) isDifferent = true;
    const counted = /"funding.mirrorAlert":(\d+),"funding.mirrorCritical":(\d+)/.exec(line);
    if (counted === null) continue;
    if (isDifferent) all.push(counted[2] !== '0' ? 'p0' : counted[1] !== '0' ? 'alert' : 'logged');
    isDifferent = false;
  }
  return all;
}

describe('SC-FS-005: what users were charged against what the venue booked', () => {
  it('logs 0.4 % without an alarm, alerts over 1 %, and calls it critical over 5 %', async () => {
    const market = createMarket(system());
    await market.fundingRate('BTC', '0.0001');
    const trader = await createTrader(system(), { balance: 1_000_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: true });
    await openAt(market, trader, { coin: 'BTC', isBuy: false, size: '50', price: '100000', tick: '1' });
    await market.hold('BTC', '100000', '1');
    const opened = await trader.account();
    expect(Object.keys(opened.positions)).toEqual(['BTC:HYPERLIQUID']);
    hour.mustBeBefore();

    // 498 of the 500 first; they are what users get.
    await settleAtVenue(system(), { time: hour.hour + 20, factor: { BTC: 0.996 } });
    expect((await venuePayments(system(), hour.hour))[0]?.delta.usdc).toBe('498.0');
    await hour.hasCome(system());
    await system().invoke('funding', {});
    const posted = await eventually('the posting', async () => {
      const account = await trader.account();
      return account.wallet === opened.wallet ? undefined : account;
    });
    expect(posted.wallet - opened.wallet).toBe(498_000_000n);
    await eventually('its row', async () =>
      (await system().rows('FUNDING_SETTLEMENTS_TABLE')).find((one) => one['user_id'] === posted.accountId),
    );

    // What the venue shows of the hour later is another sum; the next hour's run looks at it.
    for (const factor of [1, 1.02, 1.06]) {
      await settleAtVenue(system(), { time: hour.hour + Math.round(factor * 100), factor: { BTC: factor } });
      const known = found(system().dir).length;
      await system().invoke('funding', { hour: hour.hour + HOUR_MS });
      await eventually('the difference', () => (found(system().dir).length > known ? true : undefined));
    }
    expect(found(system().dir)).toEqual(['logged', 'alert', 'p0']);
  });
});
