import { describe, expect, it } from '@jest/globals';
import { createSeededRandom } from '@perps/runtime/testing';
import { runSeed, runSeeds } from './run.ts';
import type { SeedOptions, SeedReport } from './run.ts';
import { describeFailure } from './summary.ts';

const SEED = 4_242;

async function failuresOf(runs: readonly SeedOptions[], crashesMin = 1): Promise<readonly string[]> {
  const reports: SeedReport[] = [];
  await runSeeds(runs, (report) => reports.push(report));
  expect(reports).toHaveLength(runs.length);
  expect(reports.filter(({ injected }) => (injected.get('crash') ?? 0) < crashesMin)).toEqual([]);
  return reports
    .filter(({ violations }) => violations.length > 0)
    .map((report) => `${describeFailure(report)} (crash points)`);
}

describe('a crash at every await', () => {
  it.each([1, 2, 4])('loses and doubles nothing, with %i in flight', async (maxInFlight) => {
    const { points, violations } = await runSeed({ seed: SEED, maxInFlight, script: {} });
    expect(violations).toEqual([]);
    expect(points).toBeGreaterThan(50);
    const runs = Array.from({ length: points }, (_, index) => ({
      seed: SEED,
      maxInFlight,
      script: { diesAtPoints: new Set([index + 1]) },
    }));
    expect(await failuresOf(runs)).toEqual([]);
  });

  it('nor do two crashes, at random pairs of awaits', async () => {
    const random = createSeededRandom(SEED);
    const runs = Array.from({ length: 400 }, () => ({
      seed: SEED,
      maxInFlight: random.pick([1, 2]),
      script: { diesAtPoints: new Set([1 + random.int(90), 1 + random.int(200)]) },
    }));
    expect(await failuresOf(runs)).toEqual([]);
  });

  it.each([1, 2])(
    'nor does a port that throws out of the blue, at every call, with %i in flight',
    async (maxInFlight) => {
      const { calls } = await runSeed({ seed: SEED, maxInFlight, script: {} });
      expect(calls).toBeGreaterThan(20);
      const runs = Array.from({ length: calls }, (_, index) => ({
        seed: SEED,
        maxInFlight,
        script: { breaksAtCalls: new Set([index + 1]) },
      }));
      expect(await failuresOf(runs, 0)).toEqual([]);
    },
  );
});
