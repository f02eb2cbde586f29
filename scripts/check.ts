/**
 * The whole gate: `npm run check` = format, lint, types, synthesis, all tests. Every step runs, also after a failure;
 * the last line is `N passed, N failed`: the tests' totals, each failed step counted as one more failure.
 * Arguments go to jest: `npm run check -- test/infra` runs the same gate with fewer tests.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Step {
  readonly name: string;
  /** Arguments of Node itself, so that the step runs on the same version as this program. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Totals {
  readonly passed: number;
  readonly failed: number;
}

const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'perps-check-'));
const testReport = join(work, 'tests.json');
const tool = (...parts: string[]): string => join(root, 'node_modules', ...parts);
const types = (project: string): Step => ({
  name: `types ${project}`,
  args: [tool('typescript', 'bin', 'tsc'), '-p', project],
});
const synth = (stage: string): Step => ({
  name: `synth ${stage}`,
  args: ['--conditions=source', 'infra/app.ts'],
  env: { STAGE: stage, CDK_OUTDIR: join(work, `cdk.${stage}`) },
});

const STEPS: readonly Step[] = [
  { name: 'format', args: [tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'] },
  { name: 'lint', args: [tool('oxlint', 'bin', 'oxlint'), '--type-aware'] },
  types('.'),
  types('layers/domain'),
  types('infra'),
  // The test of the production templates validates them with cdk-nag and CloudFormation's own rules.
  synth('local'),
];
const TESTS: Step = {
  name: 'tests',
  args: [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    tool('jest', 'bin', 'jest.js'),
    '--json',
    `--outputFile=${testReport}`,
    ...process.argv.slice(2),
  ],
};

/** Runs a step to its end with its output passed on; true where it ended with 0. */
function run({ name, args, env = {} }: Step): Promise<boolean> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    // The JSON that jest prints besides the file is of no use to a reader.
    const stdout = name === 'tests' ? 'ignore' : 'inherit';
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', stdout, 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
      resolve(code === 0);
    });
  });
}

/** The tests' own counts; a run that left no report, or failed with none failing, is one failure. */
function testTotals(isOk: boolean): Totals {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(testReport, 'utf8'));
    const failed = Number(numFailedTests) + Number(numRuntimeErrorTestSuites);
    return { passed: Number(numPassedTests), failed: isOk ? failed : Math.max(failed, 1) };
  } catch (cause) {
    console.error('no report of the tests:', cause);
    return { passed: 0, failed: 1 };
  }
}

let failedSteps = 0;
for (const step of STEPS) if (!(await run(step))) failedSteps += 1;
const tests = testTotals(await run(TESTS));
rmSync(work, { recursive: true, force: true });
const failed = tests.failed + failedSteps;
console.log(`${tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
