/**
 * DynamoDB's JSON protocol for the journal's two operations: one signed request and one answer, nothing repeated. The
 * SDK still says who we are and where to send; what it does for every request besides costs more than the request.
 */
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { crc32 } from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { resolveDynamoEndpoint, type DynamoEndpoint } from './dynamo-endpoint.ts';
import { createSigner, type RawHeaders, type SigningRequest } from './sigv4.ts';

const SERVICE_VERSION = 'DynamoDB_20120810';
const CONTENT_TYPE = 'application/x-amz-json-1.0';

/** A page ends at 1 MB of items; base64 and JSON make less than three of it. */
const ANSWER_BYTES_MAX = 8 * 2 ** 20;

const THROTTLES = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** What a wrong clock is answered with; a wrong secret too, and then the offset learned is about zero. */
const SKEW_ERRORS = new Set([
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

/** Attribute values as JSON carries them: numbers as text, bytes as base64. */
export type WireItem = Readonly<Record<string, { readonly S?: unknown; readonly N?: unknown; readonly B?: unknown }>>;

/** What the two operations answer and what errors carry; nothing in it is checked yet. */
export interface WireAnswer {
  readonly Items?: readonly WireItem[];
  readonly LastEvaluatedKey?: object;
  /** The item a condition failed on. */
  readonly Item?: WireItem;
}

/** An answer that is an error, by DynamoDB's name for it, or one that nobody can read. */
export class DynamoWireError extends Error {
  readonly code = 'DynamoWire';
  override readonly name: string;
  /** A read may be sent again; for a put it says nothing about what happened. */
  readonly retryable: boolean;
  /** The item a condition failed on, where it was asked for. */
  readonly item: WireItem | undefined;
  constructor(
    name: string,
    message: string,
    { retryable, item }: { readonly retryable: boolean; readonly item?: WireItem | undefined },
  ) {
    super(message);
    this.name = name;
    this.retryable = retryable;
    this.item = item;
  }
}

export interface DynamoWire {
  /**
   * Sends once. Rejects with `DynamoWireError` for errors of the service, time-outs and answers nobody can read, and with
   * the error of the socket or of the credentials' source: all but the service's own refusals leave open what happened.
   */
  send(operation: 'PutItem' | 'Query', body: string): Promise<WireAnswer>;
  destroy(): void;
}

export interface DynamoWireOptions {
  /** Gives credentials, region and endpoint; sends nothing. */
  readonly client: DynamoDBClient;
  /** Longest silence: before the answer begins, and between its parts; ms. */
  readonly timeoutMs: number;
  readonly maxSockets: number;
  readonly keepAliveMs: number;
  /** Ms since the epoch; injected for tests. */
  readonly now?: () => number;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
}

interface Connection {
  readonly open: (headers: RawHeaders) => ClientRequest;
  readonly sign: (request: SigningRequest) => RawHeaders;
  readonly destroy: () => void;
}

/** Creates the client. Credentials are asked for on each request: their provider keeps them and renews them in time. */
export function createDynamoWire(options: DynamoWireOptions): DynamoWire {
  const { client, timeoutMs, now = Date.now } = options;
  let connecting: Promise<Connection> | undefined;
  let clockOffsetMs = 0;

  const connect = (): Promise<Connection> => {
    connecting ??= resolveDynamoEndpoint(client)
      .then((endpoint) => connectionTo(endpoint, options))
      .catch((error: unknown) => {
        connecting = undefined;
        throw error;
      });
    return connecting;
  };

  /** Only the next request profits: this one keeps its error, because a put must never be sent twice. */
  const learnClock = (headers: IncomingMessage['headers']): void => {
    const serverTime = Date.parse(headers.date ?? '');
    if (!Number.isNaN(serverTime)) clockOffsetMs = serverTime - now();
  };

  return {
    send: async (operation, body) => {
      const { sign, open } = await connect();
      const credentials = await client.config.credentials();
      const target = `${SERVICE_VERSION}.${operation}`;
      const headers = sign({ target, body, at: now() + clockOffsetMs, credentials });
      const answer = await exchange(open, { headers, body, timeoutMs });
      if (answer.status === 200) return parse(answer);
      const error = errorOf(answer);
      if (SKEW_ERRORS.has(error.name)) learnClock(answer.headers);
      throw error;
    },
    destroy: () => {
      void connecting?.then((connection) => connection.destroy()).catch(() => undefined);
      client.destroy();
    },
  };
}

function connectionTo(endpoint: DynamoEndpoint, { maxSockets, keepAliveMs }: DynamoWireOptions): Connection {
  const { isSecure, hostname, port, path, region } = endpoint;
  const settings = { keepAlive: true, keepAliveMsecs: keepAliveMs, maxSockets, noDelay: true };
  const agent = isSecure ? new HttpsAgent(settings) : new HttpAgent(settings);
  const request = isSecure ? httpsRequest : httpRequest;
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const target = {
    method: 'POST',
    agent,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    path,
    ...(port === undefined ? {} : { port }),
  };
  return {
    open: (headers) => request({ ...target, headers }),
    sign: createSigner({ region, service: 'dynamodb', host, path, contentType: CONTENT_TYPE }),
    destroy: () => agent.destroy(),
  };
}

/** One request, one answer. A text without anything beyond ASCII leaves in one piece with its headers. */
function exchange(
  open: (headers: RawHeaders) => ClientRequest,
  { headers, body, timeoutMs }: { readonly headers: RawHeaders; readonly body: string; readonly timeoutMs: number },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body);
    const request = open([...headers, 'content-length', String(length)]);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
      request.destroy(error);
    };
    const timer = setTimeout(() => {
      fail(new DynamoWireError('TimeoutError', `no answer in ${timeoutMs} ms`, { retryable: true }));
    }, timeoutMs);
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        timer.refresh();
        chunks.push(chunk);
        size += chunk.length;
        if (size > ANSWER_BYTES_MAX) fail(unreadable('longer than any answer'));
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        const [first = Buffer.alloc(0)] = chunks;
        const bytes = chunks.length > 1 ? Buffer.concat(chunks, size) : first;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes });
      });
    });
    request.end(body, length === body.length ? 'latin1' : 'utf8');
  });
}

