/** @nktkas/hyperliquid over HTTP: stops and take-profits, by themselves and in groups, through their whole life. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import { randomCloid } from './nktkas-client.ts';
import { oidsOf, openTriggerDesk, type TriggerDesk } from './trigger-desk.ts';
import { eventually } from './waiting.ts';

const NEVER_PLACED = 'Order was never placed, already canceled, or filled.';
const BAD_TRIGGER = 'Invalid TP/SL price.';
const REDUCE_ONLY = 'Reduce only order would increase position.';

/** One that the gateway executes itself, and one that goes to the venue. */
const COINS = ['ETH', 'SOL'];

export function describeNktkasTriggers(target: CurrentTarget): void {
  describe.each(COINS)('@nktkas/hyperliquid, triggers in %s', (name) => {
    let desk: TriggerDesk;
    beforeAll(async () => {
      desk = await openTriggerDesk(target, name);
    });
    afterEach(async () => {
      await desk.move(1);
      await desk.clear();
    });
    afterAll(() => desk.leave());
    const current = (): TriggerDesk => desk;
    describeSingle(current);
    describeFiring(current);
    describeEntries(current);
    describePositions(current);
  });
}

type Current = () => TriggerDesk;

function describeSingle(desk: Current): void {
  it('rests a stop and a take-profit, shows what they wait for, cancels them by oid and cloid', async () => {
    const { client, coin, text, trigger, place, open, size, status } = desk();
    await desk().buy();
    const cloid = randomCloid();
    const orders = [trigger({ kind: 'sl', at: 0.95, cloid }), trigger({ kind: 'tp', at: 1.05, limit: 1.06 })];
    const statuses = await place(orders);
    const [stop = 0, profit = 0] = oidsOf(statuses);
    expect(statuses).toEqual([{ resting: { oid: stop, cloid } }, { resting: { oid: profit } }]);
    const shown = { coin: coin.name, side: 'A', isTrigger: true, isPositionTpsl: false, reduceOnly: true, tif: null };
    const [first, second] = await open();
    expect(first).toMatchObject({
      ...shown,
      oid: profit,
      orderType: 'Take Profit Limit',
      children: [],
      cloid: null,
    });
    expect(second).toMatchObject({ ...shown, oid: stop, orderType: 'Stop Market', children: [], cloid });
    expect([first, second].map((order) => Number(order?.sz))).toEqual([Number(size), Number(size)]);
    expect(Number(second?.triggerPx)).toBe(Number(text(0.95)));
    expect(first?.triggerCondition).toBe(`Price above ${first?.triggerPx}`);
    expect(second?.triggerCondition).toBe(`Price below ${second?.triggerPx}`);
    expect(Number(second?.limitPx)).toBe(Number(orders[0]?.p));
    const plain = await client.info.openOrders({ user: client.user });
    expect(plain.map(({ oid }) => oid)).toEqual(expect.arrayContaining([stop, profit]));
    expect(await status(stop, 'open')).toMatchObject({ isTrigger: true, cloid });

    const byCloid = await client.exchange.cancelByCloid({ cancels: [{ asset: coin.assetId, cloid }] });
    expect(byCloid.response.data.statuses).toEqual(['success']);
    const cancel = { cancels: [{ a: coin.assetId, o: profit }] };
    expect((await client.exchange.cancel(cancel)).response.data.statuses).toEqual(['success']);
    await expect(client.exchange.cancel(cancel)).rejects.toThrow(NEVER_PLACED);
    expect(await open()).toEqual([]);
    expect(await status(cloid, 'canceled')).toMatchObject({ isTrigger: true });
  });

  it('refuses triggers that are not ahead of the mark, and reduce-only ones with nothing to reduce', async () => {
    const { trigger, refusalOf, buy } = desk();
    expect(await refusalOf([trigger({ kind: 'sl', at: 0.95 })])).toContain(REDUCE_ONLY);
    await buy();
    for (const wrong of [
      trigger({ kind: 'sl', at: 1.05 }),
      trigger({ kind: 'tp', at: 0.95 }),
      trigger({ kind: 'sl', at: 1 }),
      trigger({ kind: 'sl', at: 0.95, isBuy: true, isReduceOnly: false }),
    ]) {
      expect(await refusalOf([wrong])).toContain(BAD_TRIGGER);
    }
    expect(await refusalOf([trigger({ kind: 'sl', at: 1.05, isBuy: true })])).toContain(REDUCE_ONLY);
    expect(await desk().open()).toEqual([]);
  });

  it('modifies a stop under a new oid, and loses it to an invalid price', async () => {
    const { client, trigger, place, open, text } = desk();
    await desk().buy();
    const [oid = 0] = oidsOf(await place([trigger({ kind: 'sl', at: 0.95 })]));
    await client.exchange.modify({ oid, order: trigger({ kind: 'sl', at: 0.94 }) });
    const [second] = await open();
    expect(second?.oid).not.toBe(oid);
    expect(Number(second?.triggerPx)).toBe(Number(text(0.94)));
    const answer = await client.exchange.batchModify({
      modifies: [{ oid: second!.oid, order: trigger({ kind: 'sl', at: 0.93 }) }],
    });
    const [third = 0] = oidsOf(answer.response.data.statuses);
    expect(await open()).toMatchObject([{ oid: third, orderType: 'Stop Market' }]);
    await expect(client.exchange.modify({ oid: third, order: trigger({ kind: 'sl', at: 1.05 }) })).rejects.toThrow(
      `Error placing new order during modify: ${BAD_TRIGGER}`,
    );
    expect(await open()).toEqual([]);
    await expect(client.exchange.modify({ oid: third, order: trigger({ kind: 'sl', at: 0.9 }) })).rejects.toThrow(
      'Cannot modify canceled or filled order',
    );
  });
}

