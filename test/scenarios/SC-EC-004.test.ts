import { describe, expect, it } from '@jest/globals';
import { usd } from '@perps/domain/money';
import type { SymbolPolicy } from '@perps/domain/routing';
import { applyPolicy, type EngineEvents, followEngine, openAt, type Opening } from '../support/engine-events.ts';
import {
  createMarket,
  createTrader,
  setLeverage,
  type Trader,
  useSystem,
  venuePositions,
} from '../support/scenario.ts';
import type { System } from '../support/system.ts';
import { eventually } from '../support/waiting.ts';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';

/** At `mark` the notional is twenty times the requirement (mm 5 %), and `loss` is what has been lost (thousands of USD). */
const COINS: readonly (Opening & { readonly mark: string; readonly loss: number })[] = [
  { coin: 'AVAX', isBuy: true, size: '12000', price: '22', mark: '20', tick: '0.001', loss: 24 },
  { coin: 'BNB', isBuy: true, size: '300', price: '660', mark: '600', tick: '0.01', loss: 18 },
  { coin: 'ARB', isBuy: true, size: '320000', price: '0.55', mark: '0.5', tick: '0.00001', loss: 16 },
  { coin: 'DOGE', isBuy: true, size: '400000', price: '0.28', mark: '0.25', tick: '0.00001', loss: 12 },
  { coin: 'LINK', isBuy: true, size: '10000', price: '12.9', mark: '12', tick: '0.001', loss: 9 },
];
const LOSSES = COINS.reduce((sum, { loss }) => sum + loss * 1_000, 0);
const NOTIONAL = COINS.reduce((sum, { size, price }) => sum + Number(size) * Number(price), 0);
const dollars = (whole: number): bigint => BigInt(Math.round(whole * 1_000_000));

const prices = Object.fromEntries(COINS.map(({ coin, price }) => [coin, Number(price)]));

const symbolPolicies = (atVenue: readonly string[]): Readonly<Record<string, SymbolPolicy>> =>
  Object.fromEntries(
    COINS.filter(({ coin }) => !atVenue.includes(coin)).map(({ coin }) => [
      coin,
      { isInternalised: true, normalThreshold: usd(dollars(1_000_000)) },
    ]),
  );

/** A trader with all five positions, and exactly 20,000 of equity once all marks are down. */
async function openAll(system: System, trader: Trader): Promise<void> {
  const market = createMarket(system);
  for (const opening of COINS) {
    await setLeverage(trader, { coin: opening.coin, leverage: 10, isCross: true });
    await openAt(market, trader, opening);
  }
  expect((await trader.account()).wallet).toBe(dollars(20_000 + LOSSES));
}

/** The largest loss falls last: only then does the account meet its requirement. */
async function fall(system: System): Promise<void> {
  const market = createMarket(system);
  for (const { coin, mark, tick } of [...COINS].reverse()) await market.hold(coin, mark, tick);
}

/** What every cascade of this account must look like; returns the venue's fee of step 2 as the equity tells it. */
function judge(events: EngineEvents, accountId: string): { readonly lost: bigint; readonly slippage: bigint } {
  const own = events.events.filter((update) => update.accountId === accountId).flatMap((update) => update.events);
  const steps = own.filter((event) => event.type === 'LiquidationStepped');
  expect(steps.map(({ symbol }) => symbol)).toEqual(['AVAX', 'BNB']);
  expect(steps.map(({ before, after }) => [before.maintenance, after.maintenance])).toEqual([
    [dollars(40_000), dollars(28_000)],
    [dollars(28_000), dollars(19_000)],
  ]);
  expect(steps[0]?.before.equity).toBe(dollars(20_000));
  expect(steps[0]?.after.equity).toBe(dollars(20_000) + (steps[0]?.slippage ?? 0n));
  expect(steps[1]?.before.equity).toBe(steps[0]?.after.equity);
  const started = own.find((event) => event.type === 'LiquidationStarted');
  expect(started?.figures).toEqual({ equity: dollars(20_000), maintenance: dollars(40_000) });
  expect(own.find((event) => event.type === 'LiquidationEnded')?.outcome).toBe('recovered');
  const slippage = steps.reduce((sum, step) => sum + step.slippage, 0n);
  return { lost: dollars(20_000) - (steps.at(-1)?.after.equity ?? 0n), slippage };
}

const durationOf = (events: EngineEvents, accountId: string): number => {
  const own = events.events.filter((update) => update.accountId === accountId);
  const at = (type: string): number =>
    own.find((update) => update.events.some((event) => event.type === type))?.at ?? 0;
  return at('LiquidationEnded') - at('LiquidationStarted');
};

async function cascade(system: System, options: { readonly atVenue: readonly string[] }) {
  const events = await followEngine(system);
  await applyPolicy(system, { ...LOCAL_POLICY, version: 2, symbols: symbolPolicies(options.atVenue) });
  const venueNotional = COINS.filter(({ coin }) => options.atVenue.includes(coin)).reduce(
    (sum, { size, price }) => sum + Number(size) * Number(price),
    0,
  );
  // 6.5 bp INTERNAL, 4.5 bp at the venue.
  const fees = (NOTIONAL - venueNotional) * 0.00065 + venueNotional * 0.00045;
  const trader = await createTrader(system, { balance: 20_000 + LOSSES + fees });
  await openAll(system, trader);
  await fall(system);
  const { accountId } = await trader.account();
  await eventually('the end of the cascade', () =>
    events.events.find(
      (update) => update.accountId === accountId && update.events.some((event) => event.type === 'LiquidationEnded'),
    ),
  );
  const tookMs = durationOf(events, accountId);
  process.stdout.write(`SC-EC-004 (venue: ${options.atVenue.join() || 'none'}): ${tookMs} ms\n`);
  expect(tookMs).toBeLessThan(10_000);
  return { trader, ...judge(events, accountId) };
}

describe('SC-EC-004: a cross cascade', () => {
  // A system each: after the fall these coins are volatile, and nothing more is taken on our own book.
  describe('of our own positions', () => {
    const system = useSystem({ prices });

    it('closes 1 (requirement 28) and 2 (requirement 19) and stops; equity changes by slippage alone', async () => {
      const { trader, lost, slippage } = await cascade(system(), { atVenue: [] });
      expect(lost).toBe(-slippage);
      const { positions } = await trader.account();
      expect(Object.keys(positions).sort()).toEqual(['ARB:INTERNAL', 'DOGE:INTERNAL', 'LINK:INTERNAL']);
    });
  });

  describe('with step 2 at the venue', () => {
    const system = useSystem({ prices });

    it('does the same; the venue’s fee comes on top', async () => {
      const { trader, lost, slippage } = await cascade(system(), { atVenue: ['BNB'] });
      // 4.5 bp of 300 × 599.99.
      expect(lost).toBe(dollars(300 * 599.99 * 0.00045) - slippage);
      const { positions } = await trader.account();
      expect(Object.keys(positions).sort()).toEqual(['ARB:INTERNAL', 'DOGE:INTERNAL', 'LINK:INTERNAL']);
      expect((await venuePositions(system()))['BNB']).toBeUndefined();
    });
  });
});
