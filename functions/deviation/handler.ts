/** Every five minutes: our books of the trading account against the venue's → rows, covers, stops. Or one row is closed. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { loadConfig } from '@perps/adapters/aws';
import { createObservability, observed } from '@perps/adapters/lambda';
import type { Metrics } from '@perps/runtime/ports';
import { report } from './report.ts';
import { deviationConfig, requestOf } from './request.ts';
import { createComparison } from './wire.ts';

const config = loadConfig(deviationConfig);
const observability = createObservability('deviation');
/** Only counts are of interest: what the venue's client was denied. */
const metrics: Metrics = {
  count: (name, value = 1) => void observability.metrics.addMetric(name, MetricUnit.Count, value),
  gauge: () => undefined,
  timing: () => undefined,
};
const comparison = createComparison(config, metrics);

export const handler = observed(observability, async (event: unknown) => {
  const request = requestOf(event, config.COMMAND_QUEUE_URLS);
  if (request.resolve !== undefined) {
    const resolution = await comparison.resolve(request, request.resolve);
    const answer = { status: resolution?.row.status, isReleased: resolution?.isReleased };
    observability.logger.info('deviation resolved', { ...request.resolve, ...answer });
    return answer;
  }
  const run = await comparison.run(request);
  report(observability, run);
  return { comparedTo: run.comparedTo, rows: run.rows.map(({ id }) => id), openRows: run.openRows };
});
