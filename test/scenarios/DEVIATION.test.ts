/** Deviation from the venue's books, end to end: what is the same leaves nothing, an order of nobody's stops its symbol. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ExchangeClient, HttpTransport } from '@nktkas/hyperliquid';
import { Wallet } from 'ethers';
import { z } from 'zod';
import { openKeyring } from '../../local/supervisor/accounts.ts';
import {
  createMarket,
  createTrader,
  filledOf,
  type Market,
  type OrderStatus,
  platformAccounts,
  type Trader,
  useSystem,
  venuePositions,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const TEST_MS_MAX = 90_000;
const STOPPED = 'Only orders that reduce a position are accepted now.';
const system = useSystem();

const runAnswer = z.object({ comparedTo: z.number(), rows: z.array(z.string()), openRows: z.number() });
const resolveAnswer = z.object({ status: z.string(), isReleased: z.boolean() });

/** What the schedule does every five minutes, with short windows that settle soon. */
const TIMING = { windowMs: 2_000, settlingMs: 6_000 };
const compare = async () => runAnswer.parse(await system().invoke('deviation', TIMING));

/** Compares everything that has happened by now; the rows that were written for it. */
async function compareUntilNow(): Promise<{ readonly rows: readonly string[]; readonly openRows: number }> {
  const now = Date.now();
  const due = now + TIMING.windowMs + TIMING.settlingMs;
  await eventually('the books have settled', () => (Date.now() >= due ? true : undefined));
  const rows: string[] = [];
  return await eventually('comparison of the books up to now', async () => {
    const run = await compare();
    rows.push(...run.rows);
    return run.comparedTo >= now ? { rows, openRows: run.openRows } : undefined;
  });
}

const resolve = async (id: string) =>
  resolveAnswer.parse(await system().invoke('deviation', { resolve: { id, note: 'an order of the test' } }));

describe('deviation from the venue’s books', () => {
  let market: Market;
  let trader: Trader;

  beforeAll(async () => {
    market = createMarket(system());
    await market.hold('BTC', '100000');
    trader = await createTrader(system(), { balance: 100_000 });
    await compare();
  }, TEST_MS_MAX);

  const openAtVenue = (): Promise<OrderStatus> => trader.order({ coin: 'BTC', isBuy: true, size: '0.3' });

  /** As somebody with the account's key does, past the engine. */
  async function sellAtVenue(size: string): Promise<void> {
    const transport = new HttpTransport({ apiUrl: system().venue.url, isTestnet: true });
    const { privateKey } = openKeyring(system().dir).trading;
    const master = new ExchangeClient({ transport, wallet: new Wallet(privateKey) });
    const { universe } = await trader.info.meta();
    const a = universe.findIndex(({ name }) => name === 'BTC');
    const order = { a, b: false, p: '99000', s: size, r: false, t: { limit: { tif: 'Ioc' as const } } };
    const answer = await master.order({ orders: [order], grouping: 'na' });
    expect(answer.response.data.statuses).toEqual([{ filled: expect.objectContaining({ totalSz: size }) }]);
  }

  it(
    'orders of users, netted at the venue, leave no row',
    async () => {
      filledOf(await openAtVenue());
      filledOf(await trader.order({ coin: 'BTC', isBuy: false, size: '0.1' }));
      expect(Number((await venuePositions(system()))['BTC'])).toBe(0.2);
      expect(await compareUntilNow()).toEqual({ rows: [], openRows: 0 });
    },
    TEST_MS_MAX,
  );

  it(
    'an order at the venue that is nobody’s is a P0: opens there are refused, all else goes on, until people release it',
    async () => {
      const before = await platformAccounts(system());
      await sellAtVenue('0.05');
      const { rows, openRows } = await compareUntilNow();
      // $5,000 less its fee: a day's limit for a review is passed, too.
      const [missing = '', coin = '', day = ''] = rows;
      expect([rows.length, openRows]).toEqual([3, 3]);
      expect(missing).toMatch(/^missing:\d+$/);
      expect(coin).toMatch(/^coin:BTC:\d+$/);
      expect(day).toMatch(/^day:[\d-]+:review$/);

      await eventually('a stop of BTC', async () => {
        const refused = await openAtVenue();
        return 'error' in refused && refused.error.includes(STOPPED) ? true : undefined;
      });
      // Whose the fill is nobody knows yet: nothing was covered.
      expect((await platformAccounts(system()))['risk-reserve'] ?? 0n).toBe(before['risk-reserve'] ?? 0n);
      filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.01' }));
      filledOf(await trader.order({ coin: 'BTC', isBuy: false, size: '0.1', reduceOnly: true }));

      expect(await resolve(missing)).toEqual({ status: 'RESOLVED', isReleased: false });
      expect(await openAtVenue()).toMatchObject({ error: expect.stringContaining(STOPPED) });
      expect(await resolve(coin)).toEqual({ status: 'RESOLVED', isReleased: true });
      await eventually('a release of BTC', async () => ('filled' in (await openAtVenue()) ? true : undefined));
      expect(await resolve(day)).toEqual({ status: 'RESOLVED', isReleased: false });
      expect(await compareUntilNow()).toEqual({ rows: [], openRows: 0 });
    },
    TEST_MS_MAX,
  );
});
