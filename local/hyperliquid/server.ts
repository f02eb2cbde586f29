/** The HTTP door: `/info`, `/exchange`, `/ws`, with the venue's answers to malformed requests. */
import {
  badJson,
  bodyTooLarge,
  corsHeaders,
  internalError,
  isJsonContentType,
  parseJsonBody,
  preflightHeaders,
  unsupportedMediaType,
  type HttpFailure,
} from '@perps/contracts/hyperliquid';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import type { Door } from './door.ts';
import type { Endpoint } from './faults.ts';
import type { WsHub } from './ws.ts';

const BODY_BYTES_MAX = 1_000_000;
const WS_MESSAGE_BYTES_MAX = 1_000_000;
const WS_PATH = '/ws';

export interface VenueServer {
  listen(options: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number }>;
  close(): Promise<void>;
}

export function createVenueServer(parts: { readonly door: Door; readonly hub: WsHub }): VenueServer {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: WS_MESSAGE_BYTES_MAX });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(corsHeaders);
  });
  app.setErrorHandler(async (error: { readonly statusCode?: number }, _request, reply) =>
    refuse(reply, failureOf(error.statusCode)),
  );
  addRoutes(app, parts.door);
  app.server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?')[0] !== WS_PATH) {
      socket.destroy();
      return;
    }
    const ip = request.socket.remoteAddress ?? '';
    sockets.handleUpgrade(request, socket, head, (ws) => parts.hub.accept(ws, ip));
  });
  return {
    listen: async ({ host, port }) => {
      await app.listen({ host, port });
      const address = app.server.address();
      return { host, port: typeof address === 'object' && address !== null ? address.port : port };
    },
    close: async () => {
      parts.hub.close();
      sockets.close();
      await app.close();
    },
  };
}

function addRoutes(app: FastifyInstance, door: Door): void {
  for (const endpoint of ['info', 'exchange'] as const) {
    app.post(`/${endpoint}`, async (request, reply) => serve(door, endpoint, { request, reply }));
    app.options(`/${endpoint}`, async (_request, reply) => reply.code(200).headers(preflightHeaders).send());
  }
}

async function serve(
  door: Door,
  endpoint: Endpoint,
  exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const { request, reply } = exchange;
  if (!isJsonContentType(request.headers['content-type'])) return refuse(reply, unsupportedMediaType());
  const parsed = parseJsonBody(typeof request.body === 'string' ? request.body : '');
  if (!parsed.ok) return refuse(reply, parsed);
  const answer = await door.serve({ endpoint, body: parsed.body, ip: request.ip });
  switch (answer.kind) {
    case 'json':
      return reply.type('application/json').send(JSON.stringify(answer.body));
    case 'failure':
      return refuse(reply, answer);
    case 'dead':
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
  }
}

/** The framework knows bodies that are too large or broken off; everything else is our own failure. */
function failureOf(statusCode: number | undefined): HttpFailure {
  if (statusCode === 413) return bodyTooLarge();
  return statusCode !== undefined && statusCode < 500 ? badJson() : internalError();
}

const refuse = (reply: FastifyReply, failure: Pick<HttpFailure, 'status' | 'text' | 'contentType'>): FastifyReply =>
  reply.code(failure.status).type(failure.contentType).send(failure.text);
