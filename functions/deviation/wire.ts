/** The comparison on DynamoDB, SQS and the venue, wired. */
import {
  createDynamoClient,
  createDynamoDeviationCheckpoint,
  createDynamoDeviations,
  createDynamoOwnBooks,
  createDynamoProgress,
  createSqsClient,
  createSqsCommands,
} from '@perps/adapters/aws';
import { createInfoClient, createVenueBooks, createVenueHttp, createWeightBudget } from '@perps/adapters/hyperliquid';
import { systemClock, systemIds } from '@perps/adapters/node';
import { type DeviationRun, type Resolution, resolveDeviation, runDeviation } from '@perps/runtime/deviation';
import type { Metrics } from '@perps/runtime/ports';
import type { DeviationConfig, DeviationRequest } from './request.ts';

export interface Comparison {
  run(request: DeviationRequest): Promise<DeviationRun>;
  /** undefined = there is no such row. */
  resolve(
    request: DeviationRequest,
    row: { readonly id: string; readonly note: string },
  ): Promise<Resolution | undefined>;
}

/** Creates both uses of the function. */
export function createComparison(config: DeviationConfig, metrics: Metrics): Comparison {
  const budget = createWeightBudget({ clock: systemClock });
  const info = createInfoClient({ http: createVenueHttp(config.VENUE_URL), budget, metrics });
  const sqs = createSqsClient();
  const dynamo = createDynamoClient();
  const progress = createDynamoProgress(dynamo, config);
  const optionsOf = ({ queueUrls }: DeviationRequest) => ({
    own: createDynamoOwnBooks(dynamo, config),
    log: createDynamoDeviations(dynamo, config.DEVIATION_LOGS_TABLE),
    checkpoint: createDynamoDeviationCheckpoint(dynamo, config.CHECKPOINTS_TABLE),
    queue: createSqsCommands({ client: sqs, queueUrls, ids: systemIds }),
    shardCount: queueUrls.length,
    now: () => systemClock.now(),
    projectedUntil: () => progress(queueUrls.length),
  });
  return {
    run: (request) => {
      const venue = createVenueBooks({ info, account: config.HL_TRADING_ACCOUNT });
      return runDeviation({ ...optionsOf(request), ...request.timing, venue });
    },
    resolve: (request, row) => resolveDeviation(optionsOf(request), row),
  };
}
