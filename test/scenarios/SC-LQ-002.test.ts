import { describe, expect, it } from '@jest/globals';
import {
  createMarket,
  createTrader,
  filledOf,
  platformAccounts,
  setLeverage,
  tierFixture,
  useSystem,
  venuePositions,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ ...tierFixture, prices: { ETH: 4_000 } });

describe('SC-LQ-002: an isolated HYPERLIQUID short meets its requirement', () => {
  it('is bought back at the venue; what is left of the margin, less the venue’s fee, goes to the reserve', async () => {
    const market = createMarket(system());
    await market.hold('ETH', '4000.1', '0.1');
    const trader = await createTrader(system(), { balance: 10_000 });
    await setLeverage(trader, { coin: 'ETH', leverage: 5, isCross: false });
    const filled = filledOf(await trader.order({ coin: 'ETH', isBuy: false, size: '5' }));
    expect(Number(filled.avgPx)).toBe(4_000);
    expect(await venuePositions(system())).toMatchObject({ ETH: '-5.0' });

    const { assetPositions } = await trader.info.clearinghouseState({ user: trader.address });
    expect(Number(assetPositions[0]?.position.liquidationPx)).toBeCloseTo(4_776.12, 1);
    const opened = await trader.account();
    expect(opened.positions['ETH:HYPERLIQUID']).toMatchObject({ isolatedMargin: 4_000_000_000n });
    const before = await platformAccounts(system());

    await market.hold('ETH', '4790', '2');
    const after = await eventually('the liquidation', async () => {
      const account = await trader.account();
      return account.positions['ETH:HYPERLIQUID'] === undefined ? account : undefined;
    });
    // 4,000 − 5 × (4,792 − 4,000) = 40, less 4.5 bp of 23,960.
    const fee = 10_782_000n;
    expect(after.wallet).toBe(opened.wallet);
    const platform = await eventually('the remainder in the reserve', async () => {
      const accounts = await platformAccounts(system());
      return accounts['risk-reserve'] === before['risk-reserve'] ? undefined : accounts;
    });
    expect((platform['risk-reserve'] ?? 0n) - (before['risk-reserve'] ?? 0n)).toBe(40_000_000n - fee);
    expect((await venuePositions(system()))['ETH']).toBeUndefined();
  });
});
