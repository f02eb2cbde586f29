/** Two records of the same window → what differs. */
import { usd, type Usd, ZERO_USD } from '../money/index.ts';
import { addCash, cashOf, dayLevel, measure, NO_CASH } from './measure.ts';
import type { BookedExecution, Cash, DeviationCause, DeviationFinding, DeviationWindow, Execution } from './model.ts';

/** All that one side knows of a window. */
export interface Books<Fill extends Execution> {
  readonly executions: readonly Fill[];
  /** By symbol, for hours that are due in the window; received, 10⁻⁶ USD. */
  readonly funding: ReadonlyMap<string, Usd>;
}

export interface ComparedBooks {
  readonly window: DeviationWindow;
  readonly ours: Books<BookedExecution>;
  readonly venue: Books<Execution>;
}

/**
 * Every execution and every coin that is not the same on both sides; nothing where all is. What is missing on one side
 * is not covered: it may be booked late, or by mistake, and people say which. All else is covered once, by its line.
 */
export function compareBooks({ window, ours, venue }: ComparedBooks): readonly DeviationFinding[] {
  const fills = compareExecutions(window, ours.executions, venue.executions);
  return [...fills, ...compareCoins({ window, ours, venue })];
}

function compareExecutions(
  window: DeviationWindow,
  ours: readonly BookedExecution[],
  venue: readonly Execution[],
): readonly DeviationFinding[] {
  const theirs = new Map(venue.map((fill) => [fill.tid, fill]));
  const seen = new Set<number>();
  const findings: DeviationFinding[] = [];
  for (const fill of ours) {
    // A tid that is booked twice has a counterpart once.
    const counterpart = seen.has(fill.tid) ? undefined : theirs.get(fill.tid);
    const { symbol, positionId } = fill;
    if (counterpart === undefined) {
      const id = `missing:${fill.tid}${seen.has(fill.tid) ? `:${positionId}` : ''}`;
      findings.push(
        finding({ window, id, symbol, positionId }, 'missingThere', { platform: cashOf(fill), venue: NO_CASH }),
      );
    } else if (!isSame(fill, counterpart)) {
      const id = `fill:${fill.tid}`;
      const sides = { platform: cashOf(fill), venue: cashOf(counterpart) };
      findings.push(finding({ window, id, symbol, positionId }, 'differs', sides));
    }
    seen.add(fill.tid);
  }
  for (const fill of venue) {
    if (seen.has(fill.tid)) continue;
    const line = { window, id: `missing:${fill.tid}`, symbol: fill.symbol, positionId: fill.symbol };
    findings.push(finding(line, 'missingHere', { platform: NO_CASH, venue: cashOf(fill) }));
  }
  return findings;
}

const isSame = (one: Execution, other: Execution): boolean =>
  one.symbol === other.symbol &&
  one.side === other.side &&
  one.price === other.price &&
  one.size === other.size &&
  one.fee === other.fee;

function compareCoins({ window, ours, venue }: ComparedBooks): readonly DeviationFinding[] {
  const platform = cashBySymbol(ours);
  const actual = cashBySymbol(venue);
  const findings: DeviationFinding[] = [];
  for (const symbol of [...new Set([...platform.keys(), ...actual.keys()])].sort()) {
    const sides = { platform: platform.get(symbol) ?? NO_CASH, venue: actual.get(symbol) ?? NO_CASH };
    if (isEqual(sides.platform, sides.venue)) continue;
    const line = { window, id: `coin:${symbol}:${window.from}`, symbol, positionId: symbol };
    findings.push(finding(line, 'coin', sides));
  }
  return findings;
}

const isEqual = (one: Cash, other: Cash): boolean =>
  one.traded === other.traded && one.fees === other.fees && one.funding === other.funding;

function cashBySymbol({ executions, funding }: Books<Execution>): Map<string, Cash> {
  const sums = new Map<string, Cash>();
  const add = (symbol: string, cash: Cash): void => void sums.set(symbol, addCash(sums.get(symbol) ?? NO_CASH, cash));
  for (const fill of executions) add(fill.symbol, cashOf(fill));
  for (const [symbol, amount] of funding) add(symbol, { ...NO_CASH, funding: amount });
  return sums;
}

interface Line extends Pick<DeviationFinding, 'id' | 'symbol' | 'positionId'> {
  readonly window: DeviationWindow;
}

function finding(
  { window, ...line }: Line,
  cause: DeviationCause,
  { platform, venue }: { readonly platform: Cash; readonly venue: Cash },
): DeviationFinding {
  const measured = measure(platform, venue);
  const cover = coverOf(cause, { deviation: measured.deviation, funding: usd(platform.funding - venue.funding) });
  return { ...line, from: window.from, to: window.to, cause, cover, ...measured };
}

/** A coin's executions have lines of their own; what its line covers is the funding. */
function coverOf(cause: DeviationCause, amounts: { readonly deviation: Usd; readonly funding: Usd }): Usd {
  if (cause === 'differs') return amounts.deviation;
  return cause === 'coin' ? amounts.funding : ZERO_USD;
}

const DAY_MS = 86_400_000;

/** Start of the UTC day a window belongs to, ms. */
export const dayOf = ({ from }: Pick<DeviationWindow, 'from'>): number => Math.floor(from / DAY_MS) * DAY_MS;

/**
 * The line of a day whose coins' Σ |deviation| is over a limit; undefined = it is not. `day` is its start in ms, `name`
 * its date. Lines of executions are part of their coins' and do not count again.
 */
export function compareDay(
  { day, name }: { readonly day: number; readonly name: string },
  findings: readonly Pick<DeviationFinding, 'cause' | 'deviation' | 'platformPnl' | 'hlActualPnl'>[],
): DeviationFinding | undefined {
  const sums = { total: 0n, platform: 0n, actual: 0n };
  for (const { cause, deviation, platformPnl, hlActualPnl } of findings) {
    if (cause !== 'coin') continue;
    sums.total += deviation < 0n ? -deviation : deviation;
    sums.platform += platformPnl;
    sums.actual += hlActualPnl;
  }
  const level = dayLevel(usd(sums.total));
  if (level === undefined) return undefined;
  return {
    id: `day:${name}:${level}`,
    cause: 'day',
    symbol: '*',
    positionId: '*',
    from: day,
    to: day + DAY_MS,
    platformPnl: usd(sums.platform),
    hlActualPnl: usd(sums.actual),
    deviation: usd(sums.total),
    deviationRate: undefined,
    level,
    cover: ZERO_USD,
  };
}
