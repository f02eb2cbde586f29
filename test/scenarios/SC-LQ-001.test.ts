import { describe, expect, it } from '@jest/globals';
import {
  createMarket,
  createTrader,
  filledOf,
  platformAccounts,
  setLeverage,
  tierFixture,
  useSystem,
  venueFills,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ ...tierFixture, prices: { BTC: 79_999 } });

describe('SC-LQ-001: an isolated INTERNAL long meets its requirement', () => {
  it('stands at 72,300, is liquidated at 72,280, and loses exactly its margin: $640 to the book, $160 to the reserve', async () => {
    const market = createMarket(system());
    await market.hold('BTC', '79999');
    const trader = await createTrader(system(), { balance: 5_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: false });
    const filled = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.1' }));
    expect(Number(filled.avgPx)).toBe(80_000);

    const { assetPositions } = await trader.info.clearinghouseState({ user: trader.address });
    expect(Number(assetPositions[0]?.position.liquidationPx)).toBeCloseTo(72_289.16, 0);
    const opened = await trader.account();
    expect(opened.positions['BTC:INTERNAL']).toMatchObject({ isolatedMargin: 800_000_000n });
    const before = await platformAccounts(system());

    await market.hold('BTC', '72300');
    await eventually('the second warning', async () =>
      (await trader.account()).episodes['BTC:INTERNAL']?.level === 'warned80' ? true : undefined,
    );
    expect((await trader.account()).positions['BTC:INTERNAL']).toBeDefined();

    await market.hold('BTC', '72280');
    const after = await eventually('the liquidation', async () => {
      const account = await trader.account();
      return account.positions['BTC:INTERNAL'] === undefined ? account : undefined;
    });
    expect(after.wallet).toBe(opened.wallet);
    const platform = await platformAccounts(system());
    const grown = (name: string): bigint => (platform[name] ?? 0n) - (before[name] ?? 0n);
    expect(grown('bbook-pnl')).toBe(640_000_000n);
    expect(grown('risk-reserve')).toBe(160_000_000n);
    expect(grown('fees')).toBe(0n);
    expect(grown('bad-debt')).toBe(0n);
    expect(await venueFills(system())).toBe(0);
  });
});
