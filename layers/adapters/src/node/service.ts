import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@perps/runtime/ports';

/** Can this service decide safely now? Reasons say why not, in words an operator understands. */
export interface ServiceHealth {
  readonly isHealthy: boolean;
  readonly reasons: readonly string[];
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A server that answers `GET /health` (200 or 503 with reasons) and leaves upgrades to whoever attaches (RPC). */
export async function createHealthServer(options: {
  readonly port: number;
  readonly host: string;
  readonly health: () => ServiceHealth;
}): Promise<{ readonly server: Server; readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url !== '/health') {
      response.writeHead(404).end();
      return;
    }
    const health = options.health();
    response
      .writeHead(health.isHealthy ? 200 : 503, { 'content-type': 'application/json' })
      .end(
        JSON.stringify({ status: health.isHealthy ? 'ok' : 'unavailable', reasons: health.reasons, ...health.details }),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Service {
  /** Stops intake, drains, hands over; must end within the stop time-out. */
  stop(): Promise<void>;
}

/** Fargate sends SIGKILL 30 s after SIGTERM; we leave before. */
const STOP_MS_MAX = 25_000;

/**
 * Owns signals and the only `process.exit`: starts the service, stops it on SIGTERM or SIGINT (exit 0), and ends the
 * process with 1 on any error nobody handled: crash-only, start-up is recovery.
 */
export async function runService(
  logger: Logger,
  start: (fail: (cause: unknown) => void) => Promise<Service>,
): Promise<void> {
  const fail = (cause: unknown): void => {
    logger.error('service failed', { cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  let isStopping = false;
  let service: Service | undefined;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => fail(new Error('did not stop in time')), STOP_MS_MAX).unref();
    Promise.resolve(service?.stop()).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  service = await start(fail);
}
