/** The engine dies in the middle of a liquidation at the venue; liquidations stopped by hand are an alarm. */
import { describe, expect, it } from '@jest/globals';
import { applyPolicy, openAt } from '../support/engine-events.ts';
import {
  createMarket,
  createTrader,
  killEngine,
  platformAccounts,
  setLeverage,
  tierFixture,
  useSystem,
  venueFills,
  venuePositions,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';

const system = useSystem({ ...tierFixture, prices: { BTC: 79_999, ETH: 4_000 } });

describe('LIQUIDATION-CRASH', () => {
  it('goes on after a restart with the order that was under way: one at the venue, and the books balance', async () => {
    const market = createMarket(system());
    const trader = await createTrader(system(), { balance: 10_000 });
    await setLeverage(trader, { coin: 'ETH', leverage: 5, isCross: false });
    await openAt(market, trader, { coin: 'ETH', isBuy: false, size: '5', price: '4000', tick: '0.1' });
    const opened = await trader.account();
    const before = await platformAccounts(system());
    expect(await venueFills(system())).toBe(1);

    // The venue executes the order; the platform hears neither its answer nor its stream.
    const { trading } = system().venue.accounts;
    await market.fault({ kind: 'wsSilence', account: trading });
    await market.fault({ kind: 'delay', endpoint: 'exchange', account: trading, ms: 60_000 });
    await market.hold('ETH', '4790', '2');
    await eventually('the venue to execute it', async () =>
      (await venuePositions(system()))['ETH'] === undefined ? true : undefined,
    );
    expect((await trader.account()).episodes['ETH:HYPERLIQUID']?.level).toBe('liquidating');
    await killEngine(system(), () => market.clearFaults());

    const after = await eventually('the end of the liquidation', async () => {
      const account = await trader.account();
      const isOver = account.positions['ETH:HYPERLIQUID'] === undefined && Object.keys(account.episodes).length === 0;
      return isOver ? account : undefined;
    });
    expect(after.wallet).toBe(opened.wallet);
    expect(await venueFills(system())).toBe(2);
    expect((await venuePositions(system()))['ETH']).toBeUndefined();
    const platform = await platformAccounts(system());
    // 4,000 − 5 × (4,792 − 4,000) = 40, less 4.5 bp of 23,960.
    expect((platform['risk-reserve'] ?? 0n) - (before['risk-reserve'] ?? 0n)).toBe(40_000_000n - 10_782_000n);
    const sum = (accounts: Readonly<Record<string, bigint>>): bigint =>
      Object.values(accounts).reduce((total, amount) => total + amount, 0n);
    // What the platform gained is the margin, no more and no less.
    expect(sum(platform) - sum(before)).toBe(4_000_000_000n);
  });

  it('says so for as long as liquidations are stopped by hand, and catches up afterwards', async () => {
    const market = createMarket(system());
    const trader = await createTrader(system(), { balance: 5_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: false });
    await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.1', price: '80000', tick: '1' });
    const [route] = Object.keys((await trader.account()).positions);
    const health = system()
      .engineUrl.replace(/^ws/, 'http')
      .replace(/\/rpc$/, '/health');
    const reasons = async () => ((await (await fetch(health)).json()) as { reasons?: readonly string[] }).reasons ?? [];
    const isStopped = async () => (await reasons()).some((reason) => reason.includes('liquidation is stopped by hand'));
    expect(await isStopped()).toBe(false);

    await applyPolicy(system(), { ...LOCAL_POLICY, version: 2, pauses: ['liquidation'] });
    expect(await isStopped()).toBe(true);
    await market.hold('BTC', '72200', '1');
    await eventually('the last warning', async () =>
      (await trader.account()).episodes[route ?? '']?.level === 'warned80' ? true : undefined,
    );
    expect(Object.keys((await trader.account()).positions)).toEqual([route]);
    expect(await isStopped()).toBe(true);

    await applyPolicy(system(), { ...LOCAL_POLICY, version: 3 });
    await eventually('the liquidation', async () =>
      Object.keys((await trader.account()).positions).length === 0 ? true : undefined,
    );
    expect(await reasons()).toEqual([]);
  });
});
