import { Duration, Fn, RemovalPolicy, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption, type IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
import { grantDataKey, grantIndex, grantTable } from './constructs/grants.ts';
import { HourlyRun } from './constructs/hourly-run.ts';
import { ServiceFunction } from './constructs/service-function.ts';
import type { DataStack } from './data.ts';
import type { KeysStack } from './keys.ts';
import type { MessagingStack } from './messaging.ts';

export interface FunctionsStackProps extends StackProps {
  readonly config: StageConfig;
  readonly keys: KeysStack;
  readonly data: DataStack;
  readonly messaging: MessagingStack;
}

/** Stream records at once; several of one shard become one notice. */
const STREAM_BATCH = 100;
/** FIFO queues give a function ten messages at most. */
const QUEUE_BATCH = 10;
const ATTEMPTS = 10;
/** A function's environment takes 4 KB. */
const QUEUES_IN_ENVIRONMENT = 16;
/** Rates are out seconds after the hour; the second run takes what the first one missed. */
const FUNDING_MINUTES = [1, 6];
/** Books are compared up to every fifth minute; the fills of its last one have settled by then. */
const DEVIATION_MINUTES = Array.from({ length: 12 }, (_, index) => index * 5 + 2);

/** Lambdas that react to the journal and remember only how far they came: safe to delete and deploy again. */
export class FunctionsStack extends Stack {
  readonly dispatcher: ServiceFunction;
  readonly projector: ServiceFunction;
  readonly receipts: ServiceFunction;
  readonly funding: ServiceFunction;
  readonly deviation: ServiceFunction;
  /** Stream records the dispatcher gave up on. */
  readonly deadDispatches: IQueue;
  /** Funding runs that could not be started. */
  readonly deadFunding: IQueue;
  /** Comparisons of books that could not be started. */
  readonly deadDeviation: IQueue;

  constructor(scope: Construct, id: string, props: FunctionsStackProps) {
    super(scope, id, props);
    this.deadDispatches = this.deadQueue('DeadDispatches');
    this.deadFunding = this.deadQueue('DeadFunding');
    this.deadDeviation = this.deadQueue('DeadDeviation');
    this.dispatcher = this.createDispatcher(props);
    this.projector = this.createProjector(props);
    this.receipts = this.createReceipts(props);
    this.funding = this.createFunding(props);
    new HourlyRun(this, 'FundingHours', {
      target: this.funding.lambda,
      minutes: FUNDING_MINUTES,
      input: { queueUrls: props.messaging.commands.map((queue) => queue.queueUrl) },
      dead: this.deadFunding,
    });
    this.deviation = this.createDeviation(props);
    new HourlyRun(this, 'DeviationRuns', {
      target: this.deviation.lambda,
      minutes: DEVIATION_MINUTES,
      input: { queueUrls: props.messaging.commands.map((queue) => queue.queueUrl) },
      dead: this.deadDeviation,
    });
  }

  /** For what sources outside of SQS give up; the rule sees redrives of queues only. */
  private deadQueue(id: string): IQueue {
    const queue = new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'It is the dead-letter queue of a stream mapping or schedule, which the rule does not see. Owner: platform.',
    });
    return queue;
  }

  private createDispatcher({ config, keys, data, messaging }: FunctionsStackProps): ServiceFunction {
    const dispatcher = new ServiceFunction(this, 'Dispatcher', {
      config,
      name: 'dispatcher',
      environment: {
        PROJECTIONS_QUEUE_URL: messaging.projections.queueUrl,
        RECEIPTS_QUEUE_URL: messaging.receipts.queueUrl,
      },
    });
    for (const queue of [messaging.projections, messaging.receipts]) queue.grantSendMessages(dispatcher.lambda);
    grantDataKey(keys.data, dispatcher.lambda);
    dispatcher.lambda.addEventSource(
      new DynamoEventSource(data.journal, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: STREAM_BATCH,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        retryAttempts: ATTEMPTS,
        onFailure: new SqsDlq(this.deadDispatches),
      }),
    );
    return dispatcher;
  }

  private createProjector({ config, keys, data, messaging }: FunctionsStackProps): ServiceFunction {
    const { wallets, ...histories } = data.readTables;
    const projector = new ServiceFunction(this, 'Projector', {
      config,
      name: 'projector',
      memoryMiB: 1024,
      timeout: Duration.minutes(1),
      environment: {
        JOURNAL_TABLE: data.journal.tableName,
        CHECKPOINTS_TABLE: data.checkpoints.tableName,
        WALLETS_TABLE: wallets.tableName,
        BALANCE_LOGS_TABLE: histories.balance_logs.tableName,
        BALANCE_SAMPLES_TABLE: histories.balance_samples.tableName,
        ORDERS_TABLE: histories.orders.tableName,
        POSITIONS_TABLE: histories.positions.tableName,
        FILLS_TABLE: histories.fills.tableName,
        LIQUIDATIONS_TABLE: histories.liquidations.tableName,
        FUNDING_SETTLEMENTS_TABLE: histories.funding_settlements.tableName,
      },
    });
    grantTable(data.journal, projector.lambda, ['dynamodb:Query']);
    grantTable(data.checkpoints, projector.lambda, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']);
    grantTable(wallets, projector.lambda, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    for (const table of Object.values(histories)) {
      grantTable(table, projector.lambda, ['dynamodb:UpdateItem']);
    }
    grantDataKey(keys.data, projector.lambda);
    projector.lambda.addEventSource(
      new SqsEventSource(messaging.projections, { batchSize: QUEUE_BATCH, reportBatchItemFailures: true }),
    );
    return projector;
  }

  private createReceipts({ config, keys, data, messaging }: FunctionsStackProps): ServiceFunction {
    const receipts = new ServiceFunction(this, 'Receipts', {
      config,
      name: 'receipts',
      memoryMiB: 1024,
      timeout: Duration.minutes(1),
      environment: {
        JOURNAL_TABLE: data.journal.tableName,
        CHECKPOINTS_TABLE: data.checkpoints.tableName,
        RECEIPTS_TABLE: data.receipts.tableName,
        RECEIPT_KEY_ID: keys.receipts.keyId,
      },
    });
    grantTable(data.journal, receipts.lambda, ['dynamodb:Query']);
    grantTable(data.checkpoints, receipts.lambda, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    // Written once and never changed: there is no update and no delete.
    grantTable(data.receipts, receipts.lambda, ['dynamodb:PutItem']);
    grantDataKey(keys.data, receipts.lambda);
    keys.receipts.grant(receipts.lambda, 'kms:Sign', 'kms:GetPublicKey');
    receipts.lambda.addEventSource(
      new SqsEventSource(messaging.receipts, { batchSize: QUEUE_BATCH, reportBatchItemFailures: true }),
    );
    return receipts;
  }

  private createFunding({ config, keys, data, messaging }: FunctionsStackProps): ServiceFunction {
    const settlements = data.readTables.funding_settlements;
    const queueUrls = messaging.commands.map((queue) => queue.queueUrl);
    const funding = new ServiceFunction(this, 'Funding', {
      config,
      name: 'funding',
      timeout: Duration.minutes(2),
      environment: {
        VENUE_URL: config.venue.url,
        HL_TRADING_ACCOUNT: config.hlTradingAccount,
        FUNDING_SYMBOLS: config.internalisedSymbols.join(','),
        FUNDING_SETTLEMENTS_TABLE: settlements.tableName,
        ...(queueUrls.length <= QUEUES_IN_ENVIRONMENT ? { COMMAND_QUEUE_URLS: Fn.join(',', [...queueUrls]) } : {}),
      },
    });
    for (const queue of messaging.commands) queue.grantSendMessages(funding.lambda);
    grantIndex(settlements, funding.lambda, 'by_hour');
    grantDataKey(keys.data, funding.lambda);
    return funding;
  }

  private createDeviation({ config, keys, data, messaging }: FunctionsStackProps): ServiceFunction {
    const { fills, funding_settlements: settlements } = data.readTables;
    const queueUrls = messaging.commands.map((queue) => queue.queueUrl);
    const deviation = new ServiceFunction(this, 'Deviation', {
      config,
      name: 'deviation',
      timeout: Duration.minutes(2),
      environment: {
        VENUE_URL: config.venue.url,
        HL_TRADING_ACCOUNT: config.hlTradingAccount,
        JOURNAL_TABLE: data.journal.tableName,
        CHECKPOINTS_TABLE: data.checkpoints.tableName,
        DEVIATION_LOGS_TABLE: data.deviationLogs.tableName,
        FILLS_TABLE: fills.tableName,
        FUNDING_SETTLEMENTS_TABLE: settlements.tableName,
        ...(queueUrls.length <= QUEUES_IN_ENVIRONMENT ? { COMMAND_QUEUE_URLS: Fn.join(',', [...queueUrls]) } : {}),
      },
    });
    for (const queue of messaging.commands) queue.grantSendMessages(deviation.lambda);
    grantTable(data.journal, deviation.lambda, ['dynamodb:Query']);
    grantIndex(fills, deviation.lambda, 'by_venue');
    grantIndex(settlements, deviation.lambda, 'by_hour');
    for (const index of ['by_status', 'by_symbol']) grantIndex(data.deviationLogs, deviation.lambda, index);
    grantTable(data.deviationLogs, deviation.lambda, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']);
    grantTable(data.checkpoints, deviation.lambda, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    grantDataKey(keys.data, deviation.lambda);
    return deviation;
  }
}