const unreadable = (reason: string): DynamoWireError =>
  new DynamoWireError('UnreadableAnswer', `answer of DynamoDB: ${reason}`, { retryable: true });

/** Throws `DynamoWireError` where the bytes are not those that were sent, or no JSON object. */
function parse({ headers, bytes }: Answer): WireAnswer {
  const checksum = headers['x-amz-crc32'];
  if (typeof checksum === 'string' && Number(checksum) !== crc32(bytes)) throw unreadable('checksum');
  try {
    const answer: unknown = JSON.parse(bytes.toString());
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer;
  } catch {
    throw unreadable('no JSON');
  }
  throw unreadable('no JSON object');
}

/** `com.amazonaws.dynamodb.v20120810#ThrottlingException` in the body, perhaps with a reason after a colon. */
const nameIn = (type: unknown): string | undefined =>
  typeof type === 'string' ? type.split(':')[0]?.split('#').pop() : undefined;

function errorOf(answer: Answer): DynamoWireError {
  const { status, headers } = answer;
  let body: WireAnswer & { readonly __type?: unknown; readonly message?: unknown; readonly Message?: unknown } = {};
  try {
    body = parse(answer);
  } catch {
    // Something between us and DynamoDB answered; the status is all there is to know.
  }
  const name = nameIn(headers['x-amzn-errortype']) ?? nameIn(body.__type) ?? 'UnknownError';
  return new DynamoWireError(name, String(body.message ?? body.Message ?? `status ${status}`), {
    retryable: status >= 500 || status === 429 || THROTTLES.has(name) || SKEW_ERRORS.has(name),
    item: body.Item,
  });
}
