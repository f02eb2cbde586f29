import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
  type Attribute,
  type GlobalSecondaryIndexPropsV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

export interface StatefulTableProps {
  readonly partition: Attribute;
  readonly sort?: Attribute;
  readonly indexes?: readonly GlobalSecondaryIndexPropsV2[];
  readonly encryptionKey: IKey;
  /** New images to a stream (two readers at most). */
  readonly hasStream?: boolean;
}

export const string = (name: string): Attribute => ({ name, type: AttributeType.STRING });
export const number = (name: string): Attribute => ({ name, type: AttributeType.NUMBER });

/** A table as this house keeps them: on demand, own key, point-in-time recovery, safe from deletion. */
export class StatefulTable extends TableV2 {
  constructor(scope: Construct, id: string, props: StatefulTableProps) {
    super(scope, id, {
      partitionKey: props.partition,
      ...(props.sort === undefined ? {} : { sortKey: props.sort }),
      ...(props.indexes === undefined ? {} : { globalSecondaryIndexes: [...props.indexes] }),
      ...(props.hasStream === true ? { dynamoStream: StreamViewType.NEW_IMAGE } : {}),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.customerManagedKey(props.encryptionKey),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
