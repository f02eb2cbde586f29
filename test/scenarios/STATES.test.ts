/** Trading states and pauses, given as admin functions give them: by policy command through the queues. */
import { describe, expect, it } from '@jest/globals';
import type { RoutingPolicy } from '@perps/domain/routing';
import { openAt } from '../support/engine-events.ts';
import { place } from '../support/raw-orders.ts';
import {
  createMarket,
  createTrader,
  filledOf,
  type OrderStatus,
  restingOf,
  type Trader,
  useSystem,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';
import { LOCAL_POLICY } from '../../local/supervisor/accounts.ts';

const system = useSystem({ prices: { BTC: 79_999 } });

let version = LOCAL_POLICY.version;
const setPolicy = (change: Partial<RoutingPolicy>): Promise<void> => {
  version += 1;
  return system().setPolicy({ ...LOCAL_POLICY, ...change, version });
};

/** An order that opens, as often as it takes until it is refused in these words. */
const refusedOpen = (trader: Trader, words: string): Promise<true> =>
  eventually(`opens to be refused: ${words}`, async () => {
    const status = await open(trader);
    return 'error' in status && status.error.includes(words) ? true : undefined;
  });
const REDUCING = 'Only orders that reduce a position are accepted now.';
const PAUSED = 'This operation is paused.';
const HALTED = 'Trading is halted.';
const open = (trader: Trader): Promise<OrderStatus> => trader.order({ coin: 'BTC', isBuy: true, size: '0.001' });
const close = (trader: Trader): Promise<OrderStatus> =>
  trader.order({ coin: 'BTC', isBuy: false, size: '0.001', reduceOnly: true });

describe('STATES', () => {
  it('holds what it must and lets close, cancel and protect', async () => {
    const market = createMarket(system());
    const trader = await createTrader(system(), { balance: 20_000 });
    await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.05', price: '80000', tick: '1' });
    const resting = async () =>
      restingOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.01', price: '70000', tif: 'Gtc' }));
    const first = await resting();
    const second = await resting();
    const stop = { coin: 'BTC', isBuy: false, size: '0', price: '75000', reduceOnly: true } as const;
    await place(trader, [{ ...stop, trigger: { price: '79000', kind: 'sl' } }], 'positionTpsl');
    const { universe } = await trader.info.meta();
    const a = universe.findIndex(({ name }) => name === 'BTC');
    const cancel = ({ oid }: { readonly oid: number }) => trader.exchange.cancel({ cancels: [{ a, o: oid }] });
    const openOrders = async () => (await trader.info.frontendOpenOrders({ user: trader.address })).length;

    await setPolicy({ tradingState: 'REDUCING' });
    await refusedOpen(trader, REDUCING);
    filledOf(await close(trader));
    expect(await openOrders()).toBe(3);
    await cancel(first);
    expect(await openOrders()).toBe(2);

    await setPolicy({ tradingState: 'ACTIVE', pauses: ['open'] });
    await refusedOpen(trader, PAUSED);
    filledOf(await close(trader));

    await setPolicy({ tradingState: 'HALTED' });
    await refusedOpen(trader, HALTED);
    expect(await close(trader)).toEqual({ error: expect.stringContaining(HALTED) });
    await cancel(second);
    expect(await openOrders()).toBe(1);
    // Protection is kept but does not fire while all is halted …
    const held = (await trader.positions())['BTC'];
    expect(held).toBeDefined();
    await market.hold('BTC', '78990', '1');
    // Another mark behind it: what the first could do is done.
    await market.hold('BTC', '78980', '1');
    expect((await trader.positions())['BTC']).toBe(held);
    expect(await openOrders()).toBe(1);

    // … and fires as soon as it may, because the mark still reaches it.
    await setPolicy({ tradingState: 'ACTIVE' });
    await eventually('the stop', async () => ((await trader.positions())['BTC'] === undefined ? true : undefined));
    await eventually('opens to be taken again', async () => ('filled' in (await open(trader)) ? true : undefined));
  });
});
