/** The run with the venue, the queues and the tables behind it. */
import {
  createDynamoClient,
  createDynamoMirroredFunding,
  createSqsClient,
  createSqsCommands,
} from '@perps/adapters/aws';
import {
  createFundingQueries,
  createInfoClient,
  createVenueHttp,
  createWeightBudget,
} from '@perps/adapters/hyperliquid';
import { systemClock, systemIds } from '@perps/adapters/node';
import type { Metrics } from '@perps/runtime/ports';
import type { FundingConfig, FundingRequest } from './request.ts';
import { type FundingRun, runFunding } from './run.ts';

/** Creates the run; its connections last as long as the function's process. */
export function createFundingRun(
  config: FundingConfig,
  metrics: Metrics,
): (request: FundingRequest) => Promise<FundingRun> {
  const sqs = createSqsClient();
  const venue = createFundingQueries({
    account: config.HL_TRADING_ACCOUNT,
    info: createInfoClient({
      http: createVenueHttp(config.VENUE_URL),
      budget: createWeightBudget({ clock: systemClock }),
      metrics,
    }),
  });
  const mirrored = createDynamoMirroredFunding(createDynamoClient(), config.FUNDING_SETTLEMENTS_TABLE);
  return ({ queueUrls, hour, catchUp }) => {
    const options = {
      venue,
      queue: createSqsCommands({ client: sqs, queueUrls, ids: systemIds }),
      shardCount: queueUrls.length,
      symbols: config.FUNDING_SYMBOLS,
      mirrored,
      now: () => systemClock.now(),
    };
    return runFunding(options, { hour, catchUp });
  };
}
