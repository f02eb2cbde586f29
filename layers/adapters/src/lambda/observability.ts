/** What every Lambda handler wears: log, metrics, and the request they belong to. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';

export interface Observability {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The namespace of all our metrics, in functions as in services. */
const NAMESPACE = 'hybrid-perps';

/** Log and metrics of one function; the level comes from `LOG_LEVEL`. */
export function createObservability(service: string): Observability {
  return {
    logger: new Logger({ serviceName: service }),
    metrics: new Metrics({ namespace: NAMESPACE, serviceName: service }),
  };
}

/** A handler with its log bound to the request, its metrics flushed afterwards, and its failure logged once. */
export function observed<Event, Result>(
  { logger, metrics }: Observability,
  handle: (event: Event, context: Context) => Promise<Result>,
) {
  return middy<Event, Result>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics))
    .onError(({ error }) => {
      logger.error('invocation failed', { error: error ?? undefined });
    })
    .handler(handle);
}
