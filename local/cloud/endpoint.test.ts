import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createDynamoClient,
  createEventBridgeClient,
  createKmsClient,
  createKmsSigner,
  createS3Client,
  createS3Snapshots,
  createSqsClient,
  createSqsCommands,
} from '@perps/adapters/aws';
import { createLocalCloud, type LocalCloud } from './index.ts';
import { deploy } from './template.ts';

const ASSEMBLY = {
  all: {
    Parameters: {},
    Outputs: {},
    Resources: {
      Leases: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          AttributeDefinitions: [{ AttributeName: 'resource', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'resource', KeyType: 'HASH' }],
        },
      },
      Commands: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      Snapshots: { Type: 'AWS::S3::Bucket', Properties: {} },
      Agent: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'ECC_SECG_P256K1' } },
      Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'facts' } },
    },
  },
};

/** Which embedded server a request of the one address belongs to, as an emulator decides it: by target and path. */
function serverOf(env: Readonly<Record<string, string>>, { headers }: IncomingMessage): string {
  const target = String(headers['x-amz-target'] ?? '');
  if (target.startsWith('DynamoDB')) return env['AWS_ENDPOINT_URL_DYNAMODB']!;
  if (target.startsWith('TrentService') || target.startsWith('AWSEvents')) return env['AWS_ENDPOINT_URL_KMS']!;
  return env['AWS_ENDPOINT_URL_SQS']!;
}

function forward(env: Readonly<Record<string, string>>, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const url = new URL(incoming.url ?? '/', serverOf(env, incoming));
  const upstream = sendRequest(url, { method: incoming.method, headers: incoming.headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  incoming.pipe(upstream);
}

describe('AWS_ENDPOINT_URL', () => {
  let dir: string;
  let embedded: LocalCloud;
  let front: Server;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'perps-endpoint-'));
    embedded = await createLocalCloud({ dir });
    front = createServer((incoming, outgoing) => forward(embedded.env, incoming, outgoing));
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    delete process.env['AWS_ENDPOINT_URL'];
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
    await embedded.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('makes every service come from that one address, and starts nothing', async () => {
    const cloud = await createLocalCloud({ dir: join(dir, 'other') });
    expect(cloud.processes).toEqual({});
    expect(cloud.env['AWS_ENDPOINT_URL']).toBe(process.env['AWS_ENDPOINT_URL']);
    const options = {
      region: cloud.region,
      endpoint: cloud.env['AWS_ENDPOINT_URL']!,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const clients = {
      dynamo: createDynamoClient(options),
      sqs: createSqsClient(options),
      s3: createS3Client(options),
      kms: createKmsClient(options),
      events: createEventBridgeClient(options),
    };
    const { physical } = await deploy({ assembly: ASSEMBLY, cloud, clients, dir });
    const nameOf = (logicalId: string) => physical.get(`all/${logicalId}`)!.ref;
    const queue = createSqsCommands({
      client: clients.sqs,
      queueUrls: [nameOf('Commands')],
      ids: { token: () => 'once' },
    });
    await queue.send({ shard: 0, groupId: 'u1', commandId: 'c1', body: 'hello' });
    expect(await queue.receive({ shard: 0, max: 1, waitMs: 0 })).toMatchObject([{ body: 'hello' }]);
    const snapshots = createS3Snapshots({ client: clients.s3, bucket: nameOf('Snapshots') });
    await snapshots.put({ shard: 0, seq: 1, token: 't', schemaVersion: 1, bytes: Uint8Array.of(7) });
    expect(await snapshots.list(0)).toHaveLength(1);
    const signer = await createKmsSigner({ client: clients.kms, keyId: nameOf('Agent') });
    expect(signer.address).toMatch(/^0x[0-9a-f]{40}$/);
    for (const client of Object.values(clients)) client.destroy();
    await cloud.close();
  });
});
