import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createSocketServer,
  type AddressInfo,
  type Server as SocketServer,
  type Socket,
} from 'node:net';
import { Worker } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppendOutcome, JournalRecord, JournalStore } from '@perps/runtime/ports';
import { createJournalClient } from './clients.ts';
import { resolveDynamoEndpoint } from './dynamo-endpoint.ts';
import { createDynamoJournal } from './dynamo-journal.ts';
import { createDynamoWire, type DynamoWire } from './dynamo-wire.ts';

const TIMEOUT_MS = 150;
const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
const record: JournalRecord = {
  shard: 0,
  seq: 1,
  epoch: 1,
  token: 'a "quoted" ü',
  previousToken: '',
  body: Uint8Array.of(0, 1, 254, 255),
};
const stored = {
  pk: { S: '0#0' },
  sk: { N: '1' },
  epoch: { N: '1' },
  token: { S: record.token },
  previousToken: { S: '' },
  body: { B: Buffer.from(record.body).toString('base64') },
};

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server | SocketServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function journalAt(endpoint: string): JournalStore {
  const client = createJournalClient({ region: 'us-east-1', endpoint, credentials, requestTimeoutMs: TIMEOUT_MS });
  closers.push(async () => client.destroy());
  return createDynamoJournal({ client, tableName: 'journal' });
}

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly socket: Socket;
}

type Reply = (response: ServerResponse) => void;

/** Answers one request after the other as told; the last reply serves all that follow. */
async function openStore(
  ...replies: readonly Reply[]
): Promise<{ endpoint: string; journal: JournalStore; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const reply = replies[Math.min(seen.length, replies.length - 1)];
      seen.push({ headers: request.headers, body: Buffer.concat(parts).toString(), socket: request.socket });
      reply?.(response);
    });
  });
  const endpoint = await listen(server);
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { endpoint, journal: journalAt(endpoint), seen };
}

/** A server below HTTP: what it does with each request's bytes is the test's. */
async function openSockets(
  onRequest: (socket: Socket) => void,
): Promise<{ journal: JournalStore; requests: () => number }> {
  let requests = 0;
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requests += 1;
      onRequest(socket);
    });
  });
  const journal = journalAt(await listen(server));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { journal, requests: () => requests };
}

const answer =
  (status: number, body: object | string, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...headers }).end(text);
  };
const refusal = (name: string, more: object = {}): object => ({
  __type: `com.amazonaws.dynamodb.v20120810#${name}`,
  message: name,
  ...more,
});
const done = answer(200, '{}');
const rawDone = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

const causeOf = (outcome: AppendOutcome): unknown => (outcome.status === 'undecided' ? outcome.cause : outcome);

async function readAll(journal: JournalStore): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const one of journal.read({ shard: 0, fromSeq: 1, limit: 1 })) records.push(one);
  return records.map((one) => ({ ...one, body: Uint8Array.from(one.body) }));
}

