/**
 * Compares our books of the trading account with the venue's, window by window. Safe against crashes and repeats at any
 * point: a window is compared until all of it is written and told, a row keeps what was written first, and commands
 * are idempotent by the row they come from.
 */
import {
  type Books,
  compareBooks,
  compareDay,
  dayOf,
  type DeviationFinding,
  type DeviationWindow,
  type Execution,
} from '@perps/domain/deviation';
import { HOUR_MS } from '@perps/domain/funding';
import { usd, type Usd } from '@perps/domain/money';
import { type CommandSink, sendCover, sendStop } from './commands.ts';
import type {
  BooksOf,
  DeviationCheckpoint,
  DeviationLog,
  DeviationRow,
  DeviationStatus,
  OwnBooks,
  VenueBooks,
} from './ports.ts';
import { isStopping, resolveDeviation } from './resolve.ts';

export interface DeviationOptions extends CommandSink {
  readonly venue: VenueBooks;
  readonly own: OwnBooks;
  readonly log: DeviationLog;
  readonly checkpoint: DeviationCheckpoint;
  /** Everything decided before this (ms) is in our books; a window that is not complete there is not compared yet. */
  readonly projectedUntil: () => Promise<number>;
  /** Length of a window, ms. */
  readonly windowMs?: number;
  /** How long ago a window must have ended, ms. */
  readonly settlingMs?: number;
}

export interface DeviationRun {
  /** Up to when books are compared now, ms. */
  readonly comparedTo: number;
  /** How long ago that is. */
  readonly behindMs: number;
  readonly rows: readonly DeviationRow[];
  /** Rows that have explained themselves: a fill was late. */
  readonly explained: readonly DeviationRow[];
  readonly openRows: number;
}

const WINDOW_MS = 5 * 60_000;
/** Fills of the last minute may still be on their way to the engines. */
export const SETTLING_MS = 60_000;
/** An hour's funding is mirrored and posted by now: its run is a minute past the hour, and once more at six. */
export const FUNDING_SETTLING_MS = 20 * 60_000;
/** Windows of one run: what an outage of hours has left is made up for in a few. */
const WINDOWS_MAX = 12;
/** How long a missing fill may still turn up by itself, ms. */
const LATE_MS_MAX = 24 * HOUR_MS;
/** Windows looked at again in one run. */
const AGAIN_MAX = 6;

/** The windows that are due, then those in which something was missing. The first run of all begins with the last window. */
export async function runDeviation(options: DeviationOptions): Promise<DeviationRun> {
  const { checkpoint, now, windowMs = WINDOW_MS, settlingMs = SETTLING_MS } = options;
  const settled = Math.min(now(), await options.projectedUntil()) - settlingMs;
  let known = await checkpoint.read();
  let from = known ?? Math.floor(settled / windowMs) * windowMs - windowMs;
  const rows: DeviationRow[] = [];
  for (let count = 0; count < WINDOWS_MAX && from + windowMs <= settled; count += 1) {
    const window = { from, to: from + windowMs };
    rows.push(...(await record(options, await findingsOf(options, window))));
    // Somebody else has compared it at the same time: the same rows, told twice.
    if (!(await checkpoint.advance(known, window.to))) break;
    known = window.to;
    from = window.to;
  }
  const open = await options.log.withStatus('OPEN', 0);
  const again = await lookAgain(options, open);
  return {
    comparedTo: from,
    behindMs: now() - from,
    rows: [...rows, ...again.rows],
    explained: again.explained,
    openRows: open.length - again.explained.length,
  };
}

async function findingsOf(options: DeviationOptions, window: DeviationWindow): Promise<readonly DeviationFinding[]> {
  const hours = hoursDue(window);
  const [ours, venue] = await Promise.all([booksOf(options.own, window, hours), booksOf(options.venue, window, hours)]);
  return compareBooks({ window, ours, venue });
}

/** Hours whose funding is compared in this window: those that have settled in it. */
export function hoursDue({ from, to }: DeviationWindow): readonly number[] {
  const hours: number[] = [];
  const first = Math.ceil((from - FUNDING_SETTLING_MS) / HOUR_MS) * HOUR_MS;
  for (let hour = first; hour + FUNDING_SETTLING_MS < to; hour += HOUR_MS) hours.push(hour);
  return hours;
}

