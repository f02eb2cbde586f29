import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DescribeTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import {
  createDynamoClient,
  createEventBridgeClient,
  createKmsClient,
  createS3Client,
  createSqsClient,
} from '@perps/adapters/aws';
import { waitUntil } from '../supervisor/readiness.ts';
import { readAssembly } from './assembly.ts';
import { createLocalCloud, type LocalCloud } from './index.ts';
import { startLambdas, type Lambdas } from './lambdas.ts';
import { deploy, type DeployOptions, type Deployment } from './template.ts';

const DATA = {
  Resources: {
    Journal: {
      Type: 'AWS::DynamoDB::GlobalTable',
      Properties: {
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'N' },
          { AttributeName: 'day', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by_day',
            KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        Replicas: [{ Region: { Ref: 'AWS::Region' } }],
      },
    },
    Dead: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
    Commands0: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        FifoQueue: true,
        VisibilityTimeout: 5,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 },
      },
    },
    Snapshots: { Type: 'AWS::S3::Bucket', Properties: {} },
    Agent: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' } },
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'facts' } },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: { Ref: 'Bus' },
        EventPattern: { source: ['perps'], detail: { kind: [{ prefix: 'fill' }] } },
        Targets: [{ Id: 'queue', Arn: { 'Fn::GetAtt': ['Facts', 'Arn'] } }],
      },
    },
    Facts: { Type: 'AWS::SQS::Queue', Properties: {} },
    GivenUp: { Type: 'AWS::SQS::Queue', Properties: {} },
  },
  Outputs: {
    Journal: { Value: { Ref: 'Journal' }, Export: { Name: 'data:Journal' } },
    Queue: { Value: { Ref: 'Commands0' }, Export: { Name: 'data:Commands0' } },
    Key: { Value: { Ref: 'Agent' }, Export: { Name: 'data:Agent' } },
    Stream: { Value: { 'Fn::GetAtt': ['Journal', 'StreamArn'] }, Export: { Name: 'data:Stream' } },
    Facts: { Value: { 'Fn::GetAtt': ['Facts', 'Arn'] }, Export: { Name: 'data:Facts' } },
    GivenUp: { Value: { 'Fn::GetAtt': ['GivenUp', 'Arn'] }, Export: { Name: 'data:GivenUp' } },
  },
};

const imported = (name: string) => ({ 'Fn::ImportValue': `data:${name}` });

const SERVICES = {
  Parameters: { BootstrapVersion: { Type: 'String', Default: '6' } },
  Resources: {
    Balancer: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: {} },
    Task: {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: {
        ContainerDefinitions: [
          {
            Name: 'Service',
            Command: ['node', 'engine.js'],
            Environment: [
              { Name: 'JOURNAL_TABLE', Value: imported('Journal') },
              { Name: 'COMMAND_QUEUE_URLS', Value: { 'Fn::Join': [',', [imported('Commands0'), 'x']] } },
              { Name: 'HL_AGENT_KEY_IDS', Value: imported('Agent') },
              { Name: 'REGION', Value: { 'Fn::Sub': '${AWS::Region}-${BootstrapVersion}-${!literal}' } },
              { Name: 'ZONE', Value: { 'Fn::Select': [1, { 'Fn::Split': ['-', 'a-b-c'] }] } },
              { Name: 'DOOR', Value: { 'Fn::GetAtt': ['Balancer', 'DNSName'] } },
            ],
          },
        ],
      },
    },
    RecorderFn1A2B: {
      Type: 'AWS::Lambda::Function',
      Properties: { Timeout: 5, Environment: { Variables: { OUT: 'unset', TABLE: imported('Journal') } } },
    },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: imported('Stream'),
        FunctionName: { Ref: 'RecorderFn1A2B' },
        BatchSize: 10,
        MaximumRetryAttempts: 2,
        StartingPosition: 'TRIM_HORIZON',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: imported('GivenUp') } },
      },
    },
    QueueMapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: imported('Facts'),
        FunctionName: { 'Fn::GetAtt': ['RecorderFn1A2B', 'Arn'] },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    },
  },
};

