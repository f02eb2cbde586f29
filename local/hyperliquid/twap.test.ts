import { describe, expect, it } from '@jest/globals';
import type { ExchangeAnswer, TwapHistoryRow, TwapSliceFill } from '@perps/contracts/hyperliquid';
import { answerInfo } from './info/index.ts';
import { twapStates } from './twap.ts';
import { ANN, ANN_ADDRESS, ETH, limit, standingVenue } from './testing/standing-venue.ts';

type World = ReturnType<typeof standingVenue>;

const start = (world: World, twap: { s?: string; m?: number; b?: boolean; r?: boolean }, details?: Details) =>
  world.act(ANN, {
    type: 'twapOrder',
    twap: { a: ETH, b: twap.b ?? true, s: twap.s ?? '1', r: twap.r ?? false, m: twap.m ?? 5, t: false },
    ...(details === undefined ? {} : { details }),
  });
interface Details {
  readonly t: { p: string; a: boolean } | null;
  readonly s: string | null;
}

function idOf(answer: ExchangeAnswer): number {
  const status = answer.status === 'ok' && 'data' in answer.response ? answer.response.data : undefined;
  if (typeof status === 'object' && 'status' in status && typeof status.status === 'object') {
    if ('running' in status.status) return status.status.running.twapId;
  }
  throw new Error(JSON.stringify(answer));
}

const slices = ({ venue }: World) =>
  answerInfo(venue, { type: 'userTwapSliceFills', user: ANN_ADDRESS }) as TwapSliceFill[];
const history = ({ venue }: World) => answerInfo(venue, { type: 'twapHistory', user: ANN_ADDRESS }) as TwapHistoryRow[];

describe('a TWAP', () => {
  it('sends a slice every thirty seconds until its size is done; slices are no ordinary fills', async () => {
    const world = standingVenue();
    world.holdAt('4000');
    const twapId = idOf(start(world, {}));
    expect(slices(world)).toMatchObject([
      { twapId, fill: { sz: '0.1', px: '4000.1', hash: `0x${'0'.repeat(64)}`, twapId: null, crossed: true } },
    ]);
    await world.pass(29_000);
    expect(slices(world)).toHaveLength(1);
    await world.pass(1_000);
    expect(slices(world)).toHaveLength(2);
    expect(twapStates(world.venue, ANN_ADDRESS)).toMatchObject([
      [twapId, { coin: 'ETH', executedSz: '0.2', sz: '1.0', minutes: 5, side: 'B', trigger: null, stopPx: null }],
    ]);
    for (let slice = 0; slice < 8; slice += 1) await world.pass(30_000);
    expect(world.state(ANN_ADDRESS).assetPositions[0]?.position.szi).toBe('1.0');
    expect(history(world).map(({ status }) => status)).toEqual([{ status: 'finished' }, { status: 'activated' }]);
    expect(world.fills(ANN_ADDRESS)).toEqual([]);
    expect(twapStates(world.venue, ANN_ADDRESS)).toEqual([]);
  });

  it('ends by cancel, once', async () => {
    const world = standingVenue();
    world.holdAt('4000');
    const twapId = idOf(start(world, {}));
    expect(world.act(ANN, { type: 'twapCancel', a: ETH, t: twapId })).toEqual({
      status: 'ok',
      response: { type: 'twapCancel', data: { status: 'success' } },
    });
    await world.pass(60_000);
    expect(slices(world)).toHaveLength(1);
    expect(history(world)[0]?.status).toEqual({ status: 'terminated' });
    expect(world.act(ANN, { type: 'twapCancel', a: ETH, t: twapId }).response).toMatchObject({
      data: { status: { error: 'TWAP was never placed, already canceled, or filled.' } },
    });
  });

  it.each([
    ['too short', { m: 1 }, 'Invalid TWAP duration: 1 min(s)'],
    ['reduce-only without a position', { r: true }, 'Reduce-only TWAP order would increase position.'],
  ])('is refused where it is %s', (_, twap, error) => {
    const world = standingVenue();
    expect(start(world, twap)).toEqual({ status: 'ok', response: { type: 'twapOrder', data: { status: { error } } } });
  });

  it('waits for its trigger and stops at its price', async () => {
    const world = standingVenue();
    world.holdAt('4000');
    const twapId = idOf(start(world, {}, { t: { p: '4010', a: true }, s: '4050' }));
    await world.pass(60_000);
    expect(slices(world)).toEqual([]);
    world.holdAt('4010');
    await world.pass(100);
    expect(slices(world)).toHaveLength(1);
    world.holdAt('4051');
    await world.pass(30_000);
    expect(slices(world)).toHaveLength(1);
    expect(history(world).map(({ status }) => status)).toEqual([
      { status: 'stopped' },
      { status: 'activated' },
      { status: 'waitingForTrigger' },
    ]);
    expect(history(world)[0]?.twapId).toBe(twapId);
  });

  it('that reduces ends with its position', async () => {
    const world = standingVenue();
    world.holdAt('4000');
    world.place(ANN, [limit({ isBuy: true, price: '4100', size: '1', tif: 'Ioc' })]);
    start(world, { b: false, r: true });
    world.place(ANN, [limit({ isBuy: false, price: '3900', size: '0.9', tif: 'Ioc', isReduceOnly: true })]);
    await world.pass(30_000);
    expect(history(world)[0]?.status).toEqual({ status: 'terminated' });
    expect(world.state(ANN_ADDRESS).assetPositions).toEqual([]);
  });
});
