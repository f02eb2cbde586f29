/** What a run says of itself. Alerts are by metric: `funding.mirrorAlert` (over 1 %), `funding.mirrorCritical` (over 5 %, P0). */
import type { Metrics } from '@perps/runtime/ports';
import type { FundingRun } from './run.ts';

/** Where it is said; amounts are texts there. */
export interface RunLog {
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
}

/** Logs and counts a run. */
export function reportRun({ hour, settled, missing, differences }: FundingRun, logger: RunLog, metrics: Metrics): void {
  logger.info('funding hour', { hour, settled, missing });
  for (const { symbol, level, hour: of, booked, mirrored, difference } of differences) {
    const amounts = { booked: String(booked), mirrored: String(mirrored), difference: String(difference) };
    logger.warn('funding is not what the venue booked', { symbol, severity: level, hour: of, ...amounts });
  }
  const levelled = (level: string): number => differences.filter((one) => one.level === level).length;
  metrics.count('funding.settled', settled.length);
  metrics.count('funding.missing', missing.length);
  metrics.count('funding.mirrorAlert', levelled('alert'));
  metrics.count('funding.mirrorCritical', levelled('p0'));
}
