/** Every hour, and once more for what was missing: rates and payments of the venue → funding commands to every shard. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  createDynamoClient,
  createDynamoMirroredFunding,
  createSqsClient,
  createSqsCommands,
  loadConfig,
} from '@perps/adapters/aws';
import {
  createFundingQueries,
  createInfoClient,
  createVenueHttp,
  createWeightBudget,
} from '@perps/adapters/hyperliquid';
import { createObservability, observed } from '@perps/adapters/lambda';
import { systemClock, systemIds } from '@perps/adapters/node';
import type { Metrics } from '@perps/runtime/ports';
import { fundingConfig, requestOf } from './request.ts';
import { type FundingRun, runFunding } from './run.ts';

const config = loadConfig(fundingConfig);
const observability = createObservability('funding');
/** Of the venue's client only counts are of interest: what was denied, what was limited. */
const counted: Metrics = {
  count: (name, value = 1) => void observability.metrics.addMetric(name, MetricUnit.Count, value),
  gauge: () => undefined,
  timing: () => undefined,
};
const sqs = createSqsClient();
const venue = createFundingQueries({
  account: config.HL_TRADING_ACCOUNT,
  info: createInfoClient({
    http: createVenueHttp(config.VENUE_URL),
    budget: createWeightBudget({ clock: systemClock }),
    metrics: counted,
  }),
});
const options = {
  venue,
  symbols: config.FUNDING_SYMBOLS,
  mirrored: createDynamoMirroredFunding(createDynamoClient(), config.FUNDING_SETTLEMENTS_TABLE),
  now: () => systemClock.now(),
};

export const handler = observed(observability, async (event: unknown): Promise<FundingRun['settled']> => {
  const { hour, catchUp, queueUrls } = requestOf(event, {
    now: systemClock.now(),
    configured: config.COMMAND_QUEUE_URLS,
  });
  const queue = createSqsCommands({ client: sqs, queueUrls, ids: systemIds });
  const run = await runFunding({ ...options, queue, shardCount: queueUrls.length }, { hour, catchUp });
  report(run);
  return run.settled;
});

/** Alerts are by metric: `funding.mirrorAlert` (over 1 %) and `funding.mirrorCritical` (over 5 %, P0). */
function report({ hour, settled, missing, differences }: FundingRun): void {
  const { logger, metrics } = observability;
  logger.info('funding hour', { hour, settled, missing });
  for (const { symbol, level, hour: of, booked, mirrored, difference } of differences) {
    const amounts = { booked: String(booked), mirrored: String(mirrored), difference: String(difference) };
    logger.warn('funding is not what the venue booked', { symbol, level, hour: of, ...amounts });
  }
  const levelled = (level: string): number => differences.filter((one) => one.level === level).length;
  metrics.addMetric('funding.settled', MetricUnit.Count, settled.length);
  metrics.addMetric('funding.missing', MetricUnit.Count, missing.length);
  metrics.addMetric('funding.mirrorAlert', MetricUnit.Count, levelled('alert'));
  metrics.addMetric('funding.mirrorCritical', MetricUnit.Count, levelled('p0'));
}
