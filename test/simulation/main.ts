import { parseArgs } from 'node:util';
import { runSeed } from './run.ts';
import { describeFailure, runRange } from './summary.ts';
import { FAULT_CLASSES } from './world.ts';

const HELP = `npm run sim -- [--seeds N] [--from N] [--codec identity|journal] [--seed S] [--help]

Simulates the shard's commit protocol under a virtual clock: two owners, a bad network, crashes, pauses, snapshots.
  --seeds N   how many seeds (default 20,000)
  --from N    the first seed (default 1)
  --seed S    one seed alone, with what it met: the way to see a failure again
  --codec C   journal = real batches (slower); default identity
Exits 1 where a seed fails, or where a run of 2,000 seeds or more met some kind of fault fewer than 300 times.`;

/** Below so many injections a kind of fault was hardly tried. */
const INJECTIONS_MIN = 300;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    codec: { type: 'string', default: 'identity' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<boolean> {
  const codec = values.codec === 'journal' ? 'journal' : 'identity';
  if (values.help) {
    console.log(HELP);
    return true;
  }
  if (values.seed !== undefined) return one(positive('--seed', values.seed), codec);
  return many({ count: positive('--seeds', values.seeds), from: positive('--from', values.from), codec });
}

async function one(seed: number, codec: 'identity' | 'journal'): Promise<boolean> {
  const report = await runSeed({ seed, codec });
  console.log(`seed ${seed}: ${report.maxInFlight} in flight, ${report.acknowledged} commands acknowledged`);
  for (const [fault, times] of report.injected) console.log(`  ${fault.padEnd(20)} ${times}`);
  console.log(report.violations.length === 0 ? 'no violation' : describeFailure(report));
  return report.violations.length === 0;
}

async function many(range: {
  readonly count: number;
  readonly from: number;
  readonly codec: 'identity' | 'journal';
}): Promise<boolean> {
  const startedAt = performance.now();
  const every = Math.max(1, Math.floor(range.count / 10));
  const summary = await runRange({
    ...range,
    options: { codec: range.codec },
    onReport: (report, done) => {
      if (report.violations.length > 0) console.error(describeFailure(report));
      if (done % every === 0) console.log(`${done} of ${range.count} seeds`);
    },
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const { seeds, simulatedHours, acknowledged, injected, failed } = summary;
  console.log(
    `${seeds} seeds, ${simulatedHours.toFixed(1)} simulated hours in ${seconds.toFixed(1)} s, ` +
      `${acknowledged} commands acknowledged, ${failed.length} seeds with a violation`,
  );
  for (const fault of FAULT_CLASSES) console.log(`  ${fault.padEnd(20)} ${injected[fault]}`);
  const untried = FAULT_CLASSES.filter((fault) => seeds >= 2_000 && injected[fault] < INJECTIONS_MIN);
  if (untried.length > 0) console.error(`hardly tried: ${untried.join(', ')}`);
  return failed.length === 0 && untried.length === 0;
}

function positive(flag: string, value: string): number {
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed) || parsed < 1)
    throw new RangeError(`${flag} must be a whole number from 1, not ${value}`);
  return parsed;
}

process.exitCode = (await main()) ? 0 : 1;
