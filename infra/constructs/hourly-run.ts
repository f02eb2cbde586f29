import { Duration, Stack } from 'aws-cdk-lib';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface HourlyRunProps {
  readonly target: IFunction;
  /** Minutes of each hour at which it runs (the scheduler is exact to a minute). */
  readonly minutes: readonly number[];
  /** What the function gets; may hold tokens. */
  readonly input: unknown;
  /** Runs that could not be started. */
  readonly dead: IQueue;
}

/** Runs that could not be started are tried again for so long, then set aside: the next run does their work, too. */
const AGE_MAX = Duration.minutes(30);
const ATTEMPTS = 5;

/** A function that runs some minutes past every hour (UTC); a run that could not be started is set aside. */
export class HourlyRun extends Construct {
  constructor(scope: Construct, id: string, { target, minutes, input, dead }: HourlyRunProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    Grant.addToPrincipal({
      grantee: role,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [target.functionArn],
    }).assertSuccess();
    dead.grantSendMessages(role);
    new CfnSchedule(this, 'Schedule', {
      scheduleExpression: `cron(${minutes.join(',')} * * * ? *)`,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: target.functionArn,
        roleArn: role.roleArn,
        input: Stack.of(this).toJsonString(input),
        deadLetterConfig: { arn: dead.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: AGE_MAX.toSeconds(), maximumRetryAttempts: ATTEMPTS },
      },
    });
  }
}
