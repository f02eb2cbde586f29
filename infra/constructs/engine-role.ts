import { Fn, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import type { DataStack } from '../data.ts';
import type { KeysStack } from '../keys.ts';
import type { MessagingStack } from '../messaging.ts';
import { FargateRole, type FargateRoleProps } from './fargate-role.ts';
import { grantAgentSeal, grantDataKey, grantSnapshots, grantTable } from './grants.ts';

export interface EngineRoleProps extends Omit<FargateRoleProps, 'role' | 'size'> {
  readonly keys: KeysStack;
  readonly data: DataStack;
  readonly messaging: MessagingStack;
}

/** The name nag gives the snapshots' objects: the export of a construct whose id never changes. */
const SNAPSHOTS_EXPORT = 'ExportsOutputFnGetAttSnapshotsD03D071CArnFDD1C08E';

/** The engine: sole writer of the journal, reader of its shards' queues, user of the trading account's agent keys. */
export class EngineRole extends FargateRole {
  constructor(scope: Construct, id: string, props: EngineRoleProps) {
    const { config, data, keys, messaging, port } = props;
    super(scope, id, {
      ...props,
      role: 'engine',
      size: config.tasks.engine,
      environment: {
        ...props.environment,
        JOURNAL_TABLE: data.journal.tableName,
        LEASES_TABLE: data.leases.tableName,
        SNAPSHOT_BUCKET: data.snapshots.bucketName,
        SHARD_COUNT: String(config.shardCount),
        COMMAND_QUEUE_URLS: joined(messaging.commands.map((queue) => queue.queueUrl)),
        HL_TRADING_ACCOUNT: config.hlTradingAccount,
        ...agentSettings(config, keys),
        // The image's entry point puts the task's own address for {host}.
        ADVERTISED_URL: `ws://{host}:${port}/rpc`,
      },
    });
    // The owner of a shard puts and reads records; nobody updates or deletes one.
    grantTable(data.journal, this, ['dynamodb:PutItem', 'dynamodb:Query']);
    grantTable(data.leases, this, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    grantSnapshots(data.snapshots, this);
    grantDataKey(keys.data, this);
    for (const queue of messaging.commands) queue.grantConsumeMessages(this);
    if (config.sealedAgents !== undefined) grantAgentSeal(keys.agentSeal, this, config.hlTradingAccount);
    else for (const key of keys.agents['hl-trading']) key.grant(this, 'kms:Sign', 'kms:GetPublicKey');
    Validations.of(this).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${data.stackName}:${SNAPSHOTS_EXPORT}/snapshots/*]`,
      reason: 'Snapshots are objects under one prefix of one bucket. Owner: engine.',
    });
  }
}

const joined = (parts: readonly string[]): string => Fn.join(',', [...parts]);

/** Who signs for the trading account, in the engine's settings; never both ways at once. */
function agentSettings({ sealedAgents }: StageConfig, keys: KeysStack): Readonly<Record<string, string>> {
  const seal = { HL_AGENT_SEAL_KEY_ID: keys.agentSeal.keyId };
  if (sealedAgents === undefined) {
    const keyIds = keys.agents['hl-trading'].map((key) => key.keyId);
    return { ...seal, HL_AGENT_SIGNING: 'kms', HL_AGENT_KEY_IDS: joined(keyIds) };
  }
  return {
    ...seal,
    HL_AGENT_SIGNING: 'sealed',
    HL_AGENT_SEALED_KEYS: joined(sealedAgents.ciphertexts),
    HL_AGENT_ADDRESSES: joined(sealedAgents.addresses),
  };
}
