/** Notices about the journal → signed receipts of its fills. A hole in the journal fails the shard's messages: it stops. */
import { processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createDynamoClient, createKmsClient, createReceipts, loadConfig, receiptsConfig } from '@perps/adapters/aws';
import { createObservability, observed } from '@perps/adapters/lambda';
import { systemClock } from '@perps/adapters/node';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { toNotice } from './request.ts';

const observability = createObservability('receipts');
const clients = { dynamo: createDynamoClient(), kms: createKmsClient(), clock: systemClock };
const issuer = createReceipts(clients, loadConfig(receiptsConfig));
const batch = new SqsFifoPartialProcessorAsync();

const follow = async (record: SQSRecord): Promise<void> => {
  const issued = await issuer.catchUp(toNotice(record));
  observability.metrics.addMetric('receipts.issued', MetricUnit.Count, issued);
};

export const handler = observed(observability, async (event: SQSEvent, context): Promise<SQSBatchResponse> => {
  const { logger, metrics } = observability;
  const response = await processPartialResponse(event, follow, batch, {
    context,
    // Other shards go on; of a shard that failed, nothing later is tried.
    skipGroupOnError: true,
    // All failed: the answer names them all, and the errors are in the log.
    throwOnFullBatchFailure: false,
  });
  for (const error of batch.errors) logger.error('shard has no receipts', { error });
  metrics.addMetric('receipts.failed', MetricUnit.Count, response.batchItemFailures.length);
  return response;
});