describe('a put', () => {
  it('is one signed conditional request', async () => {
    const { endpoint, journal, seen } = await openStore(done);
    expect(await journal.append(record)).toEqual({ status: 'appended' });
    expect(JSON.parse(seen[0]!.body)).toEqual({
      TableName: 'journal',
      Item: stored,
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(seen[0]!.headers).toMatchObject({
      host: new URL(endpoint).host,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.PutItem',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/us-east-1\/dynamodb\/aws4_request, /,
      ),
    });
  });

  it('keeps its connection for the next', async () => {
    const { journal, seen } = await openStore(done);
    for (let put = 0; put < 5; put += 1) await journal.append(record);
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1);
  });

  it('names whose record stands there, and is undecided where the answer does not say', async () => {
    const name = 'ConditionalCheckFailedException';
    const { journal } = await openStore(answer(400, refusal(name, { Item: stored })), answer(400, refusal(name)));
    expect(await journal.append(record)).toEqual({ status: 'conflict', stored: { token: record.token, epoch: 1 } });
    expect(await journal.append(record)).toMatchObject({ status: 'undecided' });
  });

  it.each(['ValidationException', 'SerializationException'])('throws %s', async (name) => {
    const { journal, seen } = await openStore(answer(400, refusal(name)));
    await expect(journal.append(record)).rejects.toMatchObject({ name });
    expect(seen).toHaveLength(1);
  });

  it.each<[string, Reply, string]>([
    ['500', answer(500, refusal('InternalServerError')), 'InternalServerError'],
    ['503 of a proxy', answer(503, '<html>busy</html>'), 'UnknownError'],
    [
      'a throttle',
      answer(400, refusal('ProvisionedThroughputExceededException')),
      'ProvisionedThroughputExceededException',
    ],
    [
      'a name in the header',
      answer(400, '', { 'x-amzn-errortype': 'ThrottlingException:http://x/#y' }),
      'ThrottlingException',
    ],
    ['garbage', answer(200, 'garbage'), 'UnreadableAnswer'],
    ['no object', answer(200, '[]'), 'UnreadableAnswer'],
    ['a wrong checksum', answer(200, '{}', { 'x-amz-crc32': '1' }), 'UnreadableAnswer'],
    ['a lost answer', (response) => void response.socket?.destroy(), 'HttpAnswerError'],
    [
      'half an answer',
      (response) => void response.writeHead(200, { 'content-length': 9 }).write('{', () => response.socket?.destroy()),
      'HttpAnswerError',
    ],
    ['silence', () => undefined, 'TimeoutError'],
    [
      'half an answer, then silence',
      (response) => void response.writeHead(200, { 'content-length': 9 }).write('{'),
      'TimeoutError',
    ],
  ])('is undecided after one request and %s', async (_, reply, name) => {
    const { journal, seen } = await openStore(reply, done);
    expect(causeOf(await journal.append(record))).toMatchObject({ name });
    expect(seen).toHaveLength(1);
    expect(await journal.append(record)).toEqual({ status: 'appended' });
    expect(seen).toHaveLength(2);
  });

  it('never takes a late answer for the next one', async () => {
    const held: ServerResponse[] = [];
    const { journal, seen } = await openStore((response) => void held.push(response), answer(500, refusal('Later')));
    expect(causeOf(await journal.append(record))).toMatchObject({ name: 'TimeoutError' });
    held[0]!.end('{}');
    expect(causeOf(await journal.append(record))).toMatchObject({ name: 'Later' });
    expect(seen[0]!.socket).not.toBe(seen[1]!.socket);
  });

  it('takes an answer that waited while this thread was busy for longer than the time-out', async () => {
    const server = `const { parentPort } = require('node:worker_threads');
      const server = require('node:net').createServer((socket) => socket.on('data', () => socket.write(${JSON.stringify(rawDone)})));
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;
    const worker = new Worker(server, { eval: true });
    closers.push(() => worker.terminate());
    const port = await new Promise<unknown>((resolve) => worker.once('message', resolve));
    const journal = journalAt(`http://127.0.0.1:${port}`);
    await journal.append(record);
    const appended = journal.append(record);
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TIMEOUT_MS * 2);
    expect(await appended).toEqual({ status: 'appended' });
  });

  it('is undecided where bytes follow the answer, and leaves that connection', async () => {
    const { journal, requests } = await openSockets((socket) => socket.write(`${rawDone}HTTP/1.1 200 OK\r\n`));
    expect(causeOf(await journal.append(record))).toMatchObject({ name: 'HttpAnswerError' });
    expect(requests()).toBe(1);
  });

  it('is undecided on a kept connection that the server resets when it is used, and is not repeated', async () => {
    let isStale = false;
    const { journal, requests } = await openSockets((socket) => {
      if (isStale) socket.resetAndDestroy();
      else socket.write(rawDone);
      isStale = !isStale;
    });
    expect(await journal.append(record)).toEqual({ status: 'appended' });
    expect(causeOf(await journal.append(record))).toMatchObject({ code: 'ECONNRESET' });
    expect(requests()).toBe(2);
    expect(await journal.append(record)).toEqual({ status: 'appended' });
  });

  it('opens another connection when the server has closed the idle one', async () => {
    const { journal, seen } = await openStore(done);
    await journal.append(record);
    const { socket } = seen[0]!;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end();
    await closed;
    expect(await journal.append(record)).toEqual({ status: 'appended' });
    expect(seen[1]!.socket).not.toBe(socket);
  });

  it('leaves a connection the server says it will close', async () => {
    const { journal, seen } = await openStore(answer(200, '{}', { connection: 'close' }), done);
    await journal.append(record);
    expect(await journal.append(record)).toEqual({ status: 'appended' });
    expect(seen[0]!.socket).not.toBe(seen[1]!.socket);
  });

  it('learns the time from a refusal for a wrong clock, for the next request', async () => {
    const ahead = Date.now() + 3_600_000;
    const skewed = answer(400, refusal('InvalidSignatureException'), { date: new Date(ahead).toUTCString() });
    const { journal, seen } = await openStore(skewed, done);
    expect(causeOf(await journal.append(record))).toMatchObject({ name: 'InvalidSignatureException' });
    expect(seen).toHaveLength(1);
    expect(await journal.append(record)).toEqual({ status: 'appended' });
    const [first, second] = seen.map(({ headers }) => timeOf(String(headers['x-amz-date'])));
    expect(second! - first!).toBeGreaterThan(3_590_000);
    expect(second! - first!).toBeLessThan(3_610_000);
  });
});

