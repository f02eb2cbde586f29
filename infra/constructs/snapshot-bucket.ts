import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface SnapshotBucketProps {
  readonly encryptionKey: IKey;
}

/** Snapshots are caches of the journal: kept for 35 days (as far back as point-in-time recovery), then gone. */
const SNAPSHOT_DAYS = 35;
const LOG_DAYS = 90;

/** A versioned, encrypted, private bucket and the bucket of its access logs. */
export class SnapshotBucket extends Bucket {
  constructor(scope: Construct, id: string, props: SnapshotBucketProps) {
    const common = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      versioned: true,
    };
    const accessLogs = new Bucket(scope, `${id}AccessLogs`, {
      ...common,
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ expiration: Duration.days(LOG_DAYS), noncurrentVersionExpiration: Duration.days(1) }],
    });
    super(scope, id, {
      ...common,
      encryption: BucketEncryption.KMS,
      encryptionKey: props.encryptionKey,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: accessLogs,
      lifecycleRules: [
        {
          expiration: Duration.days(SNAPSHOT_DAYS),
          noncurrentVersionExpiration: Duration.days(7),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
  }
}
