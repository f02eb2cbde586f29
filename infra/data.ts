import { Stack, type StackProps } from 'aws-cdk-lib';
import { ProjectionType, type ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { SnapshotBucket } from './constructs/snapshot-bucket.ts';
import { number, StatefulTable, string, type StatefulTableProps } from './constructs/table.ts';

export interface DataStackProps extends StackProps {
  readonly dataKey: IKey;
}

/** History that the projector writes and anybody may rebuild from the journal. */
export type ReadTableName =
  | 'wallets'
  | 'balance_logs'
  | 'balance_samples'
  | 'orders'
  | 'positions'
  | 'fills'
  | 'liquidations'
  | 'funding_settlements';

type TableShape = Omit<StatefulTableProps, 'encryptionKey'>;

/** Keys as in the data dictionary. */
const READ_TABLES: Readonly<Record<ReadTableName, TableShape>> = {
  wallets: { partition: string('user_id') },
  balance_logs: {
    partition: string('user_id'),
    sort: number('seq'),
    indexes: [
      { indexName: 'by_time', partitionKey: string('user_id'), sortKey: number('created_at') },
      // Only deposits, withdrawals and adjustments have the attribute: few rows among very many.
      { indexName: 'by_external', partitionKey: string('user_id'), sortKey: number('external_at') },
    ],
  },
  balance_samples: { partition: string('user_id'), sort: number('sampled_at') },
  orders: {
    partition: string('id'),
    indexes: [
      { indexName: 'by_user', partitionKey: string('user_id'), sortKey: number('placed_at') },
      { indexName: 'by_status', partitionKey: string('status'), sortKey: number('placed_at') },
    ],
  },
  positions: {
    partition: string('id'),
    indexes: [{ indexName: 'by_user', partitionKey: string('user_id'), sortKey: number('opened_at') }],
  },
  fills: {
    partition: string('id'),
    indexes: [
      { indexName: 'by_order', partitionKey: string('order_id'), sortKey: number('filled_at') },
      { indexName: 'by_user', partitionKey: string('user_id'), sortKey: number('filled_at') },
      // Executions at the venue alone, whoever's they are, in a few lists by the venue's time.
      { indexName: 'by_venue', partitionKey: number('venue_bucket'), sortKey: number('filled_at') },
    ],
  },
  liquidations: {
    partition: string('id'),
    indexes: [{ indexName: 'by_user', partitionKey: string('user_id'), sortKey: number('liquidated_at') }],
  },
  funding_settlements: {
    partition: string('id'),
    indexes: [
      { indexName: 'by_user', partitionKey: string('user_id'), sortKey: number('settled_at') },
      {
        indexName: 'by_hour',
        partitionKey: number('hour'),
        sortKey: string('symbol'),
        // What the mirror of an hour is summed from.
        projectionType: ProjectionType.INCLUDE,
        nonKeyAttributes: ['payment', 'route'],
      },
    ],
  },
};

/** Everything that must survive: the journal first. Construct ids here never change. */
export class DataStack extends Stack {
  readonly journal: ITableV2;
  readonly leases: ITableV2;
  readonly checkpoints: ITableV2;
  readonly identities: ITableV2;
  readonly routingConfig: ITableV2;
  readonly routingModeLogs: ITableV2;
  /** Signed receipts of fills, written once each. */
  readonly receipts: ITableV2;
  /** Where the venue's figures of a position differ from ours; `resolved_at` closes a row. */
  readonly deviationLogs: ITableV2;
  readonly readTables: Readonly<Record<ReadTableName, ITableV2>>;
  readonly snapshots: IBucket;
  private readonly dataKey: IKey;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    this.dataKey = props.dataKey;
    this.journal = this.table('Journal', { partition: string('pk'), sort: number('sk'), hasStream: true });
    this.leases = this.table('Leases', { partition: string('resource') });
    this.checkpoints = this.table('Checkpoints', { partition: string('consumer'), sort: number('shard') });
    this.identities = this.table('Identities', { partition: string('alias') });
    this.routingConfig = this.table('RoutingConfig', { partition: string('symbol'), sort: number('version') });
    this.routingModeLogs = this.table('RoutingModeLogs', { partition: string('id') });
    this.receipts = this.table('Receipts', {
      partition: string('id'),
      indexes: [
        {
          indexName: 'by_user',
          partitionKey: string('user_id'),
          sortKey: number('filled_at'),
          // Which trades a user has; a receipt itself is read by its trade.
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
    this.deviationLogs = this.table('DeviationLogs', {
      partition: string('id'),
      indexes: [
        { indexName: 'by_symbol', partitionKey: string('symbol'), sortKey: number('created_at') },
        { indexName: 'by_status', partitionKey: string('status'), sortKey: number('created_at') },
      ],
    });
    this.readTables = {
      wallets: this.table('Wallets', READ_TABLES.wallets),
      balance_logs: this.table('BalanceLogs', READ_TABLES.balance_logs),
      orders: this.table('Orders', READ_TABLES.orders),
      positions: this.table('Positions', READ_TABLES.positions),
      fills: this.table('Fills', READ_TABLES.fills),
      balance_samples: this.table('BalanceSamples', READ_TABLES.balance_samples),
      liquidations: this.table('Liquidations', READ_TABLES.liquidations),
      funding_settlements: this.table('FundingSettlements', READ_TABLES.funding_settlements),
    };
    this.snapshots = new SnapshotBucket(this, 'Snapshots', { encryptionKey: this.dataKey });
  }

  private table(id: string, shape: TableShape): ITableV2 {
    return new StatefulTable(this, id, { ...shape, encryptionKey: this.dataKey });
  }
}
