/** Closes a row; the last one that stopped a symbol releases it. */
import { type CommandSink, sendStop } from './commands.ts';
import type { DeviationLog, DeviationRow } from './ports.ts';

export interface Resolution {
  readonly row: DeviationRow;
  /** Opens of the symbol at the venue go on. */
  readonly isReleased: boolean;
}

/** Rows of a symbol among which the newest P0 is looked for. */
const NEWEST_ROWS = 1_000;

/** Whether a row stops its symbol for as long as it is open. */
export const isStopping = ({ level, symbol, status }: DeviationRow): boolean =>
  level === 'p0' && symbol !== '*' && status === 'OPEN';

/**
 * Closes an open row with a note; undefined = unknown. One that is closed already is answered as it is, and its symbol
 * released where nothing else stops it, so that a run that was cut off is finished by repeating it.
 */
export async function resolveDeviation(
  options: CommandSink & { readonly log: DeviationLog },
  { id, note }: { readonly id: string; readonly note: string },
): Promise<Resolution | undefined> {
  const { log, now } = options;
  const row = (await log.resolve(id, { at: now(), note })) ?? (await log.find(id));
  if (row === undefined) return undefined;
  return { row, isReleased: row.level === 'p0' && row.symbol !== '*' && (await release(options, row)) };
}

/**
 * The release is dated just after the newest P0 it knows of: one it does not know of was written later, and its stop
 * holds whatever the clocks say.
 */
async function release(
  options: CommandSink & { readonly log: DeviationLog },
  resolved: DeviationRow,
): Promise<boolean> {
  const { symbol } = resolved;
  const rows = await options.log.newestOf(symbol, NEWEST_ROWS);
  const open = await options.log.withStatus('OPEN', 0);
  // Indexes may still show the row itself as it was.
  if ([...rows, ...open].some((row) => row.id !== resolved.id && row.symbol === symbol && isStopping(row)))
    return false;
  const newest = rows.filter(({ level }) => level === 'p0').map(({ createdAt }) => createdAt);
  await sendStop(options, { symbol, isStopped: false, decidedAt: Math.max(resolved.createdAt, ...newest) + 1 });
  return true;
}
