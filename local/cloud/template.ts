/** Puts the synthesized templates on the emulator and says what runs on them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateEventBusCommand,
  PutRuleCommand,
  PutTargetsCommand,
  type EventBridgeClient,
  type Target,
} from '@aws-sdk/client-eventbridge';
import { z } from 'zod';
import type { Assembly, CfnResource } from './assembly.ts';
import type { LocalCloud } from './index.ts';
import { createResolver, type Physical, type Resolve } from './intrinsics.ts';
import {
  createBucket,
  createKey,
  createQueue,
  createTable,
  textual,
  type Properties,
  type ResourceClients,
} from './resources.ts';

export interface ContainerSpec {
  /** Folder under `services/`. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface FunctionSpec {
  readonly name: string;
  readonly arn: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** A function's event source, in CloudFormation's words. */
export interface EventSourceSpec {
  readonly functionArn: string;
  readonly sourceArn: string;
  readonly properties: Properties;
}

export interface Deployment {
  readonly containers: readonly ContainerSpec[];
  readonly functions: readonly FunctionSpec[];
  readonly eventSources: readonly EventSourceSpec[];
  /** Physical names by `stack/logicalId`. */
  readonly physical: ReadonlyMap<string, Physical>;
}

export interface DeployOptions {
  readonly assembly: Assembly;
  readonly cloud: LocalCloud;
  readonly clients: ResourceClients & { readonly events: EventBridgeClient };
  /** Remembers which key was made for which resource. */
  readonly dir: string;
}

interface Resource extends CfnResource {
  readonly stack: string;
  readonly logicalId: string;
}

type Options = DeployOptions & { readonly physical: Map<string, Physical>; readonly resolve: Resolve };

/** Creates everything on the emulator that it can have; resources it has not (networks, roles, alarms) are names only. */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const physical = new Map<string, Physical>();
  const { region, accountId } = options.cloud;
  const resolve = createResolver({ assembly: options.assembly, physical, region, accountId });
  const context: Options = { ...options, physical, resolve };
  const resources = listResources(options.assembly);
  for (const resource of resources) nameResource(context, resource);
  await createKeys(context, resources);
  await Promise.all(resources.map((resource) => createResource(context, resource)));
  for (const resource of resources) await connectEvents(context, resource);
  return {
    containers: resources.flatMap((resource) => containersOf(context, resource)),
    functions: ofType(resources, 'AWS::Lambda::Function').map((resource) => functionOf(context, resource)),
    eventSources: ofType(resources, 'AWS::Lambda::EventSourceMapping').map((resource) => sourceOf(context, resource)),
    physical,
  };
}

const listResources = (assembly: Assembly): readonly Resource[] =>
  Object.entries(assembly).flatMap(([stack, template]) =>
    Object.entries(template.Resources).map(([logicalId, resource]) => ({ ...resource, stack, logicalId })),
  );

const ofType = (resources: readonly Resource[], type: string): readonly Resource[] =>
  resources.filter((resource) => resource.Type === type);

const idOf = ({ stack, logicalId }: Resource): string => `${stack}/${logicalId}`;

/** The property that may carry a name, and how `Ref` and ARN are made of it. Tables and keys get theirs when created. */
const NAMED: Readonly<Record<string, { readonly property: string; readonly arn: string }>> = {
  'AWS::DynamoDB::Table': { property: 'TableName', arn: 'dynamodb:{place}:table/{name}' },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', arn: 'dynamodb:{place}:table/{name}' },
  'AWS::SQS::Queue': { property: 'QueueName', arn: 'sqs:{place}:{name}' },
  'AWS::S3::Bucket': { property: 'BucketName', arn: 's3:::{name}' },
  'AWS::Lambda::Function': { property: 'FunctionName', arn: 'lambda:{place}:function:{name}' },
  'AWS::Events::EventBus': { property: 'Name', arn: 'events:{place}:event-bus/{name}' },
  'AWS::SNS::Topic': { property: 'TopicName', arn: 'sns:{place}:{name}' },
  'AWS::KMS::Alias': { property: 'AliasName', arn: 'kms:{place}:{name}' },
};

function nameResource({ cloud, physical, resolve }: Options, resource: Resource): void {
  const named = NAMED[resource.Type];
  if (named === undefined) return;
  const given = resolve(resource.stack, resource.Properties[named.property]);
  const name = typeof given === 'string' ? given : inventName(resource);
  const arn = `arn:aws:${named.arn.replace('{place}', `${cloud.region}:${cloud.accountId}`).replace('{name}', name)}`;
  const ref = resource.Type === 'AWS::SQS::Queue' ? cloud.queueUrlOf(arn) : name;
  physical.set(idOf(resource), { ref, attributes: { Arn: arn, QueueName: name, Name: name, TopicArn: arn } });
}

/** Names the template leaves to CloudFormation. Bucket names are lower case, FIFO queues have their ending. */
function inventName({ Type, Properties, stack, logicalId }: Resource): string {
  const name = `${stack}-${logicalId}`.replaceAll(/[^A-Za-z0-9-]/g, '-').slice(-58);
  if (Type === 'AWS::S3::Bucket') return name.toLowerCase().replace(/^-+/, '');
  return Type === 'AWS::SQS::Queue' && Properties['FifoQueue'] === true ? `${name}.fifo` : name;
}

