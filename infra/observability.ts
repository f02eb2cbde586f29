import { Stack, type StackProps } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { alarmRules, type Watched } from './alarm-rules.ts';
import type { StageConfig } from './config.ts';
import { Alarms } from './constructs/alarms.ts';
import { Overview } from './constructs/overview.ts';

export interface ObservabilityStackProps extends StackProps, Watched {
  readonly config: StageConfig;
}

/** One dashboard and the alarms; each alarm names its runbook line. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    if (props.config.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(props.config.alarmEmail));
    new Alarms(this, 'Alarms', { topic, rules: alarmRules(props) });
    new Overview(this, 'Dashboard', props);
  }
}
