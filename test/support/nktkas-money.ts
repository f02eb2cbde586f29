/** @nktkas/hyperliquid over HTTP: isolated margin, margin modes, the dead-man's switch, histories of money. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import { oidsOf, openTriggerDesk, type TriggerDesk } from './trigger-desk.ts';

const COIN = 'SOL';
const HOUR_MS = 3_600_000;

export function describeNktkasMoney(target: CurrentTarget): void {
  describe('@nktkas/hyperliquid, margin and money', () => {
    let desk: TriggerDesk;
    beforeAll(async () => {
      desk = await openTriggerDesk(target, COIN);
    });
    afterAll(async () => {
      await desk.clear();
      await desk.client.exchange.updateLeverage({ asset: desk.coin.assetId, isCross: true, leverage: 5 });
      await desk.leave();
    });
    const current = (): TriggerDesk => desk;
    describeMargin(current);
    describeSwitch(current);
    describeHistories(current);
  });
}

type Current = () => TriggerDesk;

function describeMargin(desk: Current): void {
  const position = async () => {
    const state = await desk().client.info.clearinghouseState({ user: desk().client.user });
    return state.assetPositions.find((one) => one.position.coin === COIN)?.position;
  };
  const adjust = (usd: number) =>
    desk().client.exchange.updateIsolatedMargin({ asset: desk().coin.assetId, isBuy: true, ntli: usd * 1_000_000 });
  const setMode = (isCross: boolean, leverage: number) =>
    desk().client.exchange.updateLeverage({ asset: desk().coin.assetId, isCross, leverage });

  it('moves margin in and out of an isolated position, within bounds', async () => {
    await setMode(false, 5);
    await desk().buy();
    const before = await position();
    expect(before?.leverage).toMatchObject({ type: 'isolated', value: 5 });
    await adjust(50);
    const more = await position();
    expect(Number(more?.marginUsed) - Number(before?.marginUsed)).toBeCloseTo(50, 2);
    await adjust(-20);
    expect(Number((await position())?.marginUsed) - Number(before?.marginUsed)).toBeCloseTo(30, 2);
    await expect(adjust(-100)).rejects.toThrow('Position does not have sufficient margin for reduction.');
    await expect(adjust(10_000_000)).rejects.toThrow('Account does not have sufficient margin available for increase.');
  });

  it('keeps the margin mode while a position is open', async () => {
    await expect(setMode(true, 5)).rejects.toThrow('Cannot switch leverage type with open position.');
    await setMode(false, 4);
    expect((await position())?.leverage).toMatchObject({ type: 'isolated', value: 4 });
    await desk().clear();
    await setMode(true, 5);
    await desk().buy();
    expect((await position())?.leverage).toEqual({ type: 'cross', value: 5 });
    await expect(setMode(false, 5)).rejects.toThrow('Cannot switch leverage type with open position.');
    await expect(adjust(10)).rejects.toThrow('Position does not use isolated margin.');
    await desk().clear();
    await expect(adjust(10)).rejects.toThrow('Position does not use isolated margin.');
  });
}

function describeSwitch(desk: Current): void {
  it('cancels everything at the scheduled time, unless it is cleared', async () => {
    const { client, limit, trigger, place, status } = desk();
    await expect(client.exchange.scheduleCancel({ time: Date.now() + 1_000 })).rejects.toThrow(
      'Scheduled cancel time too early, must be at least 5 seconds from now.',
    );
    const stop = trigger({ kind: 'sl', isBuy: true, at: 1.1, isReduceOnly: false });
    const oids = oidsOf(await place([limit({ isBuy: true, at: 0.9 }), stop]));
    await client.exchange.scheduleCancel({ time: Date.now() + 60_000 });
    await client.exchange.scheduleCancel();
    await client.exchange.scheduleCancel({ time: Date.now() + 5_500 });
    for (const oid of oids) await status(oid, 'scheduledCancel');
    expect(await desk().open()).toEqual([]);
  }, 20_000);
}

function describeHistories(desk: Current): void {
  it('tells funding, movements of money and fills by time', async () => {
    const { info, user } = desk().client;
    const [startTime, endTime] = [Date.now() - 24 * HOUR_MS, Date.now() + HOUR_MS];
    for (const row of await info.userFunding({ user, startTime })) {
      expect(row).toMatchObject({ time: expect.any(Number), hash: expect.any(String), delta: { type: 'funding' } });
    }
    const [deposit] = await info.userNonFundingLedgerUpdates({ user, startTime });
    expect(deposit).toEqual({
      time: expect.any(Number),
      hash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      delta: { type: 'deposit', usdc: expect.stringMatching(/^\d+\.\d+$/) },
    });
    const fills = await info.userFillsByTime({ user, startTime, endTime });
    expect(fills.length).toBeGreaterThan(2);
    expect(fills.map(({ time }) => time)).toEqual(fills.map(({ time }) => time).sort((a, b) => a - b));
    expect(await info.userFillsByTime({ user, startTime: endTime, endTime: endTime + 1 })).toEqual([]);
  });

  it('tells rates of funding, past and predicted', async () => {
    const { info } = desk().client;
    for (const row of await info.fundingHistory({ coin: COIN, startTime: Date.now() - 24 * HOUR_MS })) {
      expect(row).toEqual({
        coin: COIN,
        fundingRate: expect.any(String),
        premium: expect.any(String),
        time: expect.any(Number),
      });
    }
    const predicted = await info.predictedFundings();
    const [, venues] = predicted.find(([coin]) => coin === COIN)!;
    const own = venues.find(([venue]) => venue === 'HlPerp')?.[1];
    expect(own).toMatchObject({ fundingRate: expect.any(String), nextFundingTime: expect.any(Number) });
    expect(own!.nextFundingTime % HOUR_MS).toBe(0);
  });

  it('tells what the account was worth', async () => {
    const { info, user } = desk().client;
    const portfolio = await info.portfolio({ user });
    const periods = ['day', 'week', 'month', 'allTime', 'perpDay', 'perpWeek', 'perpMonth', 'perpAllTime'];
    expect(portfolio.map(([period]) => period)).toEqual(periods);
    const [, day] = portfolio[0];
    expect(Object.keys(day).sort()).toEqual(['accountValueHistory', 'pnlHistory', 'vlm']);
    expect(Number(day.accountValueHistory.at(-1)?.[1])).toBeGreaterThan(0);
    expect(Number(day.vlm)).toBeGreaterThan(0);
  });
}
