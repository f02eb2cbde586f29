/** POST to the venue over kept-alive connections. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createOrderLines } from './order-lines.ts';

export interface VenueHttpAnswer {
  readonly status: number;
  readonly text: string;
}

export interface VenueHttp {
  /**
   * Rejects with `VenueTransportError` where no whole answer came in time: whether the venue acted is then unknown.
   * `onSent` is called when the last byte went to the socket.
   */
  post(path: '/info' | '/exchange', body: string, options: PostOptions): Promise<VenueHttpAnswer>;
  close(): void;
}

export interface PostOptions {
  readonly timeoutMs: number;
  readonly onSent?: () => void;
}

/** Refused by the peer's host, or a name that does not resolve. */
const UNSENT_CODES: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Time-out, refused or dropped connection: unknown is not failed. */
export class VenueTransportError extends Error {
  readonly code = 'VenueTransport';
  override readonly name = 'VenueTransportError';
  /** No connection came about: not one byte left. False where that is not certain. */
  readonly isUnsent: boolean;
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    const { cause } = options;
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
    this.isUnsent = typeof code === 'string' && UNSENT_CODES.has(code);
  }
}

/** Above what the venue lets be in flight anyway. */
const SOCKETS_MAX = 64;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
/**
 * Idle connections are dropped well before a server or balancer does it (a minute and more): an order sent into a
 * connection that the other side is just closing would be undecided for nothing.
 */
const IDLE_MS_MAX = 20_000;
const AGENT_OPTIONS = {
  keepAlive: true,
  timeout: IDLE_MS_MAX,
  maxSockets: SOCKETS_MAX,
  noDelay: true,
  scheduling: 'fifo',
} as const;

export interface VenueConnections extends VenueHttp {
  /** Keeps a connection for orders open from now on. */
  warm(): void;
}

/** Orders have connections of their own, questions those of `node:http`. Nothing is opened before it is asked for. */
export function createVenueHttp(baseUrl: string): VenueConnections {
  const base = new URL(baseUrl);
  const isSecure = base.protocol === 'https:';
  const agent = isSecure ? new HttpsAgent(AGENT_OPTIONS) : new HttpAgent(AGENT_OPTIONS);
  const send = isSecure ? httpsRequest : httpRequest;
  const fixed = {
    agent,
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port,
    method: 'POST',
  };
  const prefix = base.pathname.replace(/\/$/, '');

  const lines = createOrderLines({
    isSecure,
    hostname: fixed.hostname,
    port: Number(base.port === '' ? (isSecure ? 443 : 80) : base.port),
    idleMsMax: IDLE_MS_MAX,
  });
  const orderHead = `POST ${prefix}/exchange HTTP/1.1\r\nhost: ${base.host}\r\ncontent-type: application/json\r\n`;

  const order = async (body: string, options: PostOptions): Promise<VenueHttpAnswer> => {
    const request = Buffer.from(`${orderHead}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    try {
      const { status, bytes } = await lines.send(request, options);
      return { status, text: bytes.toString('utf8') };
    } catch (cause) {
      throw new VenueTransportError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };

  const ask: VenueHttp['post'] = (path, body, options) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.from(body);
      const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
      const request = send({ ...fixed, path: `${prefix}${path}`, headers });
      let isOver = false;
      const fail = (reason: string, cause?: Error): void => {
        if (!isOver) reject(new VenueTransportError(reason, cause === undefined ? {} : { cause }));
        isOver = true;
      };
      const succeed = (answer: VenueHttpAnswer): void => {
        isOver = true;
        resolve(answer);
      };
      // The deadline is for the whole exchange: a peer that drips bytes must not hold an order's fate.
      const deadline = setTimeout(() => {
        fail(`no answer in ${options.timeoutMs} ms`);
        request.destroy();
      }, options.timeoutMs);
      request.on('response', (response) => readAnswer(response, succeed, fail));
      request.on('error', (cause) => fail(cause.message, cause));
      request.on('close', () => {
        clearTimeout(deadline);
        fail('connection closed before the answer');
      });
      if (options.onSent !== undefined) request.on('finish', options.onSent);
      request.end(bytes);
    });

  return {
    post: (path, body, options) => (path === '/exchange' ? order(body, options) : ask(path, body, options)),
    warm: () => lines.warm(),
    close: () => {
      lines.close();
      agent.destroy();
    },
  };
}

function readAnswer(
  response: IncomingMessage,
  resolve: (answer: VenueHttpAnswer) => void,
  fail: (reason: string, cause?: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) response.destroy(new Error('answer too large'));
    else chunks.push(chunk);
  });
  response.on('end', () => {
    if (!response.complete) return fail('answer cut off');
    return resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
  });
  response.on('error', (cause) => fail(cause.message, cause));
}
