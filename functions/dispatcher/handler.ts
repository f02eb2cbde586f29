/** The journal's stream → notices to its consumers. The stream takes two readers: this is one, for all of them. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createSqsClient, createSqsNotices, loadConfig } from '@perps/adapters/aws';
import { createObservability, observed } from '@perps/adapters/lambda';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { dispatch, dispatcherConfig, toAll } from './request.ts';

const config = loadConfig(dispatcherConfig);
const observability = createObservability('dispatcher');
const client = createSqsClient();
const consumers = [config.PROJECTIONS_QUEUE_URL, config.RECEIPTS_QUEUE_URL].map((queueUrl) =>
  createSqsNotices({ client, queueUrl }),
);

export const handler = observed(
  observability,
  async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const { batchItemFailures, causes } = await dispatch(records, toAll(consumers));
    for (const error of causes) observability.logger.error('notice not sent', { error });
    observability.metrics.addMetric('dispatch.failed', MetricUnit.Count, causes.length);
    return { batchItemFailures };
  },
);
