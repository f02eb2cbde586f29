/** The HTTP side of the door: `/info`, `/exchange`, `/health`, with the status codes and texts of Hyperliquid. */
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '@perps/runtime/ports';
import {
  badJson,
  bodyTooLarge,
  corsHeaders,
  type HttpFailure,
  internalError,
  isJsonContentType,
  parseJsonBody,
  preflightHeaders,
  rateLimited,
  unsupportedMediaType,
} from '@perps/contracts/hyperliquid';
import { type DoorAnswer, failed } from './answer.ts';

/** The largest sensible body is 200 orders of about 250 bytes. */
const BODY_BYTES_MAX = 256 * 1024;
/** Requests being worked on at once; beyond it the door says 429 rather than queue. */
const IN_FLIGHT_MAX = 10_000;
/** Longer than the balancer's idle time (60 s), so that it never sends on a connection we just closed. */
const KEEP_ALIVE_MS = 75_000;

export type DoorHandler = (call: { readonly body: unknown; readonly ip: string }) => Promise<DoorAnswer>;

export interface HttpServerOptions {
  readonly info: DoorHandler;
  readonly exchange: DoorHandler;
  readonly health: () => { readonly isHealthy: boolean; readonly body: unknown };
  readonly trustProxy: boolean;
  readonly logger: Logger;
}

/** Builds the server; nothing listens yet. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Two hops: the balancer, and the edge before it (API Gateway or CloudFront), which names the client. What clients
    // write into the header themselves stands further left and is not believed.
    trustProxy: options.trustProxy ? (_address, hop) => hop < 2 : false,
    logger: false,
    forceCloseConnections: true,
  });
  app.removeAllContentTypeParsers();
  // The parsed value is checked field by field later: a poisoned prototype is just an unknown key there.
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    if (!isJsonContentType(request.headers['content-type'])) return done(new RefusedError(unsupportedMediaType()));
    const parsed = parseJsonBody(String(body));
    if (parsed.ok) done(null, parsed.body);
    else done(new RefusedError(parsed));
  });
  app.setErrorHandler((error: unknown, _request, reply) => send(reply, answerFor(error, options.logger)));
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).headers(corsHeaders).type('text/plain; charset=utf-8').send(''),
  );
  app.post('/info', guarded(options.info));
  app.post('/exchange', guarded(options.exchange));
  for (const path of ['/info', '/exchange']) {
    app.options(path, (_request, reply) =>
      reply
        .code(200)
        .headers({ ...corsHeaders, ...preflightHeaders })
        .send(),
    );
  }
  app.get('/health', (_request, reply) => {
    const { isHealthy, body } = options.health();
    return reply.code(isHealthy ? 200 : 503).send(body);
  });
  return app;
}

class RefusedError extends Error {
  readonly failure: HttpFailure;
  constructor(failure: HttpFailure) {
    super(failure.text);
    this.failure = failure;
  }
}

function guarded(handler: DoorHandler): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  let inFlight = 0;
  return async (request, reply) => {
    if (request.body === undefined) return send(reply, failed(unsupportedMediaType()));
    if (inFlight >= IN_FLIGHT_MAX) return send(reply, failed(rateLimited()));
    inFlight += 1;
    try {
      return send(reply, await handler({ body: request.body, ip: request.ip }));
    } finally {
      inFlight -= 1;
    }
  };
}

function send(reply: FastifyReply, answer: DoorAnswer): FastifyReply {
  return reply
    .code(answer.status)
    .headers(corsHeaders)
    .header('content-type', answer.isJson ? 'application/json' : 'text/plain; charset=utf-8')
    .send(answer.body);
}

function answerFor(error: unknown, logger: Logger): DoorAnswer {
  if (error instanceof RefusedError) return failed(error.failure);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return failed(bodyTooLarge());
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return failed(unsupportedMediaType());
  if (typeof code === 'string' && code.startsWith('FST_ERR_CTP')) return failed(badJson());
  logger.error('request failed', { cause: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return failed(internalError());
}
