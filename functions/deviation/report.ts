/** What a run found, as log lines and metrics. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DeviationRow, DeviationRun } from '@perps/runtime/deviation';

/** A row as its line has it: amounts in 10⁻⁶ USD. */
const fieldsOf = (row: DeviationRow) => ({
  id: row.id,
  symbol: row.symbol,
  cause: row.cause,
  level: row.level,
  status: row.status,
  platformPnl: String(row.platformPnl),
  hlActualPnl: String(row.hlActualPnl),
  deviation: String(row.deviation),
  deviationRate: row.deviationRate === undefined ? undefined : String(row.deviationRate),
  cover: String(row.cover),
});

/**
 * Alarms are on `deviation.p0` (over 5 %: its symbol is stopped), `deviation.alert` (over 1 %), `deviation.dayReview`
 * and `deviation.dayP0`; `deviation.open` says how many rows wait for people,
 * `deviation.behindMs` how long ago the last compared window ended.
 */
export function report(
  {
    logger,
    metrics,
  }: { readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>; readonly metrics: Pick<Metrics, 'addMetric'> },
  { rows, explained, openRows, comparedTo, behindMs }: DeviationRun,
): void {
  logger.info('books compared', { comparedTo, rows: rows.length, explained: explained.length, openRows });
  for (const row of rows) {
    if (row.level === 'p0') logger.error('P0: our books and the venue’s differ', fieldsOf(row));
    else if (row.level === 'logged') logger.info('our books and the venue’s differ', fieldsOf(row));
    else logger.warn('our books and the venue’s differ', fieldsOf(row));
  }
  for (const row of explained) logger.info('a deviation has explained itself', fieldsOf(row));
  const count = (name: string, isCounted: (row: DeviationRow) => boolean): void =>
    void metrics.addMetric(`deviation.${name}`, MetricUnit.Count, rows.filter(isCounted).length);
  count('logged', ({ level }) => level === 'logged');
  count('alert', ({ level }) => level === 'alert');
  count('p0', ({ level, cause }) => level === 'p0' && cause !== 'day');
  count('missing', ({ cause }) => cause === 'missingHere' || cause === 'missingThere');
  count('dayReview', ({ level }) => level === 'review');
  count('dayP0', ({ level, cause }) => level === 'p0' && cause === 'day');
  metrics.addMetric('deviation.open', MetricUnit.Count, openRows);
  metrics.addMetric('deviation.behindMs', MetricUnit.Milliseconds, behindMs);
}