const keyFileSchema = z.record(z.string(), z.string());

async function createKeys({ clients, dir, physical, resolve }: Options, resources: readonly Resource[]): Promise<void> {
  const file = join(dir, 'keys-of-resources.json');
  const known = existsSync(file) ? keyFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  for (const resource of ofType(resources, 'AWS::KMS::Key')) {
    const properties = {
      ...resource.Properties,
      Description: resolve(resource.stack, resource.Properties['Description']),
    };
    const { keyId, arn } = await createKey(clients.kms, properties, known[idOf(resource)]);
    known[idOf(resource)] = keyId;
    physical.set(idOf(resource), { ref: keyId, attributes: { Arn: arn, KeyId: keyId } });
  }
  writeFileSync(file, JSON.stringify(known, undefined, 2));
}

async function createResource({ clients, physical, resolve }: Options, resource: Resource): Promise<void> {
  const own = physical.get(idOf(resource));
  if (own === undefined) return;
  const properties = () => resolve(resource.stack, resource.Properties) as Properties;
  switch (resource.Type) {
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable':
      physical.set(idOf(resource), await createTable(clients.dynamo, own.ref, properties()));
      break;
    case 'AWS::SQS::Queue':
      await createQueue(clients.sqs, {
        name: own.attributes['QueueName'] ?? '',
        url: own.ref,
        properties: properties(),
      });
      break;
    case 'AWS::S3::Bucket':
      await createBucket(clients.s3, own.ref);
      break;
    default:
  }
}

async function connectEvents({ clients, cloud, physical, resolve }: Options, resource: Resource): Promise<void> {
  const { stack, logicalId, Type } = resource;
  if (Type === 'AWS::Events::EventBus') {
    const Name = physical.get(idOf(resource))?.ref ?? logicalId;
    // A bus that is there already is the one we want.
    await clients.events.send(new CreateEventBusCommand({ Name })).catch((error: unknown) => {
      if (!(error instanceof Error) || error.name !== 'ResourceAlreadyExistsException') throw error;
    });
  }
  const properties =
    Type.startsWith('AWS::Events::') || Type.startsWith('AWS::Scheduler::') ? resolve(stack, resource.Properties) : {};
  const { EventPattern, EventBusName, Targets, ScheduleExpression, Target } = properties as Record<string, unknown>;
  if (Type === 'AWS::Events::Rule' && EventPattern !== undefined) {
    const bus = EventBusName === undefined ? {} : { EventBusName: textual(EventBusName) };
    await clients.events.send(
      new PutRuleCommand({ Name: logicalId, EventPattern: JSON.stringify(EventPattern), ...bus }),
    );
    await clients.events.send(new PutTargetsCommand({ Rule: logicalId, Targets: Targets as Target[], ...bus }));
  }
  if (Type === 'AWS::Scheduler::Schedule') {
    const target = { Id: logicalId, ...(Target as { Arn: string }) };
    cloud.events?.scheduler.put(logicalId, { expression: String(ScheduleExpression), target });
  }
}

const pairsSchema = z.array(z.object({ Name: z.string(), Value: z.coerce.string() }));
const containersSchema = z.array(
  z.object({ Name: z.string(), Command: z.array(z.string()).default([]), Environment: pairsSchema.default([]) }),
);

function containersOf({ resolve }: Options, { Type, Properties, stack }: Resource): readonly ContainerSpec[] {
  if (Type !== 'AWS::ECS::TaskDefinition') return [];
  const containers = containersSchema.parse(resolve(stack, Properties['ContainerDefinitions']));
  return containers.map(({ Name, Command, Environment }) => ({
    // The image holds one bundle per service: the command says which.
    name: /^(.+)\.m?js$/.exec(Command.at(-1) ?? '')?.[1] ?? Name,
    environment: Object.fromEntries(Environment.map((pair) => [pair.Name, pair.Value])),
  }));
}

const environmentSchema = z.object({ Variables: z.record(z.string(), z.coerce.string()).default({}) });

function functionOf({ physical, resolve }: Options, resource: Resource): FunctionSpec {
  const { Environment = {}, Timeout = 3 } = resolve(resource.stack, resource.Properties) as Record<string, unknown>;
  const own = physical.get(idOf(resource));
  return {
    name: own?.ref ?? resource.logicalId,
    arn: own?.attributes['Arn'] ?? '',
    environment: environmentSchema.parse(Environment).Variables,
    timeoutMs: Number(Timeout) * 1_000,
  };
}

function sourceOf({ physical, resolve }: Options, { stack, Properties }: Resource): EventSourceSpec {
  const properties = resolve(stack, Properties) as Properties;
  const name = String(properties['FunctionName']);
  const functionArn = name.startsWith('arn:')
    ? name
    : ([...physical.values()].find(({ ref }) => ref === name)?.attributes['Arn'] ?? name);
  return { functionArn, sourceArn: String(properties['EventSourceArn']), properties };
}
