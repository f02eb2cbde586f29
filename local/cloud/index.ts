/** The cloud on one machine, or the emulator somebody named: what the SDK clients need to reach it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSqsClient } from '@perps/adapters/aws';
import { startAwsServer } from './aws-server.ts';
import { startDynoxide } from './dynoxide.ts';
import { createEventBus, type EventBus } from './eventbridge.ts';
import { startQueues } from './fauxqs.ts';
import { kmsOperations } from './kms.ts';
import { openKeyStore } from './kms-keys.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';

export interface LocalCloud {
  /** Environment of every process that talks to this cloud: region, credentials, endpoints. */
  readonly env: Readonly<Record<string, string>>;
  readonly region: string;
  readonly accountId: string;
  /** Queue URL by ARN, as this machine reaches it. */
  queueUrlOf(arn: string): string;
  /** Where schedules and direct deliveries go; undefined with an emulator of somebody else, which has its own. */
  readonly events: { readonly bus: EventBus; readonly scheduler: Scheduler } | undefined;
  /** Says who runs the functions that events target. */
  onInvoke(invoke: (functionArn: string, event: unknown) => Promise<void>): void;
  /** Processes of this cloud, for the record of what runs. */
  readonly processes: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export interface LocalCloudOptions {
  /** Where data live. */
  readonly dir: string;
  readonly onError?: (message: string) => void;
  /** Called when a part of the cloud died and runs again, or cannot (`isLost`). */
  readonly onRestart?: (restart: { readonly reason: string; readonly isLost: boolean }) => void;
}

export const LOCAL_REGION = 'eu-central-1';
export const LOCAL_ACCOUNT = '000000000000';
const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** Starts the cloud in `dir`; where `AWS_ENDPOINT_URL` is set it starts nothing and that endpoint serves all. */
export async function createLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const given = process.env['AWS_ENDPOINT_URL'];
  return given === undefined || given === '' ? startCloud(options) : foreignCloud(given);
}

function foreignCloud(endpoint: string): LocalCloud {
  const region = process.env['AWS_REGION'] ?? LOCAL_REGION;
  const own = process.env['AWS_ACCESS_KEY_ID'] === undefined ? { ...credentials, AWS_ACCESS_KEY_ID: 'test' } : {};
  return {
    env: { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint, ...own },
    region,
    accountId: LOCAL_ACCOUNT,
    queueUrlOf: (arn) => queueUrl(endpoint, arn),
    events: undefined,
    onInvoke: () => undefined,
    processes: {},
    close: () => Promise.resolve(),
  };
}

const queueUrl = (endpoint: string, arn: string): string => {
  const [accountId = LOCAL_ACCOUNT, name = ''] = arn.split(':').slice(-2);
  return `${endpoint.replace(/\/$/, '')}/${accountId}/${name}`;
};

async function startCloud({ dir, onError = () => undefined, onRestart }: LocalCloudOptions): Promise<LocalCloud> {
  mkdirSync(dir, { recursive: true });
  const dynoxide = await startDynoxide({
    file: join(dir, 'dynamodb.sqlite'),
    onRestart: (reason, pid) => onRestart?.({ reason: `dynamodb: ${reason}`, isLost: pid === undefined }),
  });
  const fauxqs = await startQueues(join(dir, 'queues'), LOCAL_REGION);
  const queues = `http://127.0.0.1:${fauxqs.port}`;
  let invoke: (functionArn: string, event: unknown) => Promise<void> = (arn) => {
    throw new Error(`no local function ${arn}`);
  };
  const bus = createEventBus({
    region: LOCAL_REGION,
    sqs: createSqsClient({ region: LOCAL_REGION, endpoint: queues, credentials: localCredentials }),
    queueUrlOf: (arn) => queueUrl(queues, arn),
    invoke: (arn, event) => invoke(arn, event),
    onError,
  });
  const scheduler = createScheduler({ bus, onError });
  const keys = openKeyStore(join(dir, 'kms.json'));
  const control = await startAwsServer({
    port: 0,
    operations: { ...kmsOperations(keys, LOCAL_REGION), ...bus.operations },
    rest: scheduler.rest,
  });
  return {
    env: {
      ...credentials,
      AWS_REGION: LOCAL_REGION,
      AWS_ENDPOINT_URL_DYNAMODB: dynoxide.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB_STREAMS: dynoxide.endpoint,
      AWS_ENDPOINT_URL_SQS: queues,
      AWS_ENDPOINT_URL_S3: queues,
      AWS_ENDPOINT_URL_SNS: queues,
      AWS_ENDPOINT_URL_KMS: control.endpoint,
      AWS_ENDPOINT_URL_EVENTBRIDGE: control.endpoint,
      AWS_ENDPOINT_URL_SCHEDULER: control.endpoint,
    },
    region: LOCAL_REGION,
    accountId: LOCAL_ACCOUNT,
    queueUrlOf: (arn) => queueUrl(queues, arn),
    events: { bus, scheduler },
    onInvoke: (next) => {
      invoke = next;
    },
    get processes() {
      return { dynamodb: dynoxide.pid };
    },
    close: async () => {
      scheduler.close();
      await control.close();
      await fauxqs.stop();
      await dynoxide.close();
    },
  };
}

const localCredentials = {
  accessKeyId: credentials.AWS_ACCESS_KEY_ID,
  secretAccessKey: credentials.AWS_SECRET_ACCESS_KEY,
};
