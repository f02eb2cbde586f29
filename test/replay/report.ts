/** What happened, for people (a table) and for programs (CSV). */
import { formatUsd, usd } from '@perps/domain/money';
import type { CrashDayReport } from './crash-day.ts';

export interface NamedReport {
  readonly day: string;
  readonly symbols: readonly string[];
  readonly report: CrashDayReport;
}

const COLUMNS: readonly (readonly [name: string, of: (named: NamedReport) => string])[] = [
  ['day', ({ day }) => day],
  ['coins', ({ symbols }) => symbols.join('+')],
  ['accounts', ({ report }) => String(report.accounts)],
  ['positions', ({ report }) => String(report.positions)],
  ['ticks', ({ report }) => String(report.ticks)],
  ['held', ({ report }) => String(report.heldTicks)],
  ['warned50', ({ report }) => String(report.warnings50)],
  ['warned80', ({ report }) => String(report.warnings80)],
  ['liquidations', ({ report }) => String(report.liquidationsStarted)],
  ['isolated', ({ report }) => String(report.isolatedSteps)],
  ['cross', ({ report }) => String(report.crossSteps)],
  ['venue', ({ report }) => String(report.venueSteps)],
  ['recovered', ({ report }) => String(report.recovered)],
  ['takeover', ({ report }) => String(report.takeovers)],
  ['liquidatedUsd', ({ report }) => dollars(report.liquidatedNotional)],
  ['forfeitedUsd', ({ report }) => dollars(report.forfeited)],
  ['badDebtUsd', ({ report }) => dollars(report.badDebtBooked)],
  ['skipped', ({ report }) => String(report.skipped)],
  ['slowestTickMs', ({ report }) => report.slowestTickMs.toFixed(1)],
  ['medianTickMs', ({ report }) => report.medianTickMs.toFixed(3)],
  ['differences', ({ report }) => String(report.differences.length)],
];

export function toCsv(reports: readonly NamedReport[]): string {
  const rows = reports.map((named) => COLUMNS.map(([, of]) => of(named)).join());
  return [COLUMNS.map(([name]) => name).join(), ...rows, ''].join('\n');
}

/** One block per day, a line per figure: twenty columns do not fit a terminal. */
export function toTable(reports: readonly NamedReport[]): string {
  return reports
    .map((named) => COLUMNS.map(([name, of]) => `  ${name.padEnd(16)}${of(named).padStart(16)}`).join('\n'))
    .join('\n\n');
}

const dollars = (amount: bigint): string => formatUsd(usd(amount));
