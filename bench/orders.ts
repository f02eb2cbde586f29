/**
 * The whole system as `npm start` runs it: signed INTERNAL IOC orders offered at a fixed rate over HTTP, each measured
 * from its due time to its answer, which leaves only after the order is durable. Errors are counted, not excused.
 */
import { loadavg } from 'node:os';
import type { Wallet } from '../local/supervisor/accounts.ts';
import type { ProcessName, System } from '../local/supervisor/index.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import type { OpenLoad, OpenLoadResult } from './support/open-load.ts';
import { cpuMsOf, info, type OrderTexts, signOrders, withSystem } from './support/system.ts';
import { median } from './support/timing.ts';
import { type LoadWorker, startWorker } from './support/workers.ts';

const TRADERS = 40;
const CONNECTIONS = 128;
const ROUNDS = 3;
const ROUND_SECONDS = 2;
const RATES = [200, 1_000, 2_000] as const;
const WARM_UP = { perSecond: 500, seconds: 3 };
/** About 20 USD an order: a trader stays below the policy's window for split orders. */
const NOTIONAL_USD = 20;
const GOAL_MS = 10;
const PROCESSES: readonly ProcessName[] = ['gateway', 'engine', 'market-data', 'venue'];

interface Round extends OpenLoadResult {
  /** Processor time per order, ms, of processes as `gateway 0.5, engine 0.3`. */
  readonly cpu: string;
}

export const benchmark: Benchmark = {
  name: 'orders',
  title: `INTERNAL orders through the whole system, open loop, ${TRADERS} traders, ${CONNECTIONS} connections`,
  run: () =>
    withSystem(async (system) => {
      const traders = await Promise.all(Array.from({ length: TRADERS }, () => system.createTrader()));
      const order = await orderTexts(system.url);
      const worker = startWorker<OpenLoad, OpenLoadResult>('./open-load.ts');
      const offer = createOffer({ system, traders, order, worker });
      await offer(WARM_UP.perSecond, WARM_UP.seconds);
      const figures: Figure[] = [];
      for (const rate of RATES) {
        const rounds: Round[] = [];
        for (let round = 0; round < ROUNDS; round += 1) rounds.push(await offer(rate, ROUND_SECONDS));
        figures.push(figureOf(rate, rounds));
      }
      await worker.stop();
      return [...figures, await venueFigure(system)];
    }),
};

function createOffer(setup: {
  readonly system: System;
  readonly traders: readonly Wallet[];
  readonly order: OrderTexts;
  readonly worker: LoadWorker<OpenLoad, OpenLoadResult>;
}): (perSecond: number, seconds: number) => Promise<Round> {
  const { system, traders, order, worker } = setup;
  const port = Number(new URL(system.url).port);
  let nonce = Date.now();
  return async (perSecond, seconds) => {
    const count = perSecond * seconds;
    const bodies = signOrders({ traders, count, nonce, order });
    nonce += count;
    const before = cpuOf(system);
    const result = await worker.ask({ port, connections: CONNECTIONS, perSecond, bodies });
    const after = cpuOf(system);
    const cpu = PROCESSES.map(
      (name, index) => `${name} ${(((after[index] ?? 0) - (before[index] ?? 0)) / count).toFixed(2)}`,
    );
    return { ...result, cpu: cpu.join(', ') };
  };
}

const cpuOf = (system: System): readonly number[] =>
  PROCESSES.map((name) => cpuMsOf(system.process(name)?.pid ?? 0) ?? Number.NaN);

/** BTC at limits 5 % beyond the mid. */
async function orderTexts(url: string): Promise<OrderTexts> {
  const mids = await info<Record<string, string>>(url, { type: 'allMids' });
  const mid = Number(mids['BTC']);
  return {
    asset: 0,
    buyLimit: String(Math.round(mid * 1.05)),
    sellLimit: String(Math.round(mid * 0.95)),
    size: (NOTIONAL_USD / mid).toFixed(5),
  };
}

function figureOf(rate: number, rounds: readonly Round[]): Figure {
  const errors = rounds.map((round) => Object.entries(round.errors)).flat();
  const failed = errors.reduce((sum, [, count]) => sum + count, 0);
  const offered = rounds.reduce((sum, { answered }) => sum + answered, 0);
  const achieved = Math.round(median(rounds.map(({ perSecond }) => perSecond)));
  const sent = (median(rounds.map(({ sentP99 }) => sentP99)) / 1000).toFixed(1);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const firstError = errors[0] === undefined ? '' : ` (${errors[0][0]})`;
  return {
    name: `p99 at ${rate.toLocaleString('en')} orders/s`,
    value: median(rounds.map(({ p99 }) => p99)) / 1000,
    unit: 'ms',
    p50: median(rounds.map(({ p50 }) => p50)) / 1000,
    p99: median(rounds.map(({ p99 }) => p99)) / 1000,
    percentileUnit: 'ms',
    moreIsBetter: false,
    ...(rate <= 1_000 ? { goal: { kind: 'atMost', value: GOAL_MS } } : {}),
    note: `${failed} of ${offered} failed${firstError}; ${achieved}/s answered; p99 from sending ${sent} ms; CPU ms/order: ${rounds[0]?.cpu ?? ''}; load ${load}`,
  };
}

/** An order that took the other route would not belong into the figures above. */
async function venueFigure(system: System): Promise<Figure> {
  const fills = await info<readonly unknown[]>(system.venue.url, {
    type: 'userFills',
    user: system.venue.accounts.trading,
  });
  return {
    name: 'all orders were INTERNAL',
    value: fills.length === 0 ? 1 : 0,
    unit: 'holds',
    goal: { kind: 'holds', text: 'no fill at the venue' },
    ...(fills.length === 0 ? {} : { note: `${fills.length} fills at the venue` }),
  };
}
