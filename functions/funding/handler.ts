/** Every hour, and once more for what was missing: rates and payments of the venue → funding commands to every shard. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { loadConfig } from '@perps/adapters/aws';
import { createObservability, observed } from '@perps/adapters/lambda';
import { systemClock } from '@perps/adapters/node';
import type { Metrics } from '@perps/runtime/ports';
import { reportRun } from './report.ts';
import { fundingConfig, requestOf } from './request.ts';
import { createFundingRun } from './wire.ts';

const config = loadConfig(fundingConfig);
const observability = createObservability('funding');
/** Only counts are of interest: what was settled, what the venue's client was denied. */
const metrics: Metrics = {
  count: (name, value = 1) => void observability.metrics.addMetric(name, MetricUnit.Count, value),
  gauge: () => undefined,
  timing: () => undefined,
};
const run = createFundingRun(config, metrics);

export const handler = observed(observability, async (event: unknown): Promise<readonly string[]> => {
  const ran = await run(requestOf(event, { now: systemClock.now(), configured: config.COMMAND_QUEUE_URLS }));
  reportRun(ran, observability.logger, metrics);
  return ran.settled;
});
