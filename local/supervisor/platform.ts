/** The cloud with the template on it: what services and functions need before they start. */
import { join } from 'node:path';
import {
  createDynamoClient,
  createDynamoIdentities,
  createEventBridgeClient,
  createKmsClient,
  createS3Client,
  createSqsClient,
  createSqsCommands,
  type ClientOptions,
} from '@perps/adapters/aws';
import { systemIds } from '@perps/adapters/node';
import { synthesize, type Assembly } from '../cloud/assembly.ts';
import { createLocalCloud, type LocalCloud, type LocalCloudOptions } from '../cloud/index.ts';
import { startLambdas, type Lambdas } from '../cloud/lambdas.ts';
import { deploy, type Deployment } from '../cloud/template.ts';
import { createTreasury, type Treasury } from './accounts.ts';
import { type Agents, type AgentSigning, kmsAgents, sealedAgents } from './agents.ts';
import { clockShift } from './clock-offset.ts';
import { scanTable, type TableRow } from './table-rows.ts';

export interface Platform {
  readonly cloud: LocalCloud;
  readonly deployment: Deployment;
  readonly lambdas: Lambdas;
  readonly treasury: Treasury;
  readonly shardCount: number;
  /** All rows of a table, by the variable that names it to the functions (`BALANCE_LOGS_TABLE`). */
  rows(variable: string): Promise<readonly TableRow[]>;
  readonly agents: Agents;
  close(): Promise<void>;
}

export interface PlatformOptions {
  readonly root: string;
  readonly dir: string;
  /** The account at the venue whose agents the engine's keys are. */
  readonly tradingAccount: string;
  readonly agentSigning: AgentSigning;
  /** Added to the time of day of the functions. */
  readonly clockOffsetMs: number;
  readonly onError: (message: string) => void;
  /** This machine's addresses, over what the template gives functions. */
  readonly settings: Readonly<Record<string, string>>;
  /** A part of the cloud died and runs again, or cannot (`isLost`). */
  readonly onRestart: NonNullable<LocalCloudOptions['onRestart']>;
}

/** Assemblies by content hash; tests with folders of their own share the repository's. */
const cacheOf = (root: string): string => join(root, '.local', 'assemblies');

/** The name the local stage has for a variable of a container; throws where the template lacks it. */
function setting(deployment: Deployment, container: string, name: string): string {
  const value = deployment.containers.find((candidate) => candidate.name === container)?.environment[name];
  if (value === undefined) throw new Error(`the template gives ${container} no ${name}`);
  return value;
}

/** A table as the functions know it. */
function tableName({ functions }: Deployment, variable: string): string {
  const name = functions.map(({ environment }) => environment[variable]).find((known) => known !== undefined);
  if (name === undefined) throw new Error(`no function knows ${variable}`);
  return name;
}

/** Starts the cloud, synthesizes, deploys, starts the functions. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const [assembly, cloud] = await settleBoth(
    synthesize({ root: options.root, cacheDir: cacheOf(options.root), env: { STAGE: 'local' } }),
    createLocalCloud({ dir: options.dir, onError: options.onError, onRestart: options.onRestart }),
  );
  try {
    return await populate(options, assembly, cloud);
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

/** A cloud that came up beside a failed synthesis must not stay behind. */
async function settleBoth(
  synthesis: Promise<Assembly>,
  starting: Promise<LocalCloud>,
): Promise<[Assembly, LocalCloud]> {
  const [assembly, cloud] = await Promise.allSettled([synthesis, starting]);
  if (assembly.status === 'fulfilled' && cloud.status === 'fulfilled') return [assembly.value, cloud.value];
  if (cloud.status === 'fulfilled') await cloud.value.close();
  throw assembly.status === 'rejected' ? assembly.reason : cloud.status === 'rejected' ? cloud.reason : undefined;
}

function clientOptions(cloud: LocalCloud, service: string): ClientOptions {
  const endpoint = cloud.env[`AWS_ENDPOINT_URL_${service}`] ?? cloud.env['AWS_ENDPOINT_URL'];
  const accessKeyId = cloud.env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = cloud.env['AWS_SECRET_ACCESS_KEY'];
  return {
    region: cloud.region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  };
}

async function populate(options: PlatformOptions, assembly: Assembly, cloud: LocalCloud): Promise<Platform> {
  const clients = {
    dynamo: createDynamoClient(clientOptions(cloud, 'DYNAMODB')),
    sqs: createSqsClient(clientOptions(cloud, 'SQS')),
    s3: createS3Client(clientOptions(cloud, 'S3')),
    kms: createKmsClient(clientOptions(cloud, 'KMS')),
    events: createEventBridgeClient(clientOptions(cloud, 'EVENTBRIDGE')),
  };
  const deployment = await deploy({ assembly, cloud, clients, dir: options.dir });
  const shardCount = Number(setting(deployment, 'engine', 'SHARD_COUNT'));
  const keyIds = setting(deployment, 'engine', 'HL_AGENT_KEY_IDS').split(',');
  const sealed = {
    client: clients.kms,
    keyId: setting(deployment, 'engine', 'HL_AGENT_SEAL_KEY_ID'),
    account: options.tradingAccount,
    slots: keyIds.length,
    dir: options.dir,
  };
  const agents = await (options.agentSigning === 'sealed' ? sealedAgents(sealed) : kmsAgents(clients.kms, keyIds));
  const lambdas = startLambdas({
    ...options,
    cloud,
    deployment,
    sqs: clients.sqs,
    shift: clockShift(options.clockOffsetMs),
  });
  const queueUrls = setting(deployment, 'engine', 'COMMAND_QUEUE_URLS').split(',');
  const identitiesTable = setting(deployment, 'gateway', 'IDENTITIES_TABLE');
  return {
    cloud,
    deployment,
    lambdas,
    shardCount,
    rows: (variable) => scanTable(clients.dynamo, tableName(deployment, variable)),
    agents,
    treasury: createTreasury({
      queue: createSqsCommands({ client: clients.sqs, queueUrls, ids: systemIds }),
      identities: createDynamoIdentities({ client: clients.dynamo, tableName: identitiesTable }),
      shardCount,
    }),
    close: async () => {
      await lambdas.close();
      for (const client of Object.values(clients)) client.destroy();
      await cloud.close();
    },
  };
}
