import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@perps/runtime/ports';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ClientFrame, decodeFrames, MESSAGE_BYTES_MAX, RpcError, type ServerFrame } from './frames.ts';
import { createOutbox, type Outbox } from './outbox.ts';

export type RpcHandler = (params: unknown) => Promise<unknown>;

export interface RpcTopic {
  /** What a new subscriber gets first: the whole picture. */
  readonly snapshot?: () => readonly unknown[];
}

export interface RpcServerOptions {
  /** An HTTP server that already exists (for `/health` on the same port); else one is made on `port`. */
  readonly server?: Server;
  readonly port?: number;
  readonly host?: string;
  /** Default `/rpc`. */
  readonly path?: string;
  readonly handlers: Readonly<Record<string, RpcHandler>>;
  readonly topics?: Readonly<Record<string, RpcTopic>>;
  readonly logger: Logger;
}

export interface RpcServer {
  readonly port: number;
  publish(topic: string, payload: unknown): void;
  subscribers(topic: string): number;
  close(): Promise<void>;
}

type ServerOutbox = Outbox<ServerFrame>;

/** Serves methods and topics on `path`; a handler that throws an error with a `code` answers that code. */
export async function createRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const http = options.server ?? createServer((_request, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
  const subscribers = new Map<string, Set<ServerOutbox>>();
  const path = options.path ?? '/rpc';

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (request.url?.split('?')[0] !== path) return;
    sockets.handleUpgrade(request, socket, head, (client) => serveClient(client, options, subscribers));
  };
  http.on('upgrade', onUpgrade);
  if (options.server === undefined) await listen(http, options);

  return {
    get port() {
      return (http.address() as AddressInfo).port;
    },
    publish(topic, payload) {
      for (const outbox of subscribers.get(topic) ?? []) outbox.send({ kind: 'event', topic, payload });
    },
    subscribers: (topic) => subscribers.get(topic)?.size ?? 0,
    async close() {
      http.off('upgrade', onUpgrade);
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      if (options.server === undefined) await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function listen(http: Server, options: RpcServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
}

function serveClient(client: WebSocket, options: RpcServerOptions, subscribers: Map<string, Set<ServerOutbox>>): void {
  const outbox = createOutbox<ServerFrame>(client);
  client.on('message', (data: Buffer) => {
    try {
      for (const frame of decodeFrames<ClientFrame>(data)) serveFrame(frame);
    } catch (cause) {
      options.logger.warn('rpc: bad message, connection closed', { cause: String(cause) });
      client.terminate();
    }
  });
  client.on('close', () => {
    for (const outboxes of subscribers.values()) outboxes.delete(outbox);
  });
  client.on('error', (cause) => options.logger.warn('rpc: socket error', { cause: cause.message }));

  function serveFrame(frame: ClientFrame): void {
    if (frame.kind === 'request') void answer(frame.id, frame.method, frame.params);
    else subscribe(frame.topic);
  }

  async function answer(id: number, method: string, params: unknown): Promise<void> {
    const handler = Object.hasOwn(options.handlers, method) ? options.handlers[method] : undefined;
    try {
      if (handler === undefined) throw new RpcError('BadRequest', `no method ${method}`);
      outbox.send({ kind: 'result', id, result: await handler(params) });
    } catch (cause) {
      const code = codeOf(cause);
      if (code === 'Internal') options.logger.error('rpc: handler failed', { method, cause: String(cause) });
      outbox.send({ kind: 'error', id, code, message: cause instanceof Error ? cause.message : 'failed' });
    }
  }

  function subscribe(topic: string): void {
    const known =
      options.topics !== undefined && Object.hasOwn(options.topics, topic) ? options.topics[topic] : undefined;
    if (known === undefined) return;
    const outboxes = subscribers.get(topic) ?? new Set<ServerOutbox>();
    subscribers.set(topic, outboxes);
    for (const payload of known.snapshot?.() ?? []) outbox.send({ kind: 'event', topic, payload });
    outboxes.add(outbox);
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'Internal';
}
