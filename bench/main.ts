/**
 * Runs all benchmarks or the named ones: `npm run bench -- signing money`.
 * Each runs in a process of its own, so that one's garbage and type feedback do not slow the next.
 */
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './support/benchmark.ts';
import { machineHeader, storeResult, tableOf } from './support/report.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const CHILD_FLAG = '--in-this-process';

const available = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts' && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

const [flag, ...rest] = process.argv.slice(2);
if (flag === CHILD_FLAG) await runHere(rest[0] ?? '');
else await runAll(process.argv.slice(2));

async function runAll(requested: readonly string[]): Promise<void> {
  const unknown = requested.filter((name) => !available.includes(name));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(', ')}. Available: ${available.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  console.log(machineHeader());
  for (const name of requested.length > 0 ? requested : available) {
    const code = await runApart(name);
    if (code !== 0) process.exitCode = 1;
  }
}

function runApart(name: string): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), [CHILD_FLAG, name], { execArgv: process.execArgv });
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function runHere(name: string): Promise<void> {
  const module = (await import(new URL(`${name}.ts`, import.meta.url).href)) as { benchmark: Benchmark };
  const figures = await module.benchmark.run();
  console.log(tableOf(module.benchmark, figures));
  storeResult(module.benchmark, figures);
  process.disconnect?.();
}
