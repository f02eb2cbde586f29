/**
 * DynamoDB's JSON protocol for the journal's two operations: one signed request and one answer, nothing repeated. The
 * SDK still says who we are and where to send; what it does for every request besides costs more than the request.
 */
import { crc32 } from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { resolveDynamoEndpoint, type DynamoEndpoint } from './dynamo-endpoint.ts';
import type { HttpAnswer } from './http-answer.ts';
import { createHttpLines, type HttpLines } from './http-lines.ts';
import { createSigner, type SigningRequest } from './sigv4.ts';

const SERVICE_VERSION = 'DynamoDB_20120810';
const CONTENT_TYPE = 'application/x-amz-json-1.0';

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
   * Sends once. Rejects with `DynamoWireError` for errors of the service and answers nobody can read, and with the errors
   * of `HttpLines` and of the credentials' source: all but the service's own refusals leave open what happened.
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

interface Connection {
  readonly path: string;
  readonly lines: HttpLines;
  /** Gives the header lines. */
  readonly sign: (request: SigningRequest) => string;
}

/** Creates the client. Credentials are asked for on each request: their provider keeps them and renews them in time. */
export function createDynamoWire(options: DynamoWireOptions): DynamoWire {
  const { client, now = Date.now } = options;
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
  const learnClock = ({ header }: HttpAnswer): void => {
    const serverTime = Date.parse(header('date') ?? '');
    if (!Number.isNaN(serverTime)) clockOffsetMs = serverTime - now();
  };

  return {
    send: async (operation, body) => {
      const { sign, lines, path } = await connect();
      const credentials = await client.config.credentials();
      const target = `${SERVICE_VERSION}.${operation}`;
      const headers = sign({ target, body, at: now() + clockOffsetMs, credentials });
      const length = Buffer.byteLength(body);
      const answer = await lines.send(
        `POST ${path} HTTP/1.1\r\n${headers}content-length: ${length}\r\n\r\n${body}`,
        length === body.length ? 'latin1' : 'utf8',
      );
      if (answer.status === 200) return parse(answer);
      const error = errorOf(answer);
      if (SKEW_ERRORS.has(error.name)) learnClock(answer);
      throw error;
    },
    destroy: () => {
      void connecting?.then(({ lines }) => lines.destroy()).catch(() => undefined);
      client.destroy();
    },
  };
}

function connectionTo(endpoint: DynamoEndpoint, options: DynamoWireOptions): Connection {
  const { isSecure, hostname, port, path, region } = endpoint;
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const { timeoutMs, maxSockets, keepAliveMs } = options;
  return {
    path,
    sign: createSigner({ region, service: 'dynamodb', host, path, contentType: CONTENT_TYPE }),
    lines: createHttpLines({
      isSecure,
      hostname: hostname.replaceAll(/[[\]]/g, ''),
      port: port ?? (isSecure ? 443 : 80),
      timeoutMs,
      maxSockets,
      keepAliveMs,
    }),
  };
}

const unreadable = (reason: string): DynamoWireError =>
  new DynamoWireError('UnreadableAnswer', `answer of DynamoDB: ${reason}`, { retryable: true });

/** Throws `DynamoWireError` where the bytes are not those that were sent, or no JSON object. */
function parse({ header, bytes }: HttpAnswer): WireAnswer {
  const checksum = header('x-amz-crc32');
  if (checksum !== undefined && Number(checksum) !== crc32(bytes)) throw unreadable('checksum');
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

function errorOf(answer: HttpAnswer): DynamoWireError {
  const { status, header } = answer;
  let body: WireAnswer & { readonly __type?: unknown; readonly message?: unknown; readonly Message?: unknown } = {};
  try {
    body = parse(answer);
  } catch {
    // Something between us and DynamoDB answered; the status is all there is to know.
  }
  const name = nameIn(header('x-amzn-errortype')) ?? nameIn(body.__type) ?? 'UnknownError';
  const message = [body.message, body.Message].find((text) => typeof text === 'string') ?? `status ${status}`;
  return new DynamoWireError(name, message, {
    retryable: status >= 500 || status === 429 || THROTTLES.has(name) || SKEW_ERRORS.has(name),
    item: body.Item,
  });
}
