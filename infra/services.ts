import { Stack, type StackProps } from 'aws-cdk-lib';
import { Cluster, ContainerInsights, type ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
import { EngineRole } from './constructs/engine-role.ts';
import { FargateRole, type FargateRoleProps } from './constructs/fargate-role.ts';
import { grantDataKey, grantIndex, grantTable } from './constructs/grants.ts';
import { PrivateBalancer } from './constructs/private-balancer.ts';
import type { DataStack } from './data.ts';
import type { KeysStack } from './keys.ts';
import type { MessagingStack } from './messaging.ts';
import type { NetworkStack } from './network.ts';

export interface ServicesStackProps extends StackProps {
  readonly config: StageConfig;
  readonly image: ContainerImage;
  readonly keys: KeysStack;
  readonly data: DataStack;
  readonly messaging: MessagingStack;
  readonly network: NetworkStack;
}

type Common = Pick<FargateRoleProps, 'cluster' | 'config' | 'image' | 'securityGroup'>;

const PORTS = { marketData: 7000, engine: 7001, gateway: 8080 } as const;
/** Private names of the services end so. */
const NAMESPACE = 'perps.internal';
const MARKET_DATA_URL = `ws://market-data.${NAMESPACE}:${PORTS.marketData}/rpc`;

/** The long-lived processes. They hold no state of their own: everything comes back from the journal. */
export class ServicesStack extends Stack {
  readonly marketData: FargateRole;
  readonly engine: FargateRole;
  readonly gateway: FargateRole;
  readonly balancer: PrivateBalancer;

  constructor(scope: Construct, id: string, props: ServicesStackProps) {
    super(scope, id, props);
    const { config, image, network } = props;
    const cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
      defaultCloudMapNamespace: { name: NAMESPACE },
    });
    const common = { cluster, config, image, securityGroup: network.services };
    this.marketData = new FargateRole(this, 'MarketData', {
      ...common,
      role: 'market-data',
      size: config.tasks.marketData,
      port: PORTS.marketData,
      environment: venueOf(config),
    });
    this.engine = new EngineRole(this, 'Engine', {
      ...common,
      ...props,
      port: PORTS.engine,
      environment: { ...venueOf(config), MARKET_DATA_URL },
    });
    this.gateway = this.gateways(common, props);
    this.balancer = new PrivateBalancer(this, 'Balancer', {
      network,
      target: this.gateway.service,
      port: PORTS.gateway,
    });
  }

  private gateways(common: Common, { config, keys, data }: ServicesStackProps): FargateRole {
    const gateway = new FargateRole(this, 'Gateway', {
      ...common,
      role: 'gateway',
      size: config.tasks.gateway,
      port: PORTS.gateway,
      environment: {
        MARKET_DATA_URL,
        LEASES_TABLE: data.leases.tableName,
        IDENTITIES_TABLE: data.identities.tableName,
        RECEIPTS_TABLE: data.receipts.tableName,
        RECEIPT_KEY_ID: keys.receipts.keyId,
        BALANCE_LOGS_TABLE: data.readTables.balance_logs.tableName,
        BALANCE_SAMPLES_TABLE: data.readTables.balance_samples.tableName,
        FILLS_TABLE: data.readTables.fills.tableName,
        LIQUIDATIONS_TABLE: data.readTables.liquidations.tableName,
        FUNDING_SETTLEMENTS_TABLE: data.readTables.funding_settlements.tableName,
        SHARD_COUNT: String(config.shardCount),
        SIGNING_NETWORK: config.signingNetwork,
        VENUE_URL: config.venue.url,
        TRUST_PROXY: 'true',
        DISCLOSE_ROUTE: 'false',
      },
    });
    grantTable(data.leases, gateway, ['dynamodb:GetItem']);
    grantTable(data.identities, gateway, ['dynamodb:GetItem', 'dynamodb:PutItem']);
    grantTable(data.receipts, gateway, ['dynamodb:GetItem']);
    keys.receipts.grant(gateway, 'kms:GetPublicKey');
    grantHistory(data, gateway);
    grantDataKey(keys.data, gateway);
    return gateway;
  }
}

/** An account's history by time: it reads, it never writes. */
function grantHistory({ readTables }: DataStack, gateway: FargateRole): void {
  grantTable(readTables.balance_samples, gateway, ['dynamodb:Query']);
  for (const index of ['by_time', 'by_external']) grantIndex(readTables.balance_logs, gateway, index);
  for (const table of ['fills', 'liquidations', 'funding_settlements'] as const) {
    grantIndex(readTables[table], gateway, 'by_user');
  }
}

const venueOf = ({ venue }: StageConfig): Readonly<Record<string, string>> => ({
  VENUE_URL: venue.url,
  VENUE_WS_URL: venue.wsUrl,
  VENUE_NETWORK: venue.network,
});
