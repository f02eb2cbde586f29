import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { ApiStack } from './api.ts';
import type { StageConfig } from './config.ts';
import { Alarms, type AlarmRule } from './constructs/alarms.ts';
import { age, depth, Overview } from './constructs/overview.ts';
import { serviceMetric } from './constructs/service-metric.ts';
import type { FunctionsStack } from './functions.ts';
import type { MessagingStack } from './messaging.ts';
import type { ServicesStack } from './services.ts';

export interface ObservabilityStackProps extends StackProps {
  readonly config: StageConfig;
  readonly messaging: MessagingStack;
  readonly services: ServicesStack;
  readonly functions: FunctionsStack;
  readonly api: ApiStack;
}

const MINUTE = Duration.minutes(1);
/** One dashboard and the first alarms; each alarm names its runbook line. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    if (props.config.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(props.config.alarmEmail));
    new Alarms(this, 'Alarms', { topic, rules: alarmRules(props) });
    new Overview(this, 'Dashboard', props);
  }
}

function alarmRules({ messaging, functions, services, api }: ObservabilityStackProps): Record<string, AlarmRule> {
  const engine = (name: string, statistic: 'Sum' | 'Maximum'): IMetric =>
    serviceMetric({ name, service: 'engine', statistic });
  const deviation = (name: string): IMetric => serviceMetric({ name, service: 'deviation', statistic: 'Maximum' });
  return {
    DeadCommands: { metric: depth(messaging.deadCommands), threshold: 1, runbook: 'dead-letters' },
    DeadProjections: { metric: depth(messaging.deadProjections), threshold: 1, runbook: 'read-tables-stopped' },
    DeadDispatches: { metric: depth(functions.deadDispatches), threshold: 1, runbook: 'read-tables-stopped' },
    ProjectionAge: { metric: age(messaging.projections), threshold: 120, runbook: 'read-tables-stopped' },
    ProjectorErrors: {
      metric: functions.projector.lambda.metricErrors({ period: MINUTE }),
      threshold: 1,
      minutes: 5,
      runbook: 'read-tables-stopped',
    },
    DeadReceipts: { metric: depth(messaging.deadReceipts), threshold: 1, runbook: 'receipts-stopped' },
    ReceiptsAge: { metric: age(messaging.receipts), threshold: 300, runbook: 'receipts-stopped' },
    ReceiptsErrors: {
      metric: functions.receipts.lambda.metricErrors({ period: MINUTE }),
      threshold: 1,
      minutes: 5,
      runbook: 'receipts-stopped',
    },
    DeadFunding: { metric: depth(functions.deadFunding), threshold: 1, runbook: 'funding-run-failed' },
    FundingErrors: {
      metric: functions.funding.lambda.metricErrors({ period: MINUTE }),
      threshold: 1,
      runbook: 'funding-run-failed',
    },
    FundingMirror: {
      metric: serviceMetric({ name: 'funding.mirrorAlert', service: 'funding', statistic: 'Maximum' }),
      threshold: 1,
      runbook: 'funding-is-not-what-the-venue-booked',
    },
    FundingMirrorCritical: {
      metric: serviceMetric({ name: 'funding.mirrorCritical', service: 'funding', statistic: 'Maximum' }),
      threshold: 1,
      runbook: 'funding-is-not-what-the-venue-booked',
    },
    DeadDeviation: { metric: depth(functions.deadDeviation), threshold: 1, runbook: 'comparison-of-books-failed' },
    DeviationErrors: {
      metric: functions.deviation.lambda.metricErrors({ period: MINUTE }),
      threshold: 1,
      runbook: 'comparison-of-books-failed',
    },
    DeviationBehind: {
      metric: deviation('deviation.behindMs'),
      threshold: 1_800_000,
      runbook: 'comparison-of-books-failed',
    },
    DeviationAlert: { metric: deviation('deviation.alert'), threshold: 1, runbook: 'deviation' },
    DeviationCritical: { metric: deviation('deviation.p0'), threshold: 1, runbook: 'deviation' },
    DeviationDayReview: { metric: deviation('deviation.dayReview'), threshold: 1, runbook: 'deviation' },
    DeviationDayCritical: { metric: deviation('deviation.dayP0'), threshold: 1, runbook: 'deviation' },
    JournalUndecided: { metric: engine('journal.undecided', 'Sum'), threshold: 10, runbook: 'journal-appends-fail' },
    ShardFailed: { metric: engine('shard.failed', 'Sum'), threshold: 1, runbook: 'shard-stopped' },
    // The beats themselves never ring; that they end does.
    LiquidationSilent: {
      metric: engine('liquidation.heartbeat', 'Sum'),
      threshold: 1_000_000_000,
      minutes: 2,
      onSilence: 'ring',
      runbook: 'liquidations',
    },
    LiquidationSkipped: { metric: engine('liquidation.skipped', 'Maximum'), threshold: 1, runbook: 'liquidations' },
    LiquidationTakeover: { metric: engine('liquidation.takeover', 'Maximum'), threshold: 1, runbook: 'liquidations' },
    LiquidationStopped: { metric: engine('liquidation.stopped', 'Maximum'), threshold: 1, runbook: 'liquidations' },
    OldestPending: {
      metric: engine('venue.pendingAgeMs', 'Maximum'),
      threshold: 60_000,
      runbook: 'pending-venue-orders',
    },
    GatewayUnhealthy: {
      metric: services.balancer.targets.metrics.unhealthyHostCount({ period: MINUTE }),
      threshold: 1,
      minutes: 3,
      onSilence: 'ring',
      runbook: 'gateway-unhealthy',
    },
    ServerErrors: {
      metric: api.api.metricServerError({ period: MINUTE, statistic: 'Sum' }),
      threshold: 5,
      runbook: 'server-errors',
    },
  };
}
