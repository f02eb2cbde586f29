import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption, type IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
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

const ROW_ACTIONS = ['dynamodb:UpdateItem'];

/** Lambdas that react to the journal and remember nothing but how far they came: safe to delete and deploy again. */
export class FunctionsStack extends Stack {
  readonly dispatcher: ServiceFunction;
  readonly projector: ServiceFunction;
  /** Stream records the dispatcher gave up on. */
  readonly deadDispatches: IQueue;

  constructor(scope: Construct, id: string, props: FunctionsStackProps) {
    super(scope, id, props);
    const { config, keys, data, messaging } = props;

    this.deadDispatches = new Queue(this, 'DeadDispatches', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.RETAIN,
    });

    this.dispatcher = new ServiceFunction(this, 'Dispatcher', {
      config,
      name: 'dispatcher',
      environment: { PROJECTIONS_QUEUE_URL: messaging.projections.queueUrl },
    });
    messaging.projections.grantSendMessages(this.dispatcher.lambda);
    this.dispatcher.lambda.addEventSource(
      new DynamoEventSource(data.journal, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: STREAM_BATCH,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        retryAttempts: ATTEMPTS,
        onFailure: new SqsDlq(this.deadDispatches),
      }),
    );

    this.projector = new ServiceFunction(this, 'Projector', {
      config,
      name: 'projector',
      memoryMiB: 1024,
      timeout: Duration.minutes(1),
      environment: {
        JOURNAL_TABLE: data.journal.tableName,
        CHECKPOINTS_TABLE: data.checkpoints.tableName,
        WALLETS_TABLE: data.readTables.wallets.tableName,
        BALANCE_LOGS_TABLE: data.readTables.balance_logs.tableName,
        ORDERS_TABLE: data.readTables.orders.tableName,
        POSITIONS_TABLE: data.readTables.positions.tableName,
        FILLS_TABLE: data.readTables.fills.tableName,
      },
    });
    data.journal.grant(this.projector.lambda, 'dynamodb:Query');
    data.checkpoints.grant(this.projector.lambda, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    for (const table of Object.values(data.readTables)) table.grant(this.projector.lambda, ...ROW_ACTIONS);
    data.readTables.wallets.grant(this.projector.lambda, 'dynamodb:GetItem');
    keys.data.grantEncryptDecrypt(this.projector.lambda);
    this.projector.lambda.addEventSource(
      new SqsEventSource(messaging.projections, { batchSize: QUEUE_BATCH, reportBatchItemFailures: true }),
    );
  }
}
