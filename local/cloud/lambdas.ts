/** Runs the template's functions from their event sources. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { toMapping } from './event-sources.ts';
import { createFunction, type LocalFunction, type ThreadShift } from './functions.ts';
import type { LocalCloud } from './index.ts';
import { runQueueSource } from './queue-source.ts';
import { runStreamSource } from './stream-source.ts';
import type { Deployment, EventSourceSpec } from './template.ts';

export interface LambdasOptions {
  readonly root: string;
  /** Checkpoints and logs live here. */
  readonly dir: string;
  readonly cloud: LocalCloud;
  readonly deployment: Deployment;
  readonly sqs: SQSClient;
  /** Flags and variables that every function's thread gets. */
  readonly shift?: ThreadShift;
  readonly onError: (message: string) => void;
  /** Replace what the template gives a function; a name it lacks stays missing, as it would be on AWS. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Lambdas {
  /** Functions that have a handler here; the others are only in the template. */
  readonly running: readonly string[];
  /** Runs one event in the function of that folder; throws where there is none, or it throws. */
  invoke(folder: string, event: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts the functions and their pollers. */
export function startLambdas(options: LambdasOptions): Lambdas {
  const { cloud, deployment, root, shift = { flags: [], env: {} } } = options;
  const functions = new Map<string, LocalFunction>();
  for (const spec of deployment.functions) {
    const started = createFunction({
      root,
      spec: { ...spec, environment: { ...spec.environment, ...known(options.settings ?? {}, spec.environment) } },
      env: { ...cloud.env, ...shift.env },
      flags: shift.flags,
      logFile: join(options.dir, 'logs', `${spec.name}.log`),
    });
    if (started !== undefined) functions.set(spec.arn, started);
  }
  const stop = new AbortController();
  const streams = new DynamoDBStreamsClient({
    region: cloud.region,
    endpoint: cloud.env['AWS_ENDPOINT_URL_DYNAMODB'] ?? cloud.env['AWS_ENDPOINT_URL'] ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const context: Context = { ...options, streams, signal: stop.signal, sleep: sleepUntil(stop.signal) };
  const pollers = deployment.eventSources.flatMap((source) => {
    const target = functions.get(source.functionArn);
    return target === undefined ? [] : [poll(context, source, target)];
  });
  cloud.onInvoke(async (arn, event) => {
    const target = functions.get(arn);
    if (target === undefined) throw new Error(`no local function ${arn}`);
    await target.invoke(event);
  });
  return {
    running: [...functions.values()].map(({ name }) => name),
    invoke: async (folder, event) => {
      const wanted = [...functions.values()].find((one) => one.folder === folder);
      if (wanted === undefined) throw new Error(`no function ${folder}`);
      return await wanted.invoke(event);
    },
    close: async () => {
      stop.abort();
      await Promise.all([...functions.values()].map((one) => one.close()));
      await Promise.allSettled(pollers);
      streams.destroy();
    },
  };
}

const known = (settings: Readonly<Record<string, string>>, names: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => name in names));

type Context = LambdasOptions & {
  readonly streams: DynamoDBStreamsClient;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number) => Promise<void>;
};

const sleepUntil =
  (signal: AbortSignal) =>
  async (ms: number): Promise<void> => {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  };

function poll(context: Context, { sourceArn, properties }: EventSourceSpec, target: LocalFunction): Promise<void> {
  const { cloud, sqs, signal, sleep } = context;
  const mapping = toMapping(properties);
  const onError = (message: string): void => {
    if (!signal.aborted) context.onError(`${target.name}: ${message}`);
  };
  const shared = { mapping, signal, sleep, onError, invoke: (event: unknown) => target.invoke(event) };
  if (sourceArn.includes(':sqs:')) {
    return runQueueSource({ ...shared, client: sqs, queueArn: sourceArn, queueUrl: cloud.queueUrlOf(sourceArn) });
  }
  return runStreamSource({
    ...shared,
    client: context.streams,
    streamArn: sourceArn,
    checkpointFile: join(context.dir, 'checkpoints', `${target.name}.json`),
    giveUp: async (description) => {
      onError(`gave up ${JSON.stringify(description)}`);
      const queue = mapping.failureQueueArn;
      if (queue === undefined) return;
      const body = JSON.stringify({ functionName: target.name, ...description });
      await sqs.send(new SendMessageCommand({ QueueUrl: cloud.queueUrlOf(queue), MessageBody: body }));
    },
  });
}
