import { beforeAll, describe, expect, it } from '@jest/globals';
import { synthesize, type System } from './templates.ts';

const TABLE = 'AWS::DynamoDB::GlobalTable';
let system: System;

beforeAll(async () => {
  system = await synthesize('local');
});

/** Logical id without the library's hash: table → [partition key, sort key]. */
const KEYS = {
  Journal: ['pk', 'sk'],
  Leases: ['resource'],
  Checkpoints: ['consumer', 'shard'],
  Identities: ['alias'],
  RoutingConfig: ['symbol', 'version'],
  RoutingModeLogs: ['id'],
  Wallets: ['user_id'],
  BalanceLogs: ['user_id', 'seq'],
  Orders: ['id'],
  Positions: ['id'],
  Fills: ['id'],
  Receipts: ['id'],
  BalanceSamples: ['user_id', 'sampled_at'],
  Liquidations: ['id'],
  FundingSettlements: ['id'],
  DeviationLogs: ['id'],
};

const INDEXES = {
  Orders: { by_user: ['user_id', 'placed_at'], by_status: ['status', 'placed_at'] },
  Positions: { by_user: ['user_id', 'opened_at'] },
  Fills: {
    by_order: ['order_id', 'filled_at'],
    by_user: ['user_id', 'filled_at'],
    by_venue: ['venue_bucket', 'filled_at'],
  },
  BalanceLogs: { by_time: ['user_id', 'created_at'], by_external: ['user_id', 'external_at'] },
  Liquidations: { by_user: ['user_id', 'liquidated_at'] },
  FundingSettlements: { by_user: ['user_id', 'settled_at'], by_hour: ['hour', 'symbol'] },
  DeviationLogs: { by_symbol: ['symbol', 'created_at'], by_status: ['status', 'created_at'] },
  Receipts: { by_user: ['user_id', 'filled_at'] },
};

const namesOf = (schema: unknown): unknown =>
  Array.isArray(schema) ? schema.map(({ AttributeName }) => AttributeName) : schema;

describe('tables', () => {
  it.each(Object.entries(KEYS))('%s has its keys, recovery and protection', (name, keys) => {
    const table = system.named(TABLE, name);
    expect(namesOf(table.Properties['KeySchema'])).toEqual(keys);
    expect(table.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [
        {
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          DeletionProtectionEnabled: true,
        },
      ],
    });
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('are all named here', () => {
    expect(system.ofType(TABLE)).toHaveLength(Object.keys(KEYS).length);
    expect(system.ofType('AWS::DynamoDB::Table')).toEqual([]);
  });

  it.each(Object.entries(INDEXES))('%s has the indexes of the data dictionary', (name, indexes) => {
    const found = system.named(TABLE, name).Properties['GlobalSecondaryIndexes'];
    const byName = Array.isArray(found) ? found.map((one) => [one.IndexName, namesOf(one.KeySchema)]) : [];
    expect(Object.fromEntries(byName)).toEqual(indexes);
  });

  it('stream new images of the journal and of nothing else', () => {
    const streams = system.ofType(TABLE).filter(({ Properties }) => 'StreamSpecification' in Properties);
    expect(streams.map(({ Properties }) => Properties['StreamSpecification'])).toEqual([
      { StreamViewType: 'NEW_IMAGE' },
    ]);
    expect(streams[0]?.logicalId).toMatch(/^Journal/);
  });
});

describe('buckets', () => {
  it('are private, encrypted, kept, and refuse plain HTTP', () => {
    const buckets = system.ofType('AWS::S3::Bucket');
    expect(buckets.length).toBeGreaterThan(0);
    for (const bucket of buckets) {
      expect(bucket).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: {
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
          BucketEncryption: expect.anything(),
          LifecycleConfiguration: expect.anything(),
        },
      });
    }
    const policies = system.ofType('AWS::S3::BucketPolicy').map(({ Properties }) => JSON.stringify(Properties));
    expect(policies).toHaveLength(buckets.length);
    for (const policy of policies) {
      expect(policy).toContain('"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"');
    }
  });

  it('keep versions of snapshots', () => {
    const snapshots = system.ofType('AWS::S3::Bucket').filter(({ stack }) => stack.endsWith('-data'));
    expect(snapshots.map(({ Properties }) => Properties['VersioningConfiguration'])).toEqual(
      snapshots.map(() => ({ Status: 'Enabled' })),
    );
  });
});

describe('queues', () => {
  it('of commands are one FIFO per shard, with a place for what cannot be handled', () => {
    const commands = system.ofType('AWS::SQS::Queue').filter(({ logicalId }) => logicalId.startsWith('Commands'));
    expect(commands).toHaveLength(2);
    for (const { Properties } of commands) {
      expect(Properties).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        VisibilityTimeout: 5,
        RedrivePolicy: { maxReceiveCount: 10 },
      });
    }
  });

  it('of receipts holds notices back, so that one signature stands for the fills of some seconds', () => {
    expect(system.named('AWS::SQS::Queue', 'Receipts').Properties).toMatchObject({ FifoQueue: true, DelaySeconds: 2 });
  });

  it('all end in a dead-letter queue or are one, encrypted and closed to plain HTTP', () => {
    const queues = system.ofType('AWS::SQS::Queue');
    for (const { logicalId, Properties } of queues) {
      expect(logicalId.startsWith('Dead') || 'RedrivePolicy' in Properties).toBe(true);
      expect(Properties['SqsManagedSseEnabled']).toBe(true);
    }
    const policies = JSON.stringify(system.ofType('AWS::SQS::QueuePolicy'));
    for (const { logicalId } of queues) expect(policies).toContain(logicalId);
  });
});

describe('keys', () => {
  it('of agents sign on the chain curve, two slots for each venue account', () => {
    const agents = system.ofType('AWS::KMS::Key').filter(({ logicalId }) => logicalId.startsWith('Agenthl'));
    expect(agents).toHaveLength(4);
    for (const { Properties } of agents) {
      expect(Properties).toMatchObject({ KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY', MultiRegion: true });
    }
  });

  it('of receipts signs on the curve that browsers verify', () => {
    expect(system.named('AWS::KMS::Key', 'Receipts').Properties).toMatchObject({
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      MultiRegion: true,
    });
  });

  it('are never deleted with their stack, and the data key rotates', () => {
    for (const key of system.ofType('AWS::KMS::Key')) expect(key.DeletionPolicy).toBe('Retain');
    expect(system.named('AWS::KMS::Key', 'Data').Properties).toMatchObject({ EnableKeyRotation: true });
  });
});

it('protects the stacks that hold state', () => {
  expect(system.protectedStacks.toSorted()).toEqual(['perps-local-data', 'perps-local-keys', 'perps-local-messaging']);
});
