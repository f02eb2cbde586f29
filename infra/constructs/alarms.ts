import { Alarm, ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface AlarmRule {
  readonly metric: IMetric;
  /** Rings at this value and above. */
  readonly threshold: number;
  /** Minutes in a row. */
  readonly minutes?: number;
  /** What no data means: silence of a metric that must be there is itself a fault. */
  readonly onSilence?: 'ring' | 'ignore';
  /** Heading of the runbook in `docs/runbook.md` that says what to do. */
  readonly runbook: string;
}

export interface AlarmsProps {
  readonly topic: ITopic;
  /** By alarm name. */
  readonly rules: Readonly<Record<string, AlarmRule>>;
}

/** Alarms as one table: name, metric, threshold, and the page that says what to do. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { topic, rules }: AlarmsProps) {
    super(scope, id);
    for (const [name, rule] of Object.entries(rules)) {
      new Alarm(this, name, {
        metric: rule.metric,
        threshold: rule.threshold,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: rule.minutes ?? 1,
        treatMissingData: rule.onSilence === 'ring' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
        alarmDescription: `docs/runbook.md#${rule.runbook}`,
      }).addAlarmAction(new SnsAction(topic));
    }
  }
}
