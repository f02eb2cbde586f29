/** `/info` about what an account paid and received: from its history in the tables, some moments behind the engine. */
import type { AccountPicture } from '@perps/contracts/engine';
import {
  type LedgerUpdate,
  type Portfolio,
  type PortfolioPeriod,
  portfolioPeriods,
  type UserFundingRow,
  type WsUserFunding,
} from '@perps/contracts/hyperliquid';
import { formatUsd, parseUsd, usd, type Usd } from '@perps/domain/money';
import type { BalanceSample, HistoryRange } from '@perps/runtime/ports';
import { toClearinghouseState } from '../wire/clearinghouse.ts';
import { toFundingRow, toFundings, toLedgerUpdate, toLiquidationUpdate } from '../wire/ledger.ts';
import type { InfoDeps } from './index.ts';

/** Rows of one answer, as at the venue. */
export const MONEY_ROWS_MAX = 500;
/** Rows read for one answer: the routes of a coin are two rows here and one there. */
const FUNDING_ROWS_READ = 2 * MONEY_ROWS_MAX;
const SAMPLES_READ = 3_000;
/** Points of one series, about as many as the venue tells. */
const POINTS_MAX = 100;

const DAY_MS = 86_400_000;
const PERIOD_MS: Readonly<Record<string, number>> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
  allTime: Number.MAX_SAFE_INTEGER,
};

interface TimeRange {
  readonly startTime?: number | null | undefined;
  readonly endTime?: number | null | undefined;
}

const rangeOf = ({ startTime, endTime }: TimeRange, limit: number): HistoryRange => ({
  from: startTime ?? 0,
  to: endTime ?? Number.MAX_SAFE_INTEGER,
  limit,
});

/** Oldest first, bounds inclusive; to be continued from the last `time`. */
export async function userFunding(
  request: TimeRange,
  accountId: string,
  { history, markets }: InfoDeps,
): Promise<readonly UserFundingRow[]> {
  const settlements = await history.fundingOf(accountId, rangeOf(request, FUNDING_ROWS_READ));
  return toFundings(settlements, markets).slice(0, MONEY_ROWS_MAX).map(toFundingRow);
}

/** The newest rows, newest first. */
export async function newestFundings(
  accountId: string,
  { history, markets }: Pick<InfoDeps, 'history' | 'markets'>,
): Promise<readonly WsUserFunding[]> {
  const range = { ...rangeOf({}, FUNDING_ROWS_READ), isNewestFirst: true };
  return toFundings(await history.fundingOf(accountId, range), markets).slice(0, MONEY_ROWS_MAX);
}

/** Deposits, withdrawals, adjustments and liquidations; oldest first unless asked otherwise, bounds inclusive. */
export async function ledgerUpdates(
  request: TimeRange & { readonly user: string; readonly isNewestFirst?: boolean },
  accountId: string,
  { history, markets }: Pick<InfoDeps, 'history' | 'markets'>,
): Promise<readonly LedgerUpdate[]> {
  const isNewestFirst = request.isNewestFirst ?? false;
  const range = { ...rangeOf(request, MONEY_ROWS_MAX), isNewestFirst };
  const [moved, liquidated] = await Promise.all([
    history.ledgerOf(accountId, { ...range, only: 'external' }),
    history.liquidationsOf(accountId, range),
  ]);
  const updates = [
    ...moved.map((entry) => toLedgerUpdate(entry, request.user)),
    ...liquidated.map((step) => toLiquidationUpdate(step, markets.instrument)).filter((row) => row !== undefined),
  ];
  const sign = isNewestFirst ? -1 : 1;
  return updates.toSorted((left, right) => sign * (left.time - right.time)).slice(0, MONEY_ROWS_MAX);
}

/**
 * Realized history and the equity of now: the series has the balance at the start of hours in which something happened,
 * without unrealized profit, and ends with the account's equity at the marks. undefined while a held market has no mark.
 */
export async function portfolioOf(account: AccountPicture, deps: InfoDeps): Promise<Portfolio | undefined> {
  const { history, markets, clock } = deps;
  const now = clock.now();
  const state = toClearinghouseState(account, markets.view, now);
  const equity = state === undefined ? undefined : parseUsd(state.marginSummary.accountValue);
  if (equity === undefined) return undefined;
  const newest = { from: 0, to: now, limit: SAMPLES_READ, isNewestFirst: true };
  const samples = (await history.samplesOf(account.accountId, newest)).toReversed();
  const last = samples.at(-1);
  const since = { from: last?.at ?? 0, to: now, limit: MONEY_ROWS_MAX, only: 'external' } as const;
  const moved = await history.ledgerOf(account.accountId, since);
  const netDeposits = usd(moved.reduce<bigint>((sum, { amount }) => sum + amount, last?.netDeposits ?? 0n));
  const present = { at: now, balance: equity, netDeposits, volume: account.cumulativeVolume };
  return portfolioPeriods.map((name) => {
    const length = PERIOD_MS[name.replace(/^perp(.)/, (_, first: string) => first.toLowerCase())] ?? 0;
    return [name, periodOf(samples, { start: Math.max(0, now - length), present })] as const;
  });
}

function periodOf(
  samples: readonly BalanceSample[],
  { start, present }: { readonly start: number; readonly present: BalanceSample },
): PortfolioPeriod {
  const inside = samples.filter(({ at }) => at >= start);
  // Nothing happened between the start and the first sample: it tells the start, too.
  const hasBefore = samples.length > inside.length;
  const first = inside[0] ?? present;
  const series = [...(hasBefore ? [{ ...first, at: start }] : []), ...thinned(inside), present];
  const earned = ({ balance, netDeposits }: BalanceSample): Usd =>
    usd(balance - netDeposits - (first.balance - first.netDeposits));
  return {
    accountValueHistory: series.map(({ at, balance }) => [at, formatUsd(balance)] as const),
    pnlHistory: series.map((point) => [point.at, formatUsd(earned(point))] as const),
    vlm: formatUsd(usd(present.volume - first.volume)),
  };
}

function thinned(samples: readonly BalanceSample[]): readonly BalanceSample[] {
  const step = Math.ceil(samples.length / POINTS_MAX);
  return step <= 1 ? samples : samples.filter((_, index) => index % step === 0);
}
