import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** Exactly these actions on the table itself: the library's own grants add every index and wildcard actions. */
export const grantTable = (table: ITableV2, grantee: IGrantable, actions: readonly `dynamodb:${string}`[]): void =>
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [table.tableArn] }).assertSuccess();

/** Reading of one index of the table, and nothing else of it. */
export const grantIndex = (table: ITableV2, grantee: IGrantable, indexName: string): void =>
  Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:Query'],
    resourceArns: [`${table.tableArn}/index/${indexName}`],
  }).assertSuccess();

/** What the users of encrypted tables and buckets need of the key; never more than use. */
export const grantDataKey = (key: IKey, grantee: IGrantable): void =>
  key
    .grant(
      grantee,
      'kms:Decrypt',
      'kms:Encrypt',
      'kms:DescribeKey',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    )
    .assertSuccess();

/** Decryption of agent keys of one venue account, and of nothing else under this key: the context is part of the right. */
export const grantAgentSeal = (key: IKey, grantee: IGrantable, account: string): void =>
  Grant.addToPrincipal({
    grantee,
    actions: ['kms:Decrypt'],
    resourceArns: [key.keyArn],
    conditions: {
      StringEquals: {
        'kms:EncryptionContext:purpose': 'hl-agent-key',
        'kms:EncryptionContext:account': account.toLowerCase(),
      },
    },
  }).assertSuccess();

/** Write, read and list snapshots; deleting is the bucket's life-cycle alone. */
export function grantSnapshots(bucket: IBucket, grantee: IGrantable): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
    resourceArns: [bucket.arnForObjects('snapshots/*')],
  }).assertSuccess();
  Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [bucket.bucketArn] }).assertSuccess();
}