async function booksOf<Fill extends Execution>(
  books: BooksOf<Fill>,
  window: DeviationWindow,
  hours: readonly number[],
): Promise<Books<Fill>> {
  const executions = await books.executions(window);
  const funding = new Map<string, Usd>();
  for (const hour of hours) {
    for (const [symbol, amount] of await books.funding(hour)) {
      funding.set(symbol, usd((funding.get(symbol) ?? 0n) + amount));
    }
  }
  return { executions, funding };
}

/** Writes what was found, and does what the rows that stand there then call for. */
async function record(
  options: DeviationOptions,
  findings: readonly DeviationFinding[],
): Promise<readonly DeviationRow[]> {
  const rows: DeviationRow[] = [];
  for (const finding of findings) rows.push(await options.log.put(rowOf(finding, options.now())));
  const [first] = findings;
  if (first !== undefined) {
    const ofDay = await dayRow(options, rows, dayOf(first));
    if (ofDay !== undefined) rows.push(ofDay);
  }
  for (const row of rows) await sendCover(options, row);
  const stopping = new Map(rows.filter(isStopping).map((row) => [row.symbol, row]));
  for (const { symbol, createdAt } of stopping.values()) {
    await sendStop(options, { symbol, isStopped: true, decidedAt: createdAt });
  }
  return rows;
}

function rowOf(finding: DeviationFinding, createdAt: number): DeviationRow {
  const isMissing = finding.cause === 'missingHere' || finding.cause === 'missingThere';
  const isDone = finding.level === 'logged' && !isMissing;
  return {
    ...finding,
    status: isDone ? 'COVERED' : 'OPEN',
    createdAt,
    resolvedAt: isDone ? createdAt : undefined,
    note: undefined,
  };
}

const STATUSES: readonly DeviationStatus[] = ['OPEN', 'COVERED', 'RESOLVED'];

/** The row of a day that has gone over a limit, once for each limit. What was explained since counts no longer. */
async function dayRow(
  { log, now }: DeviationOptions,
  written: readonly DeviationRow[],
  day: number,
): Promise<DeviationRow | undefined> {
  const known = new Map<string, DeviationRow>();
  for (const status of STATUSES) {
    for (const row of await log.withStatus(status, day)) if (row.note !== EXPLAINED) known.set(row.id, row);
  }
  for (const row of written) known.set(row.id, row);
  const ofDay = [...known.values()].filter((row) => row.cause === 'coin' && dayOf(row) === day);
  const finding = compareDay({ day, name: new Date(day).toISOString().slice(0, 10) }, ofDay);
  if (finding === undefined || (await log.find(finding.id)) !== undefined) return undefined;
  return log.put(rowOf(finding, now()));
}

/** The note of a row that was closed because nothing is missing any more. */
export const EXPLAINED = 'booked since';

interface Again {
  readonly rows: readonly DeviationRow[];
  readonly explained: readonly DeviationRow[];
}

/** A fill that was late, here or there, explains its own row and its coin's. */
async function lookAgain(options: DeviationOptions, open: readonly DeviationRow[]): Promise<Again> {
  const since = options.now() - LATE_MS_MAX;
  const missing = open.filter(
    ({ cause, createdAt }) => createdAt >= since && (cause === 'missingHere' || cause === 'missingThere'),
  );
  const windows = new Map(missing.map(({ from, to }) => [`${from}-${to}`, { from, to }]));
  const rows: DeviationRow[] = [];
  const explained: DeviationRow[] = [];
  for (const window of [...windows.values()].slice(-AGAIN_MAX)) {
    const findings = await findingsOf(options, window);
    const before = open.filter(({ from, to }) => from === window.from && to === window.to);
    // Late, and other than the venue's: a row of its own. Recorded again, too: a run that was cut off may have written
    // the row and not sent its cover and stop, and both are idempotent.
    const differing = await record(
      options,
      findings.filter(({ cause }) => cause === 'differs'),
    );
    rows.push(...differing.filter(({ id }) => !before.some((row) => row.id === id)));
    const unexplained = new Set(
      findings.filter(({ cause, level }) => cause !== 'coin' || level !== 'logged').map(({ id }) => id),
    );
    for (const row of before) {
      if (unexplained.has(row.id)) continue;
      const resolution = await resolveDeviation(options, { id: row.id, note: EXPLAINED });
      if (resolution !== undefined) explained.push(resolution.row);
    }
  }
  return { rows, explained };
}