describe('a read', () => {
  const page = answer(200, { Items: [stored], Count: 1 });

  it('gives records byte for byte and checks the checksum', async () => {
    const text = JSON.stringify({ Items: [stored] });
    const { journal, seen } = await openStore(answer(200, text, { 'x-amz-crc32': String(crc32(text)) }));
    expect(await readAll(journal)).toEqual([record]);
    expect(JSON.parse(seen[0]!.body)).toMatchObject({ ConsistentRead: true, Limit: 1 });
  });

  it.each<[string, Reply]>([
    ['500', answer(500, refusal('InternalServerError'))],
    ['a throttle', answer(400, refusal('ThrottlingException'))],
    ['garbage', answer(200, 'garbage')],
    ['an answer without items', done],
    ['a lost connection', (response) => void response.socket?.destroy()],
    ['silence', () => undefined],
  ])('is repeated after %s', async (_, reply) => {
    const { journal, seen } = await openStore(reply, page);
    expect(await readAll(journal)).toEqual([record]);
    expect(seen).toHaveLength(2);
  });

  it('gives up after three attempts, and at once where a repeat cannot help', async () => {
    const busy = await openStore(answer(500, refusal('InternalServerError')));
    await expect(readAll(busy.journal)).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(busy.seen).toHaveLength(3);
    const missing = await openStore(answer(400, refusal('ResourceNotFoundException')));
    await expect(readAll(missing.journal)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(missing.seen).toHaveLength(1);
  });

  it('refuses an item that is not a record', async () => {
    const { journal } = await openStore(answer(200, { Items: [{ ...stored, body: { S: 'text' } }] }));
    await expect(readAll(journal)).rejects.toMatchObject({ code: 'MalformedItem' });
  });
});

describe('who we are and where to send', () => {
  const wireOf = (client: DynamoDBClient): DynamoWire => {
    const wire = createDynamoWire({ client, timeoutMs: 1_000, maxSockets: 2, keepAliveMs: 1_000 });
    closers.push(async () => wire.destroy());
    return wire;
  };

  it('sends the token of temporary credentials and renews them before they end', async () => {
    const { endpoint, seen } = await openStore(done);
    let issued = 0;
    const provider = async () => {
      issued += 1;
      const expiration = new Date(Date.now() + (issued === 1 ? 30_000 : 3_600_000));
      return { ...credentials, sessionToken: `token-${issued}`, expiration };
    };
    const wire = wireOf(new DynamoDBClient({ region: 'us-east-1', endpoint, credentials: provider }));
    for (let call = 0; call < 4; call += 1) await wire.send('PutItem', '{}');
    const tokens = seen.map(({ headers }) => headers['x-amz-security-token']);
    expect(tokens.at(-1)).toBe('token-2');
    expect(issued).toBe(2);
    expect(seen.at(-1)?.headers.authorization).toContain('x-amz-security-token;x-amz-target');
  });

  it('leaves a put undecided while there are no credentials, and tries again', async () => {
    const { endpoint, seen } = await openStore(done);
    let isReady = false;
    const provider = async () => {
      if (!isReady) throw new Error('no credentials yet');
      return credentials;
    };
    const client = wireOf(new DynamoDBClient({ region: 'us-east-1', endpoint, credentials: provider }));
    const journal = createDynamoJournal({ client, tableName: 'journal' });
    expect(await journal.append(record)).toMatchObject({ status: 'undecided' });
    expect(seen).toHaveLength(0);
    isReady = true;
    expect(await journal.append(record)).toEqual({ status: 'appended' });
  });

  it('bounds its connections', async () => {
    const { endpoint, seen } = await openStore((response) => void setImmediate(() => done(response)));
    const wire = wireOf(new DynamoDBClient({ region: 'us-east-1', endpoint, credentials }));
    await Promise.all(Array.from({ length: 20 }, () => wire.send('PutItem', '{}')));
    expect(seen).toHaveLength(20);
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(2);
  });

  it('asks the SDK for the endpoint: by region, by variable of the environment', async () => {
    const variable = 'AWS_ENDPOINT_URL_DYNAMODB';
    const before = process.env[variable];
    try {
      delete process.env[variable];
      const options = { region: 'eu-central-1', credentials };
      expect(await resolveDynamoEndpoint(new DynamoDBClient(options))).toMatchObject({
        isSecure: true,
        hostname: 'dynamodb.eu-central-1.amazonaws.com',
        path: '/',
        region: 'eu-central-1',
      });
      process.env[variable] = 'http://127.0.0.1:4566';
      expect(await resolveDynamoEndpoint(new DynamoDBClient(options))).toEqual({
        isSecure: false,
        hostname: '127.0.0.1',
        port: 4_566,
        path: '/',
        region: 'eu-central-1',
      });
    } finally {
      if (before === undefined) delete process.env[variable];
      else process.env[variable] = before;
    }
  });
});

/** `20150830T123600Z` as ms since the epoch. */
const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