/** Appends what it gets to a file; fails items as the file `fail` says. */
const HANDLER = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
export const handler = async (event, context) => {
  const failing = existsSync(process.env.OUT + '.fail') ? readFileSync(process.env.OUT + '.fail', 'utf8').split(',') : [];
  const batchItemFailures = [];
  for (const record of event.Records) {
    const item = record.dynamodb?.NewImage;
    const name = item === undefined ? record.body : item.pk.S;
    if (failing.includes(name)) {
      batchItemFailures.push({ itemIdentifier: record.messageId ?? record.dynamodb.SequenceNumber });
      if (item !== undefined) break;
      continue;
    }
    appendFileSync(process.env.OUT, JSON.stringify({ name, body: item?.body?.B, table: process.env.TABLE, fn: context.functionName }) + '\\n');
  }
  return { batchItemFailures };
};
`;

describe('template on the local cloud', () => {
  let dir: string;
  let out: string;
  let cloud: LocalCloud;
  let lambdas: Lambdas | undefined;
  let clients: DeployOptions['clients'];

  const start = async (): Promise<Deployment> => {
    cloud = await createLocalCloud({ dir: join(dir, 'data') });
    const options = (service: string) => ({
      region: cloud.region,
      endpoint: cloud.env[`AWS_ENDPOINT_URL_${service}`] ?? '',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    clients = {
      dynamo: createDynamoClient(options('DYNAMODB')),
      sqs: createSqsClient(options('SQS')),
      s3: createS3Client(options('S3')),
      kms: createKmsClient(options('KMS')),
      events: createEventBridgeClient(options('EVENTBRIDGE')),
    };
    return deploy({ assembly: readAssembly(join(dir, 'cdk.out')), cloud, clients, dir: join(dir, 'data') });
  };
  const stop = async () => {
    await lambdas?.close();
    lambdas = undefined;
    for (const client of Object.values(clients)) client.destroy();
    await cloud.close();
  };
  const run = (deployment: Deployment) => {
    const functions = deployment.functions.map((spec) => ({ ...spec, environment: { ...spec.environment, OUT: out } }));
    const errors: string[] = [];
    lambdas = startLambdas({
      root: dir,
      dir: join(dir, 'data'),
      cloud,
      deployment: { ...deployment, functions },
      sqs: clients.sqs,
      onError: (message) => errors.push(message),
    });
    return errors;
  };
  const put = (pk: string, sk = 1) =>
    clients.dynamo.send(
      new PutItemCommand({
        TableName: 'data-Journal',
        Item: { pk: { S: pk }, sk: { N: String(sk) }, body: { B: Uint8Array.of(1, 2, 255) } },
      }),
    );
  const recorded = (): { name: string; body?: string; table: string; fn: string }[] =>
    existsSync(out)
      ? readFileSync(out, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
  const untilRecorded = async (count: number) => {
    const missing = async () => (recorded().length < count ? `${recorded().length} of ${count}` : undefined);
    await waitUntil(missing, { what: 'records', withinMs: 20_000 });
    return recorded().map(({ name }) => name);
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'perps-template-'));
    out = join(dir, 'recorded');
    mkdirSync(join(dir, 'cdk.out'));
    mkdirSync(join(dir, 'functions', 'recorder'), { recursive: true });
    writeFileSync(join(dir, 'functions', 'recorder', 'handler.ts'), HANDLER);
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    writeFileSync(join(dir, 'cdk.out', 'data.template.json'), JSON.stringify(DATA));
    writeFileSync(join(dir, 'cdk.out', 'services.template.json'), JSON.stringify(SERVICES));
  });
  afterEach(async () => {
    await stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('creates tables, queues, buckets and keys, and tells containers their real names', async () => {
    const { containers, physical } = await start();
    const { Table } = await clients.dynamo.send(new DescribeTableCommand({ TableName: 'data-Journal' }));
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['by_day']);
    expect(Table?.StreamSpecification?.StreamEnabled).toBe(true);
    const [engine] = containers;
    const queueUrl = physical.get('data/Commands0')!.ref;
    const keyId = physical.get('data/Agent')!.ref;
    expect(engine).toEqual({
      name: 'engine',
      environment: {
        JOURNAL_TABLE: 'data-Journal',
        COMMAND_QUEUE_URLS: `${queueUrl},x`,
        HL_AGENT_KEY_IDS: keyId,
        REGION: 'eu-central-1-6-${literal}',
        ZONE: 'b',
        DOOR: 'services-Balancer.DNSName',
      },
    });
    const attributes = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    expect(attributes.Attributes).toMatchObject({ FifoQueue: 'true', VisibilityTimeout: '5' });
    expect(JSON.parse(attributes.Attributes!['RedrivePolicy']!)).toMatchObject({ maxReceiveCount: 3 });
    await clients.s3.send(new HeadBucketCommand({ Bucket: physical.get('data/Snapshots')!.ref }));
    const { KeyMetadata } = await clients.kms.send(new DescribeKeyCommand({ KeyId: keyId }));
    expect(KeyMetadata?.KeySpec).toBe('ECC_SECG_P256K1');
  });

  it('finds everything again at the next start: items, keys, messages', async () => {
    const first = await start();
    await put('kept');
    const queueUrl = first.physical.get('data/Commands0')!.ref;
    const message = { QueueUrl: queueUrl, MessageBody: 'kept', MessageGroupId: 'g', MessageDeduplicationId: '1' };
    await clients.sqs.send(new SendMessageCommand(message));
    await stop();
    const second = await start();
    expect(second.physical.get('data/Agent')!.ref).toBe(first.physical.get('data/Agent')!.ref);
    const { Messages } = await clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: second.physical.get('data/Commands0')!.ref }),
    );
    expect(Messages?.map(({ Body }) => Body)).toEqual(['kept']);
    run(second);
    expect(await untilRecorded(1)).toEqual(['kept']);
  });

  it('runs a function from the stream, in order, and goes on after a restart where it stopped', async () => {
    run(await start());
    for (const pk of ['a', 'b', 'c']) await put(pk);
    expect(await untilRecorded(3)).toEqual(['a', 'b', 'c']);
    expect(recorded()[0]).toEqual({ name: 'a', body: 'AQL/', table: 'data-Journal', fn: 'services-RecorderFn1A2B' });
    await stop();
    run(await start());
    await put('d');
    expect(await untilRecorded(4)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('repeats from the failed record, then gives it up to the failure queue and goes on', async () => {
    writeFileSync(`${out}.fail`, 'bad');
    const deployment = await start();
    for (const pk of ['a', 'bad', 'c']) await put(pk);
    const errors = run(deployment);
    expect(await untilRecorded(1)).toEqual(['a']);
    const { Messages } = await clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: deployment.physical.get('data/GivenUp')!.ref, WaitTimeSeconds: 10 }),
    );
    expect(JSON.parse(Messages![0]!.Body!)).toMatchObject({ functionName: 'services-RecorderFn1A2B' });
    expect(errors.some((line) => line.includes('gave up'))).toBe(true);
    await put('d');
    expect((await untilRecorded(2)).at(-1)).toBe('d');
  });

  it('brings events by rule to a queue and from there to a function; failed messages stay', async () => {
    writeFileSync(`${out}.fail`, 'never');
    run(await start());
    const entry = (kind: string) => ({
      EventBusName: 'facts',
      Source: 'perps',
      DetailType: 'fact',
      Detail: JSON.stringify({ kind }),
    });
    const answer = await clients.events.send(
      new PutEventsCommand({ Entries: [entry('fill.maker'), entry('deposit')] }),
    );
    expect(answer.FailedEntryCount).toBe(0);
    const [name] = await untilRecorded(1);
    expect(JSON.parse(name!)).toMatchObject({ source: 'perps', detail: { kind: 'fill.maker' } });
  });
});
