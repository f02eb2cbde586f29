import { describe, expect, it } from '@jest/globals';
import { price } from '../money/index.ts';
import { initialVolatility, judgeVolatility, type VolatilityState } from './volatility.ts';

const START = 1_763_719_200_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

type Sample = readonly [afterMs: number, price: number];

function run(samples: readonly Sample[], from: VolatilityState = initialVolatility): VolatilityState {
  let state = from;
  for (const [afterMs, at] of samples)
    state = judgeVolatility(state, { price: price(BigInt(at)), at: START + afterMs });
  return state;
}

/** Evenly from one price to another, a sample a second. */
const line = (fromMs: number, seconds: number, ends: readonly [from: number, to: number]): Sample[] =>
  Array.from({ length: seconds + 1 }, (_, second) => [
    fromMs + second * SECOND,
    Math.round(ends[0] + ((ends[1] - ends[0]) * second) / seconds),
  ]);

describe('realised volatility', () => {
  it('is held by a move of over 1.5 % within a minute, either way', () => {
    expect(run(line(0, 30, [100_000, 98_510])).isVolatile).toBe(false);
    expect(run(line(0, 30, [100_000, 98_480])).isVolatile).toBe(true);
    expect(run(line(0, 30, [100_000, 101_520])).isVolatile).toBe(true);
  });

  it('is held by a fall of over 5 % inside the hour, from the high in between, not from its start', () => {
    const rising = line(0, 1_200, [100_000, 102_000]);
    const falling = line(1_200 * SECOND, 1_500, [102_000, 96_950]);
    expect(run([...rising, ...falling]).isVolatile).toBe(false);
    expect(run([...rising, ...falling, [2_710 * SECOND, 96_890]]).isVolatile).toBe(true);
  });

  it('forgets what is over an hour ago', () => {
    const old = line(0, 600, [100_000, 96_000]);
    const later = line(62 * MINUTE, 60, [96_000, 94_900]);
    expect(run([...old, ...later]).isVolatile).toBe(false);
  });

  it('SC-EC-003: a fall of 15 % within a minute is held within two seconds of the limit', () => {
    const fall = line(0, 60, [60_000, 51_000]);
    const crossed = fall.findIndex(([, at]) => at < 60_000 * 0.985);
    expect(run(fall.slice(0, crossed - 1)).isVolatile).toBe(false);
    expect(run(fall.slice(0, crossed + 2)).isVolatile).toBe(true);
  });

  it('ends after ten minutes below 60 % of both limits, and not before', () => {
    const held = run(line(0, 20, [100_000, 98_000]));
    // The move of the hour stays 2 % (limit of release 3 %); the minute's ends with its minute.
    const calm = line(90 * SECOND, 620, [98_000, 98_000]);
    expect(run(calm.slice(0, 590), held).isVolatile).toBe(true);
    expect(run(calm, held).isVolatile).toBe(false);
    const restless = calm.map(([at, value]): Sample => [at, at === 400 * SECOND ? 96_900 : value]);
    expect(run(restless, held).isVolatile).toBe(true);
  });
});
