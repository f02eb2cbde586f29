/**
 * Funding of a whole shard: an hour's accrual, its settlement where the rate was right and where it was not, and the
 * posting of each account. `FUNDING_POSITIONS=1000000` measures the size of the goal.
 */
import { type AccountState, accountDecider, type Position } from '@perps/domain/account';
import { fundingDue, HOUR_MS } from '@perps/domain/funding';
import { price, rate, size, usd, ZERO_USD } from '@perps/domain/money';
import {
  accountsToPost,
  apply,
  checks,
  decideCommand,
  fundingCorrections,
  initialShard,
  type ShardCommand,
  type ShardState,
} from '@perps/domain/shard';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { createLatencies, median, microsecondsAt, spreadOf } from './support/timing.ts';
import { accountIdAt, factsAt, ownerOf, START_AT } from './support/trading.ts';

const POSITIONS = Number(process.env['FUNDING_POSITIONS'] ?? 50_000);
const ROUNDS = 5;
/** Accounts whose posting or correction is timed one by one, a round. */
const POSTED_MAX = 50_000;
const WALLET = usd(100_000_000_000n);
const ORACLE = price(1_000_000n);
const FIRST_HOUR = Math.ceil(START_AT / HOUR_MS) * HOUR_MS;
const CACHED = rate(12_500_000n);
/** Beyond the tolerance: every holder is corrected. */
const WRONG = rate(40_000_000n);

export const benchmark: Benchmark = {
  name: 'funding',
  title: `Funding of a shard with ${POSITIONS.toLocaleString('en')} INTERNAL positions`,
  async run() {
    const state = shardOf(POSITIONS);
    const rounds = Array.from({ length: ROUNDS }, (_, index) => runHour(state, FIRST_HOUR + index * HOUR_MS));
    const corrected = correctHour(state, FIRST_HOUR + ROUNDS * HOUR_MS);
    const naive = Array.from({ length: ROUNDS }, () => payEveryPosition(state));
    const sound = checks(state).length === 0;
    return [
      {
        ...milliseconds(
          'accrual of an hour',
          rounds.map(({ accrual }) => accrual),
        ),
        peers: [{ name: 'a payment for each position', value: median(naive) }],
        goal: { kind: 'atMost', value: 10_000 },
        note: 'decide and apply of one event, whatever the number of positions; the peer computes and books nothing else',
      },
      milliseconds(
        'settlement at the accrued rate',
        rounds.map(({ settlement }) => settlement),
      ),
      milliseconds('settlement at another rate', [corrected.settlement]),
      each(
        'posting of an account',
        rounds.map(({ posting }) => posting),
      ),
      each('correction of an account', [corrected.correction]),
      { name: 'the ledger sums to zero', value: sound ? 1 : 0, unit: '', goal: { kind: 'holds', text: 'all checks' } },
    ];
  },
};

/** One BTC position an account, longs and shorts in turn. */
function shardOf(positions: number): ShardState {
  const state = initialShard(0);
  for (let index = 0; index < positions; index += 1) {
    const accountId = accountIdAt(index);
    state.accounts.set(accountId, holderOf(accountId, index));
  }
  state.funding.holders.set('BTC:INTERNAL', positions);
  const net = positions % 2 === 0 ? 0n : 100n;
  if (net !== 0n) state.internalLots.set('BTC', net);
  state.platform.set('chain:bench', usd(-WALLET * BigInt(positions)));
  return state;
}

function holderOf(accountId: string, index: number): AccountState {
  const lots = size(index % 2 === 0 ? 100n : -100n);
  const position: Position = {
    positionId: `p${index}`,
    symbol: 'BTC',
    route: 'INTERNAL',
    size: lots,
    entryNotional: usd(100_000_000n),
    marginMode: 'cross',
    leverage: 20,
    isolatedMargin: ZERO_USD,
    openedAt: START_AT,
    fundingIndex: 0n,
    fundingPaid: ZERO_USD,
  };
  const opened = accountDecider.initialState(accountId);
  return { ...opened, owner: ownerOf(index % 1_000), wallet: WALLET, positions: { 'BTC:INTERNAL': position } };
}

let commands = 0;
function submit(state: ShardState, at: number, command: Record<string, unknown> & { readonly type: string }): void {
  commands += 1;
  const commandId = `b${commands}`;
  const whole = { commandId, shard: 0, receivedAt: at, ...command } as unknown as ShardCommand;
  const decided = decideCommand(state, whole, factsAt(at));
  if (decided.outcome !== 'accepted') throw new Error(`${command.type} changed nothing`);
  const { streamId, events } = decided;
  apply(state, { commandId, streamId, at, events });
}

interface HourCost {
  readonly accrual: number;
  readonly settlement: number;
  /** Latencies of single accounts, ns. */
  readonly posting: ReturnType<typeof createLatencies>;
}

function runHour(state: ShardState, hour: number): HourCost {
  const at = hour + 50;
  const accrual = timed(() => submit(state, at, { type: 'CloseFundingHour', hour }));
  const rates = [{ symbol: 'BTC', rate: CACHED }];
  const settlement = timed(() => submit(state, at, { type: 'SettleFundingHour', hour, rates, source: 'bench' }));
  const posting = createLatencies();
  let left = POSTED_MAX;
  for (const accountId of accountsToPost(state, ['INTERNAL'])) {
    if (left-- === 0) break;
    const started = process.hrtime.bigint();
    submit(state, at, { type: 'PostFunding', accountId, routes: ['INTERNAL'] });
    posting.recordValue(Number(process.hrtime.bigint() - started));
  }
  return { accrual, settlement, posting };
}

/** The venue paid at another rate than was accrued: every holder is made good, or the funding account is. */
function correctHour(
  state: ShardState,
  hour: number,
): { readonly settlement: number; readonly correction: HourCost['posting'] } {
  const at = hour + 50;
  submit(state, at, { type: 'CloseFundingHour', hour });
  const rates = [{ symbol: 'BTC', rate: WRONG }];
  const settlement = timed(() => submit(state, at, { type: 'SettleFundingHour', hour, rates, source: 'bench' }));
  const correction = createLatencies();
  for (const command of fundingCorrections(state, POSTED_MAX)) {
    const started = process.hrtime.bigint();
    submit(state, at, { ...command });
    correction.recordValue(Number(process.hrtime.bigint() - started));
  }
  return { settlement, correction };
}

/** What an hour costs where each position is charged by itself: the arithmetic alone, ms. */
function payEveryPosition(state: ShardState): number {
  const growth = ORACLE * CACHED;
  let paid = 0n;
  const ms = timed(() => {
    for (const { positions } of state.accounts.values()) {
      const held = positions['BTC:INTERNAL'];
      if (held !== undefined) paid += fundingDue(held.size, growth).amount;
    }
  });
  if (paid > BigInt(state.accounts.size)) throw new Error('longs and shorts do not cancel out');
  return ms;
}

function timed(run: () => void): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}

const milliseconds = (name: string, rounds: readonly number[]): Figure => ({
  name,
  value: median(rounds),
  unit: 'ms',
  moreIsBetter: false,
  ...(rounds.length > 1 ? { spread: spreadOf(rounds) } : {}),
});

function each(name: string, rounds: readonly HourCost['posting'][]): Figure {
  const all = createLatencies();
  for (const round of rounds) all.add(round);
  const [p50, p99] = [microsecondsAt(all, 50), microsecondsAt(all, 99)];
  return { name, value: p50, unit: 'µs', p50, p99, percentileUnit: 'µs', moreIsBetter: false };
}
