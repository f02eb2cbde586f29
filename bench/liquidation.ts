/**
 * P9: what a tick costs when nothing happens, when one account in a hundred is reached, and what deciding one of them
 * costs; beside a full scan of the same state in the same run. A million positions: `LIQUIDATION_POSITIONS=1000000`.
 */
import {
  accountsTouched,
  apply,
  decideCommand,
  refreshRisk,
  type ShardFacts,
  type ShardState,
  slowRiskCheck,
} from '@perps/domain/shard';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { factsAtMove, type Mix, recovered, riskyShard } from './support/risky-shard.ts';

const SIZES = (process.env['LIQUIDATION_POSITIONS'] ?? '10000,100000').split(',').map(Number);
const MIXES: readonly Mix[] = ['isolated', 'cross', 'mixed'];
const IDLE_TICKS = 2_001;
const CROSSING_ROUNDS = 7;
const DECISIONS = 2_000;
/** Milliseconds for a tick that reaches 1 %, by positions (limits-and-faults, P9; spec 03). */
const CROSSING_GOALS: Readonly<Record<number, number>> = { 10_000: 0.3, 100_000: 3, 1_000_000: 10 };

export const benchmark: Benchmark = {
  name: 'liquidation',
  title: 'P9, ticks over open positions: index against a full scan of the same state',
  run() {
    const figures: Figure[] = [];
    for (const positions of SIZES) for (const mix of MIXES) figures.push(...measure(positions, mix));
    return Promise.resolve(figures);
  },
};

interface Case {
  readonly state: ShardState;
  readonly named: string;
  readonly positions: number;
}

function measure(positions: number, mix: Mix): readonly Figure[] {
  const state = recovered(riskyShard(positions, mix));
  const one = { state, named: `${positions.toLocaleString('en')} ${mix}`, positions };
  const banding = timed(() => refreshRisk(state, pricingOf(state, factsAtMove(0))));
  const scans = Array.from({ length: positions > 100_000 ? 1 : 3 }, () =>
    timed(() => slowRiskCheck(state, pricingOf(state, factsAtMove(0)))),
  );
  const scan = medianOf(scans);
  return [
    {
      name: `${one.named}: watches set anew`,
      value: (banding * 1_000) / positions,
      unit: 'µs a position',
      moreIsBetter: false,
    },
    idleTick(one, scan),
    ...crossingTick(one, scan),
    decisions(one),
  ];
}

function idleTick({ state, named }: Case, scan: number): Figure {
  const moves = [pricingOf(state, factsAtMove(0)), pricingOf(state, factsAtMove(100))] as const;
  const times: number[] = [];
  for (let tick = 0; tick < IDLE_TICKS; tick += 1) {
    const pricing = moves[tick % 2 === 0 ? 1 : 0];
    times.push(
      timed(() => {
        refreshRisk(state, pricing);
        if (accountsTouched(state, 'BTC', pricing).length > 0) throw new Error('The tick was to reach nobody.');
      }),
    );
  }
  return {
    name: `${named}: idle tick`,
    value: medianOf(times),
    unit: 'ms',
    p50: medianOf(times) * 1_000,
    p99: percentileOf(times, 0.99) * 1_000,
    moreIsBetter: false,
    peers: [{ name: 'full scan', value: scan }],
    goal: { kind: 'atMost', value: 1 },
  };
}

function crossingTick({ state, named, positions }: Case, scan: number): readonly Figure[] {
  const calm = pricingOf(state, factsAtMove(0));
  const accounts = state.accounts.size;
  const move = moveReaching(state, accounts / 100);
  const times: number[] = [];
  let touched = 0;
  for (let round = 0; round < CROSSING_ROUNDS; round += 1) {
    const pricing = pricingOf(state, factsAtMove(move));
    times.push(
      timed(() => {
        touched = accountsTouched(state, 'BTC', pricing).length;
      }),
    );
    refreshRisk(state, calm);
  }
  const value = medianOf(times);
  const goal = CROSSING_GOALS[positions];
  return [
    {
      name: `${named}: tick reaching 1 %`,
      value,
      unit: 'ms',
      p50: value * 1_000,
      p99: percentileOf(times, 0.99) * 1_000,
      moreIsBetter: false,
      peers: [{ name: 'full scan', value: scan }],
      ...(goal === undefined ? {} : { goal: { kind: 'atMost' as const, value: goal } }),
      note: `${touched.toLocaleString('en')} of ${accounts.toLocaleString('en')} accounts`,
    },
  ];
}

/** The fall, in millionths, whose tick reaches so many accounts. */
function moveReaching(state: ShardState, wanted: number): number {
  const calm = pricingOf(state, factsAtMove(0));
  let low = 0;
  let high = 400_000;
  while (high - low > 50) {
    const middle = Math.round((low + high) / 2);
    const { length } = accountsTouched(state, 'BTC', pricingOf(state, factsAtMove(-middle)));
    refreshRisk(state, calm);
    if (length < wanted) low = middle;
    else high = middle;
  }
  return -high;
}

/** A fall that liquidates: `CheckRisk` decided and applied, account by account. */
function decisions({ state, named }: Case): Figure {
  const facts = factsAtMove(-100_000);
  const touched = accountsTouched(state, 'BTC', pricingOf(state, facts)).slice(0, DECISIONS);
  const times = touched.map((accountId, index) => timed(() => checkOne(state, { accountId, index, facts })));
  let liquidated = 0;
  for (const accountId of touched)
    liquidated += Object.keys(state.accounts.get(accountId)?.positions ?? {}).length === 0 ? 1 : 0;
  return {
    name: `${named}: CheckRisk decided and applied`,
    value: medianOf(times) * 1_000,
    unit: 'µs',
    p50: medianOf(times) * 1_000,
    p99: percentileOf(times, 0.99) * 1_000,
    moreIsBetter: false,
    note: `${liquidated.toLocaleString('en')} of ${touched.length.toLocaleString('en')} closed whole`,
  };
}

function checkOne(
  state: ShardState,
  { accountId, index, facts }: { readonly accountId: string; readonly index: number; readonly facts: ShardFacts },
): void {
  const commandId = `risk:${index}`;
  const decision = decideCommand(state, { type: 'CheckRisk', commandId, accountId, receivedAt: facts.at }, facts);
  if (decision.outcome !== 'accepted') return;
  const { streamId, events } = decision;
  apply(state, { commandId, streamId, at: facts.at, events });
}

const pricingOf = (state: ShardState, { markets }: ShardFacts) => ({ markets, funding: state.funding.indexes });

/** Milliseconds. */
function timed(operate: () => unknown): number {
  const start = performance.now();
  operate();
  return performance.now() - start;
}

const medianOf = (values: readonly number[]): number => percentileOf(values, 0.5);

function percentileOf(values: readonly number[], part: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
