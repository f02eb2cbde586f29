import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption, type IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface MessagingStackProps extends StackProps {
  readonly shardCount: number;
}

/** Attempts before a message is set aside for a person. */
const ATTEMPTS = 10;
/** An engine holds a command so long at most without saying that it still works on it. */
const COMMAND_VISIBILITY = Duration.seconds(5);
/** Six times the time-out of the functions that follow the journal, as Lambda asks. */
const PROJECTION_VISIBILITY = Duration.minutes(6);

/**
 * A notice finds more records than the one it is about, and those that follow find nothing left: one signature per shard
 * and so many seconds. KMS signs some hundred times a second for the whole account, and orders come first.
 */
const RECEIPT_DELAY = Duration.seconds(2);

/** Queues between the parts: commands to each shard, notices to those who follow the journal. */
export class MessagingStack extends Stack {
  /** By shard. */
  readonly commands: readonly IQueue[];
  readonly projections: IQueue;
  readonly deadCommands: IQueue;
  readonly deadProjections: IQueue;
  readonly receipts: IQueue;
  readonly deadReceipts: IQueue;

  constructor(scope: Construct, id: string, props: MessagingStackProps) {
    super(scope, id, props);
    // One for all shards: a redrive returns each message to the queue it came from.
    this.deadCommands = this.fifo('DeadCommands', { retentionPeriod: Duration.days(14) });
    this.deadProjections = this.fifo('DeadProjections', { retentionPeriod: Duration.days(14) });
    this.commands = Array.from({ length: props.shardCount }, (_, shard) =>
      this.fifo(`Commands-${shard}`, {
        visibilityTimeout: COMMAND_VISIBILITY,
        deadLetterQueue: { queue: this.deadCommands, maxReceiveCount: ATTEMPTS },
      }),
    );
    this.projections = this.fifo('Projections', {
      visibilityTimeout: PROJECTION_VISIBILITY,
      deadLetterQueue: { queue: this.deadProjections, maxReceiveCount: ATTEMPTS },
    });
    this.deadReceipts = this.fifo('DeadReceipts', { retentionPeriod: Duration.days(14) });
    this.receipts = this.fifo('Receipts', {
      deliveryDelay: RECEIPT_DELAY,
      visibilityTimeout: PROJECTION_VISIBILITY,
      deadLetterQueue: { queue: this.deadReceipts, maxReceiveCount: ATTEMPTS },
    });
  }

  /** High-throughput FIFO: order and deduplication hold within a message group only. */
  private fifo(id: string, props: ConstructorParameters<typeof Queue>[2]): IQueue {
    return new Queue(this, id, {
      fifo: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...props,
    });
  }
}
