import { describe, expect, it } from '@jest/globals';
import type { BboFrame, ContextFrame, TradesFrame } from '@perps/contracts/feed';
import { price, rate, size } from '@perps/domain/money';
import { createConflation } from './conflation.ts';
import { RAW } from './testing/frames.ts';

const level = (at: number | undefined) => (at === undefined ? undefined : { price: price(BigInt(at)), size: size(1n) });
let lastTime = 0;
const bbo = (bid: number | undefined, ask: number | undefined, symbol = 'BTC'): BboFrame => {
  lastTime += 1;
  return { type: 'bbo', symbol, bbo: { bid: level(bid), ask: level(ask) }, venueTime: lastTime };
};
const mark = (at: number): ContextFrame => ({
  type: 'context',
  symbol: 'BTC',
  markPrice: price(BigInt(at)),
  oraclePrice: price(1n),
  fundingRate: rate(0n),
  markAt: 1,
  isPriceHeld: false,
  raw: RAW,
});
const trades = (...tids: readonly number[]): TradesFrame => ({
  type: 'trades',
  symbol: 'BTC',
  trades: tids.map((tid) => ({
    coin: 'BTC',
    side: 'B',
    px: '1.0',
    sz: '1.0',
    hash: '0x',
    time: tid,
    tid,
    users: ['', ''],
  })),
});

/** Adds all, takes once. */
const conflate = <Frame extends Parameters<ReturnType<typeof createConflation>['add']>[0]>(
  frames: readonly Frame[],
  conflation = createConflation(),
) => {
  for (const frame of frames) conflation.add(frame);
  return conflation.take();
};

describe('conflation', () => {
  it('of what waits, the newest wins', () => {
    const frames = [bbo(10, 20), bbo(10, 20), bbo(10, 20)];
    expect(conflate(frames)).toEqual([frames[2]]);
  });

  it('a dip of the ask between two quotes is kept, and stands before the newest', () => {
    const frames = [bbo(10, 20), bbo(5, 8), bbo(10, 20)];
    expect(conflate(frames)).toEqual([frames[1], frames[2]]);
  });

  it('a spike of the bid, too; both extremes in the order they came', () => {
    const frames = [bbo(10, 20), bbo(30, 40), bbo(5, 8), bbo(10, 20)];
    expect(conflate(frames)).toEqual([frames[1], frames[2], frames[3]]);
  });

  it('an extreme that was sent before is not sent again', () => {
    const conflation = createConflation();
    const [low, back] = [bbo(5, 8), bbo(10, 20)];
    expect(conflate([low], conflation)).toEqual([low]);
    expect(conflate([bbo(5, 8), back], conflation)).toEqual([back]);
  });

  it('an empty side neither hides an extreme nor is one', () => {
    const frames = [bbo(10, 20), bbo(undefined, undefined)];
    expect(conflate(frames)).toEqual(frames);
    expect(conflate([bbo(undefined, undefined), bbo(10, 20)])).toHaveLength(1);
  });

  it('marks keep their extremes', () => {
    const frames = [mark(100), mark(90), mark(120), mark(101)];
    expect(conflate(frames)).toEqual([frames[1], frames[2], frames[3]]);
  });

  it('symbols do not mix, trades join, and afterwards nothing waits', () => {
    const conflation = createConflation();
    const taken = conflate([bbo(1, 2), bbo(3, 4, 'ETH'), trades(1), trades(2, 3)], conflation);
    expect(taken.map((frame) => [frame.type, frame.symbol])).toEqual([
      ['bbo', 'BTC'],
      ['bbo', 'ETH'],
      ['trades', 'BTC'],
    ]);
    expect(taken.flatMap((frame) => (frame.type === 'trades' ? frame.trades.map(({ tid }) => tid) : []))).toEqual([
      1, 2, 3,
    ]);
    expect(conflation.isEmpty()).toBe(true);
    expect(conflation.take()).toEqual([]);
  });
});
