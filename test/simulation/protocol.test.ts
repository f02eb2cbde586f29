import { describe, expect, it } from '@jest/globals';
import { runSeed } from './run.ts';
import { describeFailure, runRange } from './summary.ts';
import { FAULT_CLASSES } from './world.ts';

/** A dozen seconds on a free core; the bound is for crowded ones. */
const TIMEOUT_MS = 240_000;

describe('the commit protocol under faults', () => {
  it(
    'keeps every promise over 2,000 seeds, and meets each kind of fault hundreds of times',
    async () => {
      const { failed, injected, seeds } = await runRange({ from: 1, count: 2_000 });
      expect(failed.map(describeFailure)).toEqual([]);
      expect(seeds).toBe(2_000);
      for (const fault of FAULT_CLASSES) expect([fault, injected[fault] >= 300]).toEqual([fault, true]);
    },
    TIMEOUT_MS,
  );

  it('does so with the real batches too', async () => {
    const { failed } = await runRange({ from: 50_001, count: 100, options: { codec: 'journal' } });
    expect(failed.map(describeFailure)).toEqual([]);
  });

  it('runs a seed the same way every time, whatever runs beside it', async () => {
    const alone = await runSeed({ seed: 7 });
    expect(await runSeed({ seed: 7 })).toEqual(alone);
    const reports: unknown[] = [];
    await runRange({ from: 1, count: 12, onReport: (report) => reports.push(report) });
    expect(reports).toContainEqual(alone);
  });
});