function describeFiring(desk: Current): void {
  it('closes at the market when the mark reaches a stop', async () => {
    const { client, coin, trigger, place, move, status, heldSize } = desk();
    await desk().buy();
    const [oid = 0] = oidsOf(await place([trigger({ kind: 'sl', at: 0.99 })]));
    await move(0.995);
    expect(await status(oid, 'open')).toMatchObject({ isTrigger: true });
    await move(0.988);
    const shown = await status(oid, 'filled');
    expect(shown).toMatchObject({
      isTrigger: true,
      triggerCondition: 'Triggered',
      orderType: 'Stop Market',
      tif: null,
    });
    expect(Number(shown.sz)).toBe(0);
    expect(await heldSize()).toBe(0);
    const fills = await client.info.userFills({ user: client.user });
    const mine = fills.filter((fill) => fill.oid === oid);
    expect(mine[0]).toMatchObject({ coin: coin.name, side: 'A', dir: 'Close Long', crossed: true });
    const history = await client.info.historicalOrders({ user: client.user });
    expect(history.find(({ order }) => order.oid === oid)).toMatchObject({
      status: 'filled',
      order: { isTrigger: true, triggerCondition: 'Triggered' },
    });
  });

  it('becomes a resting limit order where its limit is not at the market', async () => {
    const { trigger, place, move, open } = desk();
    await desk().buy();
    const [oid = 0] = oidsOf(await place([trigger({ kind: 'tp', at: 1.01, limit: 1.03 })]));
    await move(1.012);
    const [fired] = await eventually('the resting order', async () => {
      const orders = await open();
      return orders[0]?.triggerCondition === 'Triggered' ? orders : undefined;
    });
    expect(fired).toMatchObject({ oid, isTrigger: true, orderType: 'Take Profit Limit', tif: 'Gtc', reduceOnly: true });
  });

  it('opens a position with a stop that is not reduce-only', async () => {
    const { trigger, place, move, status, heldSize, size } = desk();
    const order = trigger({ kind: 'sl', isBuy: true, at: 1.01, isReduceOnly: false });
    const [oid = 0] = oidsOf(await place([order]));
    await move(1.012);
    await status(oid, 'filled');
    expect(await heldSize()).toBeCloseTo(Number(size), 8);
  });

  it('ends with the position it protects', async () => {
    const { trigger, place, limit, status } = desk();
    await desk().buy();
    const [oid = 0] = oidsOf(await place([trigger({ kind: 'sl', at: 0.95 })]));
    await place([{ ...limit({ isBuy: false, at: 0.97, tif: 'Ioc' }), r: true }]);
    await status(oid, 'reduceOnlyCanceled');
  });
}

