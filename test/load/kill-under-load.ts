/**
 * Kills the engine with SIGKILL at random moments while traders send orders and repeat what stayed without an answer;
 * then looks into the books: nothing acknowledged is lost, nothing is booked twice, sums agree here and at the venue.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createSeededRandom, type SeededRandom } from '@perps/runtime/testing';
import type { Wallet } from '../../local/supervisor/accounts.ts';
import type { System } from '../../local/supervisor/index.ts';
import { waitUntil } from '../../local/supervisor/readiness.ts';
import { type Load, startLoad, timeOf } from './load.ts';
import { judge, venueDifferences, type Verdict } from './verdict.ts';

export interface CampaignOptions {
  readonly kills: number;
  readonly seed: number;
  readonly traders: number;
  /** Fresh traders after so many kills: an account's history is bounded, and so is what is judged at once. Default 5. */
  readonly killsPerRound?: number;
  readonly onProgress?: (line: string) => void;
}

export interface CampaignReport {
  readonly kills: number;
  readonly orders: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly replayed: number;
  readonly repeated: number;
  readonly unanswered: readonly string[];
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly differences: readonly string[];
  /** From each SIGKILL to the first answered execution of an order sent after it, ms. */
  readonly downtimesMs: readonly number[];
}

const KILLS_PER_ROUND = 5;
/** Between service resumed and the next kill (ms). */
const CALM_MS = { min: 200, max: 1_500 };
const RESTART_MS_MAX = 60_000;

/** Runs the campaign on a system that is ready, and leaves it running. */
export async function killUnderLoad(system: System, options: CampaignOptions): Promise<CampaignReport> {
  const random = createSeededRandom(options.seed);
  const { killsPerRound = KILLS_PER_ROUND, onProgress = () => undefined } = options;
  const wallets: Wallet[] = [];
  const verdicts: Verdict[] = [];
  const downtimesMs: number[] = [];
  while (downtimesMs.length < options.kills) {
    const load = await startLoad(system, { seed: options.seed + verdicts.length, traders: options.traders });
    wallets.push(...load.wallets);
    const untilKill = Math.min(options.kills, downtimesMs.length + killsPerRound);
    while (downtimesMs.length < untilKill) {
      const downtimeMs = await killOnce(system, load, random);
      downtimesMs.push(downtimeMs);
      onProgress(`kill ${downtimesMs.length}: served again after ${Math.round(downtimeMs)} ms`);
    }
    await load.stop();
    const verdict = await judge(system, load);
    verdicts.push({ ...verdict, differences: [...verdict.differences, ...(await venueDifferences(system, wallets))] });
    onProgress(describeVerdict(verdict));
  }
  return total(verdicts, downtimesMs);
}

/** At a random moment of calm service; answers the downtime (ms). */
async function killOnce(system: System, load: Load, random: SeededRandom): Promise<number> {
  await load.filledAfter(performance.now());
  await delay(CALM_MS.min + random.int(CALM_MS.max - CALM_MS.min));
  const engine = system.process('engine');
  if (engine === undefined || engine.pid === 0) throw new Error('no engine runs');
  const { pid } = engine;
  const killedAt = performance.now();
  process.kill(pid, 'SIGKILL');
  await waitUntil(async () => (engine.pid !== 0 && engine.pid !== pid ? undefined : 'not started again'), {
    what: 'the next engine',
    withinMs: RESTART_MS_MAX,
  });
  return timeOf(await load.filledAfter(killedAt)) - killedAt;
}

function total(verdicts: readonly Verdict[], downtimesMs: readonly number[]): CampaignReport {
  const sum = (count: (verdict: Verdict) => number): number => verdicts.reduce((all, one) => all + count(one), 0);
  return {
    kills: downtimesMs.length,
    orders: sum(({ orders }) => orders),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    refused: sum(({ refused }) => refused),
    replayed: sum(({ replayed }) => replayed),
    repeated: sum(({ repeated }) => repeated),
    unanswered: verdicts.flatMap(({ unanswered }) => unanswered),
    lost: verdicts.flatMap(({ lost }) => lost),
    doubled: verdicts.flatMap(({ doubled }) => doubled),
    differences: verdicts.flatMap(({ differences }) => differences),
    downtimesMs,
  };
}

function describeVerdict({ orders, acknowledged, refused, replayed, repeated, refusals, ...rest }: Verdict): string {
  const faults = Object.entries(rest).map(([name, found]) => `${found.length} ${name}`);
  const texts = Object.entries(refusals).map(([text, count]) => `${count} × ${text}`);
  return [
    `${orders} orders: ${acknowledged} acknowledged, ${refused} refused, ${replayed} replayed, ${repeated} repeated`,
    ...faults,
    ...texts,
  ].join('; ');
}

/** One line with the figures. */
export function describeCampaign(report: CampaignReport): string {
  const sorted = report.downtimesMs.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const { kills, orders, acknowledged, refused, repeated, unanswered, lost, doubled, differences } = report;
  return (
    `${kills} kills, ${orders} orders (${acknowledged} acknowledged, ${refused} refused, ${repeated} repeated): ` +
    `${lost.length} lost, ${doubled.length} doubled, ${unanswered.length} unanswered, ` +
    `${differences.length} differences; downtime median ${Math.round(median)} ms, ` +
    `worst ${Math.round(sorted.at(-1) ?? 0)} ms`
  );
}

/** Everything that must not have happened; empty when the campaign held. */
export const failuresOf = ({ lost, doubled, unanswered, differences }: CampaignReport): readonly string[] => [
  ...lost.map((text) => `lost: ${text}`),
  ...doubled.map((text) => `doubled: ${text}`),
  ...unanswered.map((text) => `unanswered: ${text}`),
  ...differences,
];
