/** What a trader's streams say, and how long after the commit; the figures are printed, arrival is what is asserted. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { SubscriptionClient, WebSocketTransport } from '@nktkas/hyperliquid';
import { followEngine, openAt } from '../support/engine-events.ts';
import { createMarket, createTrader, filledOf, setLeverage, tierFixture, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const ORDERS = 40;
const system = useSystem({ ...tierFixture, prices: { BTC: 79_999 } });

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

describe('WS-UPDATES', () => {
  let transport: WebSocketTransport | undefined;
  afterAll(() => transport?.close());

  it('orderUpdates, userFills, userEvents and clearinghouseState follow each commit; a liquidation is told', async () => {
    const market = createMarket(system());
    const engine = await followEngine(system());
    const trader = await createTrader(system(), { balance: 50_000 });
    await setLeverage(trader, { coin: 'BTC', leverage: 10, isCross: false });
    await market.hold('BTC', '79999', '1');
    transport = new WebSocketTransport({ isTestnet: true, url: system().wsUrl });
    const client = new SubscriptionClient({ transport });
    const user = trader.address;
    /** When each stream first spoke of an order (ms), and what positions it showed. */
    const heard = {
      orderUpdates: new Map<number, number>(),
      userFills: new Map<number, number>(),
      userEvents: new Map<number, number>(),
    };
    const webData: { readonly at: number; readonly szi: number }[] = [];
    const liquidations: unknown[] = [];
    const note = (stream: Map<number, number>, oid: number): void => {
      if (!stream.has(oid)) stream.set(oid, Date.now());
    };
    await client.orderUpdates({ user }, (updates) => {
      for (const { order } of updates) note(heard.orderUpdates, order.oid);
    });
    await client.userFills({ user }, ({ fills }) => {
      for (const { oid } of fills) note(heard.userFills, oid);
    });
    await client.userEvents({ user }, (event) => {
      if ('fills' in event) for (const { oid } of event.fills) note(heard.userEvents, oid);
      if ('liquidation' in event) liquidations.push(event.liquidation);
    });
    await client.clearinghouseState({ user }, ({ clearinghouseState }) => {
      webData.push({ at: Date.now(), szi: Number(clearinghouseState.assetPositions[0]?.position.szi ?? 0) });
    });

    const oids: number[] = [];
    for (let n = 0; n < ORDERS; n += 1) {
      oids.push(filledOf(await trader.order({ coin: 'BTC', isBuy: n % 2 === 0, size: '0.002' })).oid);
    }
    const committedAt = (oid: number): number | undefined =>
      engine.events.find(({ fills }) => fills.some(({ orderId }) => orderId === oid))?.at;
    for (const [name, stream] of Object.entries(heard)) {
      await eventually(`${name} of every order`, () => (oids.every((oid) => stream.has(oid)) ? true : undefined));
      const delays: number[] = [];
      for (const oid of oids) {
        const at = await eventually('the commit', () => committedAt(oid));
        delays.push((stream.get(oid) ?? 0) - at);
      }
      process.stdout.write(
        `WS-UPDATES ${name}: median ${median(delays)} ms, max ${Math.max(...delays)} ms of ${ORDERS}\n`,
      );
    }

    const sentAt = Date.now();
    await openAt(market, trader, { coin: 'BTC', isBuy: true, size: '0.04', price: '80000', tick: '1' });
    const shown = await eventually('clearinghouseState with the position', () =>
      webData.find(({ szi }) => szi === 0.04),
    );
    process.stdout.write(`WS-UPDATES clearinghouseState: ${shown.at - sentAt} ms after the order was sent\n`);

    await market.hold('BTC', '72280', '1');
    expect(await eventually('the liquidation', () => liquidations[0])).toMatchObject({ liquidated_user: user });
    await eventually('clearinghouseState without the position', () => (webData.at(-1)?.szi === 0 ? true : undefined));
  });
});
