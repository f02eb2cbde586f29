/** What rings, by what it watches; each rule names its chapter of the runbook. */
import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ApiStack } from './api.ts';
import type { AlarmRule } from './constructs/alarms.ts';
import { age, depth } from './constructs/overview.ts';
import { serviceMetric, type ServiceMetricProps } from './constructs/service-metric.ts';
import type { FunctionsStack } from './functions.ts';
import type { MessagingStack } from './messaging.ts';
import type { ServicesStack } from './services.ts';

export interface Watched {
  readonly messaging: MessagingStack;
  readonly services: ServicesStack;
  readonly functions: FunctionsStack;
  readonly api: ApiStack;
}

type Rules = Readonly<Record<string, AlarmRule>>;

const MINUTE = Duration.minutes(1);

export const alarmRules = (watched: Watched): Rules => ({
  ...projectionRules(watched),
  ...receiptRules(watched),
  ...fundingRules(watched),
  ...deviationRules(watched),
  ...engineRules(),
  ...doorRules(watched),
});

const highest = (service: ServiceMetricProps['service'], name: string): IMetric =>
  serviceMetric({ name, service, statistic: 'Maximum' });
const sum = (service: ServiceMetricProps['service'], name: string): IMetric =>
  serviceMetric({ name, service, statistic: 'Sum' });
const errorsOf = (lambda: IFunction): IMetric => lambda.metricErrors({ period: MINUTE });
/** Rings as soon as there is one. */
const ringsAtOne = (metric: IMetric, runbook: string): AlarmRule => ({ metric, threshold: 1, runbook });

function projectionRules({ messaging, functions }: Watched): Rules {
  const runbook = 'read-tables-stopped';
  return {
    DeadCommands: ringsAtOne(depth(messaging.deadCommands), 'dead-letters'),
    DeadProjections: ringsAtOne(depth(messaging.deadProjections), runbook),
    DeadDispatches: ringsAtOne(depth(functions.deadDispatches), runbook),
    ProjectionAge: { metric: age(messaging.projections), threshold: 120, runbook },
    ProjectorErrors: { ...ringsAtOne(errorsOf(functions.projector.lambda), runbook), minutes: 5 },
  };
}

function receiptRules({ messaging, functions }: Watched): Rules {
  const runbook = 'receipts-stopped';
  return {
    DeadReceipts: ringsAtOne(depth(messaging.deadReceipts), runbook),
    ReceiptsAge: { metric: age(messaging.receipts), threshold: 300, runbook },
    ReceiptsErrors: { ...ringsAtOne(errorsOf(functions.receipts.lambda), runbook), minutes: 5 },
  };
}

function fundingRules({ functions }: Watched): Rules {
  const mirror = 'funding-is-not-what-the-venue-booked';
  return {
    DeadFunding: ringsAtOne(depth(functions.deadFunding), 'funding-run-failed'),
    FundingErrors: ringsAtOne(errorsOf(functions.funding.lambda), 'funding-run-failed'),
    FundingMirror: ringsAtOne(highest('funding', 'funding.mirrorAlert'), mirror),
    FundingMirrorCritical: ringsAtOne(highest('funding', 'funding.mirrorCritical'), mirror),
  };
}

function deviationRules({ functions }: Watched): Rules {
  const failed = 'comparison-of-books-failed';
  return {
    DeadDeviation: ringsAtOne(depth(functions.deadDeviation), failed),
    DeviationErrors: ringsAtOne(errorsOf(functions.deviation.lambda), failed),
    DeviationBehind: { metric: highest('deviation', 'deviation.behindMs'), threshold: 1_800_000, runbook: failed },
    DeviationAlert: ringsAtOne(highest('deviation', 'deviation.alert'), 'deviation'),
    DeviationCritical: ringsAtOne(highest('deviation', 'deviation.p0'), 'deviation'),
    DeviationDayReview: ringsAtOne(highest('deviation', 'deviation.dayReview'), 'deviation'),
    DeviationDayCritical: ringsAtOne(highest('deviation', 'deviation.dayP0'), 'deviation'),
  };
}

function engineRules(): Rules {
  const runbook = 'liquidations';
  return {
    JournalUndecided: { metric: sum('engine', 'journal.undecided'), threshold: 10, runbook: 'journal-appends-fail' },
    ShardFailed: ringsAtOne(sum('engine', 'shard.failed'), 'shard-stopped'),
    // The beats themselves never ring; that they end does.
    LiquidationSilent: {
      metric: sum('engine', 'liquidation.heartbeat'),
      threshold: 1_000_000_000,
      minutes: 2,
      onSilence: 'ring',
      runbook,
    },
    LiquidationSkipped: ringsAtOne(highest('engine', 'liquidation.skipped'), runbook),
    LiquidationTakeover: ringsAtOne(highest('engine', 'liquidation.takeover'), runbook),
    LiquidationStopped: ringsAtOne(highest('engine', 'liquidation.stopped'), runbook),
    OldestPending: {
      metric: highest('engine', 'venue.pendingAgeMs'),
      threshold: 60_000,
      runbook: 'pending-venue-orders',
    },
  };
}

function doorRules({ services, api }: Watched): Rules {
  return {
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
