import { describe, expect, it } from '@jest/globals';
import { usd } from '@perps/domain/money';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';
import type { RoutingDecision } from '@perps/domain/routing';
import { createMarket, createTrader, filledOf, type Trader, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const system = useSystem({ prices: { ETH: 4_000 } });

/** The order's notional is exact at a mark that is held; the threshold moves by a cent instead of the size. */
describe('SC-RT-009: the threshold’s edge', () => {
  it.each([
    ['NORMAL_MODE', 'normalThreshold', 10, '2.5', 10_000],
    ['BETTING_MODE', 'bettingThreshold', 20, '12.5', 50_000],
  ] as const)(
    '%s: exactly the threshold INTERNAL, a cent over it HYPERLIQUID',
    async (mode, threshold, version, size, notional) => {
      await createMarket(system()).hold('ETH', '4000');
      const probe = await createTrader(system(), { balance: 10_000 });
      const decisionOf = async (trader: Trader, amount: string): Promise<RoutingDecision> => {
        const { oid } = filledOf(await trader.order({ coin: 'ETH', isBuy: true, size: amount }));
        return (await trader.record(oid)).order.legs[0]!.decision;
      };
      const setThreshold = async (usdollars: number, at: number): Promise<void> => {
        const policy = {
          ...LOCAL_POLICY,
          version: at,
          mode,
          [threshold]: usd(BigInt(Math.round(usdollars * 1_000_000))),
        };
        await system().setPolicy(policy);
        await eventually(`policy ${at} in force`, async () =>
          (await decisionOf(probe, '0.003')).policyVersion === at ? true : undefined,
        );
      };
      // A fresh user each time: caps and the split window count per user.
      const routeOf = async (): Promise<string> =>
        (await decisionOf(await createTrader(system(), { balance: 50_000 }), size)).route;

      await setThreshold(notional, version);
      expect(await routeOf()).toBe('INTERNAL');
      await setThreshold(notional - 0.01, version + 1);
      expect(await routeOf()).toBe('HYPERLIQUID');
    },
  );
});
