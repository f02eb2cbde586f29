/** Every five minutes: our books of the trading account against the venue's → rows, covers, stops. Or one row is closed. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  createDynamoClient,
  createDynamoDeviationCheckpoint,
  createDynamoDeviations,
  createDynamoOwnBooks,
  createDynamoProgress,
  createSqsClient,
  createSqsCommands,
  loadConfig,
} from '@perps/adapters/aws';
import { createInfoClient, createVenueBooks, createVenueHttp, createWeightBudget } from '@perps/adapters/hyperliquid';
import { createObservability, observed } from '@perps/adapters/lambda';
import { systemClock, systemIds } from '@perps/adapters/node';
import { resolveDeviation, runDeviation } from '@perps/runtime/deviation';
import type { Metrics } from '@perps/runtime/ports';
import { report } from './report.ts';
import { deviationConfig, requestOf } from './request.ts';

const config = loadConfig(deviationConfig);
const observability = createObservability('deviation');
/** Of the venue's client only counts are of interest: what was denied, what was limited. */
const counted: Metrics = {
  count: (name, value = 1) => void observability.metrics.addMetric(name, MetricUnit.Count, value),
  gauge: () => undefined,
  timing: () => undefined,
};
const info = createInfoClient({
  http: createVenueHttp(config.VENUE_URL),
  budget: createWeightBudget({ clock: systemClock }),
  metrics: counted,
});
const sqs = createSqsClient();
const dynamo = createDynamoClient();
const projectedUntil = createDynamoProgress(dynamo, config);
const options = {
  own: createDynamoOwnBooks(dynamo, config),
  log: createDynamoDeviations(dynamo, config.DEVIATION_LOGS_TABLE),
  checkpoint: createDynamoDeviationCheckpoint(dynamo, config.CHECKPOINTS_TABLE),
  now: () => systemClock.now(),
};

export const handler = observed(observability, async (event: unknown) => {
  const { queueUrls, timing, resolve } = requestOf(event, config.COMMAND_QUEUE_URLS);
  const sink = { queue: createSqsCommands({ client: sqs, queueUrls, ids: systemIds }), shardCount: queueUrls.length };
  if (resolve !== undefined) {
    const resolution = await resolveDeviation({ ...options, ...sink }, resolve);
    observability.logger.info('deviation resolved', { ...resolve, isReleased: resolution?.isReleased });
    return { id: resolution?.row.id, status: resolution?.row.status, isReleased: resolution?.isReleased };
  }
  const venue = createVenueBooks({ info, account: config.HL_TRADING_ACCOUNT });
  const run = await runDeviation({
    ...options,
    ...sink,
    ...timing,
    venue,
    projectedUntil: () => projectedUntil(queueUrls.length),
  });
  report(observability, run);
  return { comparedTo: run.comparedTo, rows: run.rows.map(({ id }) => id), openRows: run.openRows };
});
