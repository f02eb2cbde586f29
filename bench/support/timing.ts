/** Warm-up, repeated interleaved rounds, percentiles. Contenders take turns, so that a slow minute slows all of them. */
import { build, type Histogram } from 'hdr-histogram-js';

export interface Contender {
  readonly name: string;
  /** One operation; `index` counts up, so that inputs can vary. A promise is awaited before the next operation. */
  readonly operate: (index: number) => unknown;
  /** Operations per clock reading, where one is too short to be timed. */
  readonly batch?: number;
}

export interface Timing {
  readonly name: string;
  /** Median of the rounds. */
  readonly perSecond: number;
  /** Median of the rounds, per second of this thread's processor time: what neighbours on the machine take is left out. */
  readonly perCpuSecond: number;
  readonly spread: number;
  /** Microseconds per operation. */
  readonly p50: number;
  readonly p99: number;
}

export interface ComparisonOptions {
  readonly rounds?: number;
  readonly roundMs?: number;
  readonly warmUpMs?: number;
}

const HIGHEST_NANOSECONDS = 60_000_000_000;

/** A histogram of nanoseconds with three significant digits. */
export function createLatencies(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_NANOSECONDS,
    numberOfSignificantValueDigits: 3,
  });
}

/** A percentile of a histogram of nanoseconds, in microseconds. */
export function microsecondsAt(latencies: Histogram, percentile: number): number {
  return latencies.getValueAtPercentile(percentile) / 1000;
}

/** Runs every contender in turn, round by round. */
export async function compare(contenders: readonly Contender[], options: ComparisonOptions = {}): Promise<Timing[]> {
  const { rounds = 7, roundMs = 400, warmUpMs = 600 } = options;
  const states = contenders.map((contender) => ({
    contender,
    index: 0,
    latencies: createLatencies(),
    rates: [0].slice(1),
    cpuRates: [0].slice(1),
  }));
  for (const state of states) state.index = (await runFor(state, warmUpMs)).index;
  for (const state of states) state.latencies.reset();
  for (let round = 0; round < rounds; round += 1) {
    for (const state of states) {
      globalThis.gc?.();
      const { index, perSecond, perCpuSecond } = await runFor(state, roundMs);
      state.index = index;
      state.rates.push(perSecond);
      state.cpuRates.push(perCpuSecond);
    }
  }
  return states.map(({ contender, latencies, rates, cpuRates }) => ({
    name: contender.name,
    perSecond: median(rates),
    perCpuSecond: median(cpuRates),
    spread: spreadOf(rates),
    p50: microsecondsAt(latencies, 50),
    p99: microsecondsAt(latencies, 99),
  }));
}

interface RoundState {
  readonly contender: Contender;
  readonly index: number;
  readonly latencies: Histogram;
}

interface Round {
  readonly index: number;
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

async function runFor(state: RoundState, durationMs: number): Promise<Round> {
  const { contender, latencies } = state;
  const batch = contender.batch ?? 1;
  let { index } = state;
  const first = index;
  const cpuBefore = process.threadCpuUsage();
  const start = process.hrtime.bigint();
  const deadline = start + BigInt(durationMs) * 1_000_000n;
  let before = start;
  while (before < deadline) {
    for (let step = 0; step < batch; step += 1) {
      const result = contender.operate(index);
      index += 1;
      if (result instanceof Promise) await result;
    }
    const after = process.hrtime.bigint();
    latencies.recordValue(Math.max(1, Number(after - before) / batch));
    before = after;
  }
  const { user, system } = process.threadCpuUsage(cpuBefore);
  const operations = index - first;
  return {
    index,
    perSecond: (operations * 1e9) / Number(before - start),
    perCpuSecond: (operations * 1e6) / (user + system),
  };
}

/** The middle value (of an even number the upper one). */
export function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Half the range over the median. */
export function spreadOf(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values);
}

/** The timing of a contender by name; throws where it did not run. */
export function timingOf(timings: readonly Timing[], name: string): Timing {
  const found = timings.find((timing) => timing.name === name);
  if (found === undefined) throw new Error(`No contender is called ${name}.`);
  return found;
}
