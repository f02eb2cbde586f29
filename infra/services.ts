import { Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import type { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
import { FargateRole } from './constructs/fargate-role.ts';
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

const PORTS = { marketData: 7000, engine: 7001, gateway: 8080 } as const;
/** Private names of the services end so. */
const NAMESPACE = 'perps.internal';

/** The owner puts and reads records; nobody updates or deletes one. */
const JOURNAL_ACTIONS = ['dynamodb:PutItem', 'dynamodb:Query'];
const LEASE_ACTIONS = ['dynamodb:GetItem', 'dynamodb:UpdateItem'];

/** The long-lived processes. They hold no state of their own: everything comes back from the journal. */
export class ServicesStack extends Stack {
  readonly engine: FargateRole;
  readonly gateway: FargateRole;
  readonly marketData: FargateRole;
  readonly balancer: PrivateBalancer;

  constructor(scope: Construct, id: string, props: ServicesStackProps) {
    super(scope, id, props);
    const { config, image, keys, data, messaging, network } = props;
    const cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
      defaultCloudMapNamespace: { name: NAMESPACE },
    });
    const common = { cluster, config, image, securityGroup: network.services };
    const venue = {
      VENUE_URL: config.venue.url,
      VENUE_WS_URL: config.venue.wsUrl,
      VENUE_NETWORK: config.venue.network,
    };
    const marketDataUrl = `ws://market-data.${NAMESPACE}:${PORTS.marketData}/rpc`;
    const agentKeys = keys.agents['hl-trading'];

    this.marketData = new FargateRole(this, 'MarketData', {
      ...common,
      role: 'market-data',
      size: config.tasks.marketData,
      port: PORTS.marketData,
      environment: venue,
    });

    this.engine = new FargateRole(this, 'Engine', {
      ...common,
      role: 'engine',
      size: config.tasks.engine,
      port: PORTS.engine,
      environment: {
        ...venue,
        JOURNAL_TABLE: data.journal.tableName,
        LEASES_TABLE: data.leases.tableName,
        SNAPSHOT_BUCKET: data.snapshots.bucketName,
        COMMAND_QUEUE_URLS: Fn.join(
          ',',
          messaging.commands.map((queue) => queue.queueUrl),
        ),
        SHARD_COUNT: String(config.shardCount),
        MARKET_DATA_URL: marketDataUrl,
        HL_TRADING_ACCOUNT: config.hlTradingAccount,
        HL_AGENT_KEY_IDS: Fn.join(
          ',',
          agentKeys.map((key) => key.keyId),
        ),
        // `{host}` is the task's own address, which only the process knows.
        ADVERTISED_URL: `ws://{host}:${PORTS.engine}/rpc`,
      },
    });
    data.journal.grant(this.engine, ...JOURNAL_ACTIONS);
    data.leases.grant(this.engine, ...LEASE_ACTIONS);
    data.snapshots.grantReadWrite(this.engine);
    for (const queue of messaging.commands) queue.grantConsumeMessages(this.engine);
    keys.data.grantEncryptDecrypt(this.engine);
    for (const key of agentKeys) key.grant(this.engine, 'kms:Sign', 'kms:GetPublicKey');

    this.gateway = new FargateRole(this, 'Gateway', {
      ...common,
      role: 'gateway',
      size: config.tasks.gateway,
      port: PORTS.gateway,
      environment: {
        MARKET_DATA_URL: marketDataUrl,
        LEASES_TABLE: data.leases.tableName,
        IDENTITIES_TABLE: data.identities.tableName,
        SHARD_COUNT: String(config.shardCount),
        SIGNING_NETWORK: config.signingNetwork,
        VENUE_URL: config.venue.url,
      },
    });
    data.leases.grant(this.gateway, 'dynamodb:GetItem');
    data.identities.grant(this.gateway, 'dynamodb:GetItem', 'dynamodb:PutItem');

    keys.data.grantEncryptDecrypt(this.gateway);

    this.balancer = new PrivateBalancer(this, 'Balancer', {
      network,
      target: this.gateway.service,
      port: PORTS.gateway,
    });
  }
}
