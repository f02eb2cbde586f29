import { describe, expect, it } from '@jest/globals';
import { price } from '../money/index.ts';
import { initialPriceState, judgePrice, jumpBoundBps, type PriceState, type PriceVerdict } from './price-acceptance.ts';

interface Row {
  readonly mark: number;
  readonly oracle: number;
  readonly at: number;
  readonly verdict: PriceVerdict;
  readonly accepted: number;
}

/** Prices in whole dollars, times in ms. */
const row = (line: string): Row => {
  const [mark = 0, oracle = 0, at = 0] = line.split(/\s+/).slice(0, 3).map(Number);
  const [verdict, accepted] = line.split(/\s+/).slice(3);
  return { mark, oracle, at, verdict: verdict as PriceVerdict, accepted: Number(accepted) };
};

function play(lines: readonly string[], boundBps = jumpBoundBps('BTC')): void {
  let state: PriceState = initialPriceState;
  for (const line of lines) {
    const { mark, oracle, at, verdict, accepted } = row(line);
    const step = judgePrice(
      state,
      { markPrice: price(BigInt(mark)), oraclePrice: price(BigInt(oracle)), at },
      boundBps,
    );
    expect({ line, verdict: step.verdict, accepted: step.state.accepted?.markPrice }).toEqual({
      line,
      verdict,
      accepted: price(BigInt(accepted)),
    });
    state = step.state;
  }
}

describe('the price sanity rule (spec 01)', () => {
  //                                       mark  oracle  at    verdict  accepted after
  const scenarios: readonly [string, readonly string[]][] = [
    [
      'small moves pass',
      ['10000 10000 0 accepted 10000', '10499 10000 1 accepted 10499', '10000 10000 2 accepted 10000'],
    ],
    ['exactly the bound passes', ['10000 10000 0 accepted 10000', '9500 10000 1 accepted 9500']],
    [
      'a single bad print is held and forgotten',
      ['10000 10000 0 accepted 10000', '5000 10000 100 held 10000', '10001 10000 200 accepted 10001'],
    ],
    [
      'a bad print that is delivered again and again within a second stays held',
      [
        '10000 10000 0 accepted 10000',
        ...[100, 200, 300, 400, 500].map((at) => `5000 10000 ${at} held 10000`),
        '10001 10000 600 accepted 10001',
      ],
    ],
    [
      'a crash whose oracle lags gets through with three confirmations',
      [
        '10000 10000 0 accepted 10000',
        '8000 10000 100 held 10000',
        '7990 10000 200 held 10000',
        '7950 9900 300 held 10000',
        '7940 9800 400 accepted 7940',
      ],
    ],
    [
      'a crash that stands still gets through in three seconds',
      [
        '10000 10000 0 accepted 10000',
        '8000 10000 100 held 10000',
        '8000 10000 1100 held 10000',
        '8000 10000 2100 held 10000',
        '8000 10000 3100 accepted 8000',
      ],
    ],
    [
      'the oracle within two percent of the jump confirms it at once',
      ['10000 10000 0 accepted 10000', '8000 8160 100 accepted 8000'],
    ],
    ['the oracle beyond two percent does not', ['10000 10000 0 accepted 10000', '8000 8161 100 held 10000']],
    [
      'confirmations are measured against the held price, a second jump starts anew',
      [
        '10000 10000 0 accepted 10000',
        '8000 10000 100 held 10000',
        '7990 10000 200 held 10000',
        '5000 10000 300 held 10000',
        '5001 10000 400 held 10000',
        '5002 10000 500 held 10000',
        '5003 10000 600 accepted 5003',
      ],
    ],
    [
      'zero, negative and late updates are refused and confirm nothing',
      [
        '10000 10000 10 accepted 10000',
        '0 10000 20 refused 10000',
        '-5 10000 20 refused 10000',
        '9999 10000 9 refused 10000',
      ],
    ],
    ['a missing oracle keeps the last one', ['10000 10000 0 accepted 10000', '10001 0 1 accepted 10001']],
  ];

  it.each(scenarios)('%s', (_name, lines) => play(lines));

  it('allows ten percent outside BTC and ETH', () => {
    expect([jumpBoundBps('ETH'), jumpBoundBps('SOL')]).toEqual([500n, 1_000n]);
    play(['10000 10000 0 accepted 10000', '9000 10000 1 accepted 9000'], jumpBoundBps('SOL'));
  });

  it('holds a first print that is far from the oracle, and refuses one without an oracle', () => {
    const far = judgePrice(initialPriceState, { markPrice: price(5_000n), oraclePrice: price(10_000n), at: 1 }, 500n);
    expect(far.verdict).toBe('held');
    expect(far.state.accepted).toBeUndefined();
    const alone = judgePrice(initialPriceState, { markPrice: price(5_000n), oraclePrice: undefined, at: 1 }, 500n);
    expect(alone.verdict).toBe('refused');
    const none = judgePrice(initialPriceState, { markPrice: undefined, oraclePrice: price(5_000n), at: 1 }, 500n);
    expect(none.verdict).toBe('refused');
  });
});