function describeEntries(desk: Current): void {
  const children = () => [desk().trigger({ kind: 'tp', at: 1.02 }), desk().trigger({ kind: 'sl', at: 0.98 })];

  it('shows the children of an entry inside and beside it, arms them with its fill, ends one with the other', async () => {
    const { limit, place, open, move, status, heldSize } = desk();
    const statuses = await place([limit({ isBuy: true, at: 0.995 }), ...children()], 'normalTpsl');
    const [oid] = oidsOf(statuses.slice(0, 1));
    expect(statuses).toEqual([{ resting: { oid } }, 'waitingForFill', 'waitingForFill']);
    const shown = await open();
    const entry = shown.find((order) => order.oid === oid);
    expect(entry).toMatchObject({ oid, isTrigger: false, orderType: 'Limit' });
    const inside = entry?.children as unknown as { oid: number; orderType: string; isTrigger: boolean }[];
    expect(inside).toMatchObject([
      { orderType: 'Take Profit Market', isTrigger: true },
      { orderType: 'Stop Market', isTrigger: true },
    ]);
    const beside = shown.filter((order) => order !== entry).map((order) => order.oid);
    expect(new Set(beside)).toEqual(new Set(inside.map((child) => child.oid)));
    await move(0.992);
    const armed = await eventually('armed children', async () => {
      const orders = await open();
      return orders.length === 2 ? orders : undefined;
    });
    expect(new Set(armed.map((order) => order.oid))).toEqual(new Set(inside.map((child) => child.oid)));
    await move(0.978);
    await status(inside[1]!.oid, 'filled');
    await status(inside[0]!.oid, 'siblingFilledCanceled');
    expect(await heldSize()).toBe(0);
    expect(await open()).toEqual([]);
  });

  it('cancels the children with their entry', async () => {
    const { client, coin, limit, place, open, status } = desk();
    const [oid] = oidsOf((await place([limit({ isBuy: true, at: 0.99 }), ...children()], 'normalTpsl')).slice(0, 1));
    const entry = (await open()).find((order) => order.oid === oid);
    const inside = entry?.children as unknown as { oid: number }[];
    await client.exchange.cancel({ cancels: [{ a: coin.assetId, o: entry!.oid }] });
    for (const child of inside) await status(child.oid, 'canceled');
    expect(await open()).toEqual([]);
  });

  it('lets the children of an entry that has filled at once wait for the mark', async () => {
    const { limit, place, open } = desk();
    const statuses = await place([limit({ isBuy: true, at: 1.03 }), ...children()], 'normalTpsl');
    expect(statuses.slice(1)).toEqual(['waitingForTrigger', 'waitingForTrigger']);
    expect((await open()).map((order) => order.orderType)).toEqual(
      expect.arrayContaining(['Take Profit Market', 'Stop Market']),
    );
  });

  it('refuses the children with their entry, and a child that its entry has passed', async () => {
    const { client, limit, trigger, place, open } = desk();
    const answerOf = async (...[orders]: Parameters<typeof place>) =>
      client.exchange.order({ orders, grouping: 'normalTpsl' }).catch((refusal: unknown) => refusal);
    const refused = await answerOf([{ ...limit({ isBuy: true, at: 0.9, tif: 'Ioc' }) }, ...children()]);
    const error = expect.stringContaining('Order could not immediately match against any resting orders.');
    expect(refused).toMatchObject({
      response: { response: { data: { statuses: [{ error }, { error }, { error }] } } },
    });
    const passed = await answerOf([limit({ isBuy: true, at: 0.97 }), trigger({ kind: 'sl', at: 0.98 })]);
    expect(passed).toMatchObject({
      response: {
        response: { data: { statuses: [{ resting: {} }, { error: expect.stringContaining(BAD_TRIGGER) }] } },
      },
    });
    expect(await open()).toHaveLength(1);
  });

  it.each([
    ['an entry without children', 'normalTpsl', () => [desk().limit({ isBuy: true, at: 0.97 })]],
    ['two stops', 'normalTpsl', () => [desk().limit({ isBuy: true, at: 0.97 }), stop(), stop()]],
    ['a plain order for a position', 'positionTpsl', () => [desk().limit({ isBuy: false, at: 1.2 })]],
  ] as const)('refuses %s in a group', async (_, grouping, orders) => {
    expect(await desk().refusalOf([...orders()], grouping)).toContain('Unexpected number of trigger orders');
    expect(await desk().open()).toEqual([]);
  });
  const stop = () => desk().trigger({ kind: 'sl', at: 0.95 });
}

function describePositions(desk: Current): void {
  it('protects a whole position, whatever its size, with a pair that ends together', async () => {
    const { trigger, place, open, move, status, heldSize, buy } = desk();
    await buy();
    const pair = [trigger({ kind: 'tp', at: 1.01, size: '0' }), trigger({ kind: 'sl', at: 0.98, size: '0' })];
    expect(await place(pair, 'positionTpsl')).toEqual(['waitingForTrigger', 'waitingForTrigger']);
    const shown = await open();
    expect(shown).toHaveLength(2);
    for (const order of shown) {
      expect(order).toMatchObject({
        isPositionTpsl: true,
        isTrigger: true,
        reduceOnly: true,
        sz: '0.0',
        origSz: '0.0',
      });
    }
    const oidOf = (type: string): number => shown.find(({ orderType }) => orderType === type)?.oid ?? 0;
    const [profit, stop] = [oidOf('Take Profit Market'), oidOf('Stop Market')];
    await buy();
    await move(1.012);
    await status(profit, 'filled');
    await status(stop, 'siblingFilledCanceled');
    expect(await heldSize()).toBe(0);
  });

  it('refuses a pair where there is no position', async () => {
    const { trigger, refusalOf } = desk();
    const stop = trigger({ kind: 'sl', at: 0.98, size: '0' });
    expect(await refusalOf([stop], 'positionTpsl')).toContain(REDUCE_ONLY);
  });
}
