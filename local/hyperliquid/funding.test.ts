import { describe, expect, it } from '@jest/globals';
import type {
  FundingHistoryRow,
  MetaAndAssetCtxs,
  PredictedFundings,
  UserFundingRow,
} from '@perps/contracts/hyperliquid';
import { settleFunding } from './funding.ts';
import { answerInfo } from './info/index.ts';
import { ANN, ANN_ADDRESS, BOB, BOB_ADDRESS, BTC, ETH, limit, standingVenue } from './testing/standing-venue.ts';

const HOUR_MS = 3_600_000;
const RATE_SCALE = 10_000_000_000;

type World = ReturnType<typeof standingVenue>;

function setRate({ venue }: World, assetId: number, rate: number): void {
  venue.markets[assetId]!.fundingRate = BigInt(Math.round(rate * RATE_SCALE));
}

/** Ann is long 0.1 BTC, Bob short 5 ETH; BTC stands at 100,000, ETH at 4,000. */
function heldVenue(): World {
  const world = standingVenue();
  world.holdAt('100000', BTC);
  world.holdAt('4000', ETH);
  world.place(ANN, [limit({ asset: BTC, isBuy: true, price: '110000', size: '0.1', tif: 'Ioc' })]);
  world.place(BOB, [limit({ isBuy: false, price: '3600', size: '5', tif: 'Ioc' })]);
  return world;
}

const fundingsOf = ({ venue }: World, user: string) =>
  answerInfo(venue, { type: 'userFunding', user, startTime: 0 }) as UserFundingRow[];

describe('an hour’s funding', () => {
  it('takes from longs and gives to shorts where the rate is positive, the other way round where it is negative', () => {
    const world = heldVenue();
    setRate(world, BTC, 0.0001);
    setRate(world, ETH, 0.00005);
    const before = Number(world.state(ANN_ADDRESS).marginSummary.accountValue);
    expect(settleFunding(world.venue, { time: 1_700_002_800_020 })).toBe(2);
    expect(fundingsOf(world, ANN_ADDRESS)).toEqual([
      {
        time: 1_700_002_800_020,
        hash: `0x${'0'.repeat(64)}`,
        delta: { type: 'funding', coin: 'BTC', usdc: '-1.0', szi: '0.1', fundingRate: '0.0001', nSamples: null },
      },
    ]);
    expect(fundingsOf(world, BOB_ADDRESS)[0]?.delta).toMatchObject({ usdc: '1.0', szi: '-5.0' });
    expect(Number(world.state(ANN_ADDRESS).marginSummary.accountValue)).toBeCloseTo(before - 1, 6);
    setRate(world, BTC, -0.00005);
    settleFunding(world.venue, { time: 1_700_006_400_020 });
    expect(fundingsOf(world, ANN_ADDRESS)[1]?.delta.usdc).toBe('0.5');
    expect(world.state(ANN_ADDRESS).assetPositions[0]?.position.cumFunding).toEqual({
      allTime: '0.5',
      sinceOpen: '0.5',
      sinceChange: '0.5',
    });
  });

  it('counts what was paid since the last change of the size, since the opening, and ever', () => {
    const world = heldVenue();
    setRate(world, BTC, 0.0001);
    settleFunding(world.venue, { time: 1 });
    world.place(ANN, [limit({ asset: BTC, isBuy: true, price: '110000', size: '0.1', tif: 'Ioc' })]);
    settleFunding(world.venue, { time: 2 });
    expect(world.state(ANN_ADDRESS).assetPositions[0]?.position.cumFunding).toEqual({
      allTime: '3.0',
      sinceOpen: '3.0',
      sinceChange: '2.0',
    });
    world.place(ANN, [limit({ asset: BTC, isBuy: false, price: '90000', size: '0.2', tif: 'Ioc' })]);
    world.place(ANN, [limit({ asset: BTC, isBuy: true, price: '110000', size: '0.1', tif: 'Ioc' })]);
    expect(world.state(ANN_ADDRESS).assetPositions[0]?.position.cumFunding).toEqual({
      allTime: '3.0',
      sinceOpen: '0.0',
      sinceChange: '0.0',
    });
  });

  it('is taken from the collateral of an isolated position', () => {
    const world = standingVenue();
    world.holdAt('4000');
    world.act(ANN, { type: 'updateLeverage', asset: ETH, isCross: false, leverage: 10 });
    world.place(ANN, [limit({ isBuy: true, price: '4100', size: '1', tif: 'Ioc' })]);
    const before = world.state(ANN_ADDRESS);
    setRate(world, ETH, 0.001);
    settleFunding(world.venue, { time: 1 });
    const after = world.state(ANN_ADDRESS);
    expect(after.crossMarginSummary).toEqual(before.crossMarginSummary);
    const marginOf = (state: typeof after) => Number(state.assetPositions[0]?.position.marginUsed);
    expect(marginOf(after)).toBeCloseTo(marginOf(before) - 4, 6);
  });

  it('comes with the clock, once for every hour, and is history afterwards', async () => {
    const world = heldVenue();
    setRate(world, BTC, 0.0001);
    const nextHour = (Math.floor(world.clock.now() / HOUR_MS) + 1) * HOUR_MS;
    await world.pass(nextHour - world.clock.now() - 1);
    expect(fundingsOf(world, ANN_ADDRESS)).toEqual([]);
    await world.pass(200);
    await world.pass(200);
    await world.pass(2 * HOUR_MS);
    const stamps = fundingsOf(world, ANN_ADDRESS).map(({ time }) => time);
    expect(stamps.map((time) => Math.floor(time / HOUR_MS))).toEqual(
      [0, 1, 2].map((hour) => nextHour / HOUR_MS + hour),
    );
    for (const time of stamps) expect(time % HOUR_MS).toBeLessThanOrEqual(80);
    const history = answerInfo(world.venue, { type: 'fundingHistory', coin: 'BTC', startTime: nextHour - 2 * HOUR_MS });
    const rates = (history as FundingHistoryRow[]).map(({ fundingRate }) => fundingRate);
    expect(rates).toEqual(['0.0000125', '0.0000125', '0.0001', '0.0001', '0.0001']);
  });

  it('shows the rate in force wherever rates are shown', () => {
    const world = heldVenue();
    setRate(world, BTC, -0.0002);
    const [, contexts] = answerInfo(world.venue, { type: 'metaAndAssetCtxs' }) as MetaAndAssetCtxs;
    expect(contexts[BTC]?.funding).toBe('-0.0002');
    const predicted = answerInfo(world.venue, { type: 'predictedFundings' }) as PredictedFundings;
    const own = predicted.find(([coin]) => coin === 'BTC')?.[1].find(([name]) => name === 'HlPerp');
    expect(own?.[1]).toMatchObject({ fundingRate: '-0.0002', fundingIntervalHours: 1 });
  });
});
