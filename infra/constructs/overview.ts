import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ApiStack } from '../api.ts';
import type { FunctionsStack } from '../functions.ts';
import type { MessagingStack } from '../messaging.ts';
import type { ServicesStack } from '../services.ts';
import { serviceMetric } from './service-metric.ts';

export interface OverviewProps {
  readonly messaging: MessagingStack;
  readonly services: ServicesStack;
  readonly functions: FunctionsStack;
  readonly api: ApiStack;
}

const MINUTE = Duration.minutes(1);

/** Messages that wait in a queue. */
export const depth = (queue: IQueue): IMetric =>
  queue.metricApproximateNumberOfMessagesVisible({ period: MINUTE, statistic: 'Maximum' });

/** Seconds the oldest message of a queue has waited. */
export const age = (queue: IQueue): IMetric => queue.metricApproximateAgeOfOldestMessage({ period: MINUTE });

/** One order's way on one page: door, engine, read tables. */
export class Overview extends Dashboard {
  constructor(scope: Construct, id: string, props: OverviewProps) {
    super(scope, id, { widgets: widgets(props) });
  }
}

function widgets({ messaging, functions, services, api }: OverviewProps): GraphWidget[][] {
  const graph = (title: string, ...left: IMetric[]): GraphWidget => new GraphWidget({ title, left, width: 8 });
  const engine = (name: string, statistic: 'Sum' | 'Maximum' | 'p99'): IMetric =>
    serviceMetric({ name, service: 'engine', statistic });
  return [
    [
      graph('Requests and 5xx', api.api.metricCount({ period: MINUTE }), api.api.metricServerError({ period: MINUTE })),
      graph('Latency p99', api.api.metricLatency({ period: MINUTE, statistic: 'p99' })),
      graph('Healthy gateways', services.balancer.targets.metrics.healthyHostCount({ period: MINUTE })),
    ],
    [
      graph('Journal commit p99', engine('journal.commit', 'p99')),
      graph('Undecided puts, failed shards', engine('journal.undecided', 'Sum'), engine('shard.failed', 'Sum')),
      graph(
        'Pending venue orders, oldest (ms)',
        engine('venue.pending', 'Maximum'),
        engine('venue.pendingAgeMs', 'Maximum'),
      ),
    ],
    [
      graph('Read tables, receipts behind (s)', age(messaging.projections), age(messaging.receipts)),
      graph(
        'Set aside',
        depth(messaging.deadCommands),
        depth(messaging.deadProjections),
        depth(messaging.deadReceipts),
        depth(functions.deadDispatches),
        depth(functions.deadFunding),
        depth(functions.deadDeviation),
      ),
      graph(
        'Function errors',
        ...[functions.dispatcher, functions.projector, functions.receipts, functions.funding, functions.deviation].map(
          ({ lambda }) => lambda.metricErrors(),
        ),
      ),
    ],
  ];
}
