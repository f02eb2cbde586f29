import type { SeedOptions, SeedReport } from './run.ts';
import { runSeeds } from './run.ts';
import { FAULT_CLASSES } from './world.ts';
import type { FaultClass } from './world.ts';

/** What a range of seeds came to. */
export interface Summary {
  readonly seeds: number;
  readonly failed: readonly SeedReport[];
  readonly simulatedHours: number;
  readonly acknowledged: number;
  readonly injected: Readonly<Record<FaultClass, number>>;
}

export interface SeedRange {
  readonly from: number;
  readonly count: number;
  readonly options?: Omit<SeedOptions, 'seed'>;
  /** Stops after so many failed seeds. Default: never. */
  readonly failuresMax?: number;
  readonly onReport?: (report: SeedReport, done: number) => void;
}

/** Runs `count` seeds from `from` on and adds up what they report. */
export async function runRange(range: SeedRange): Promise<Summary> {
  const { from, count, options = {}, failuresMax = Number.POSITIVE_INFINITY } = range;
  const failed: SeedReport[] = [];
  const injected = Object.fromEntries(FAULT_CLASSES.map((fault) => [fault, 0])) as Record<FaultClass, number>;
  let seeds = 0;
  let simulatedMs = 0;
  let acknowledged = 0;
  function* wanted(): Generator<SeedOptions> {
    for (let n = 0; n < count && failed.length < failuresMax; n += 1) yield { ...options, seed: from + n };
  }
  await runSeeds(wanted(), (report) => {
    seeds += 1;
    simulatedMs += report.simulatedMs;
    acknowledged += report.acknowledged;
    for (const [fault, times] of report.injected) injected[fault] += times;
    if (report.violations.length > 0) failed.push(report);
    range.onReport?.(report, seeds);
  });
  return { seeds, failed, simulatedHours: simulatedMs / 3_600_000, acknowledged, injected };
}

/** What a failing seed says, with the way to see it again. */
export function describeFailure({ seed, maxInFlight, violations }: SeedReport): string {
  const shown = violations.slice(0, 5).map((violation) => `  ${violation}`);
  const more = violations.length > shown.length ? [`  … and ${violations.length - shown.length} more`] : [];
  return [
    `seed ${seed} (${maxInFlight} in flight) failed; again: npm run sim -- --seed ${seed}`,
    ...shown,
    ...more,
  ].join('\n');
}
