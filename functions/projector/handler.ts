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

const follow = (record: SQSRecord): Promise<void> => projector.catchUp(toNotice(record));

export const handler = observed(observability, async (event: SQSEvent, context): Promise<SQSBatchResponse> => {
  const { logger, metrics } = observability;
  const response = await processPartialResponse(event, follow, batch, {
    context,
    // Other shards go on; of a shard that failed, nothing later is tried.
    skipGroupOnError: true,
    // All failed: the answer names them all, and the errors are in the log.
    throwOnFullBatchFailure: false,
  });
  for (const error of batch.errors) logger.error('shard not followed', { error });
  metrics.addMetric('projection.failed', MetricUnit.Count, response.batchItemFailures.length);
  return response;
});
