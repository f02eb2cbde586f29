/** Notices about the journal → rows of the read tables. A hole in the journal fails the shard's messages: it stops. */
import { processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createDynamoClient, createReadTablesProjector, loadConfig, readTablesConfig } from '@perps/adapters/aws';
import { createObservability, observed } from '@perps/adapters/lambda';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { toNotice } from './request.ts';

const observability = createObservability('projector');
const projector = createReadTablesProjector(createDynamoClient(), loadConfig(readTablesConfig));
const batch = new SqsFifoPartialProcessorAsync();

const follow = async (record: SQSRecord): Promise<void> => {
  const notice = toNotice(record);
  await projector.catchUp(notice);
  observability.metrics.addMetric('projection.caughtUp', MetricUnit.Count, 1);
};

export const handler = observed(observability, (event: SQSEvent, context): Promise<SQSBatchResponse> =>
  processPartialResponse(event, follow, batch, {
    context,
    // Other shards go on; of a shard that failed, nothing later is tried.
    skipGroupOnError: true,
    // All failed: the answer names them all, and the errors are in the log.
    throwOnFullBatchFailure: false,
  }),
);
