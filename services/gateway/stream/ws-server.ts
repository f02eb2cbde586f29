/** `/ws` on the HTTP server's port. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { SILENCE_LIMIT_MS, wsErrorTexts, wsLimits } from '@perps/contracts/hyperliquid';
import { WebSocketServer } from 'ws';
import { isLoopback } from '../http/ip-budget.ts';
import { type Connection, type ConnectionDeps, serveConnection } from './connection.ts';

const FRAME_BYTES_MAX = 256 * 1024;
/** Over all clients; beyond it new ones are refused. */
const CONNECTIONS_MAX = 20_000;
/** Tests and local tools come from one address. */
const LOOPBACK_CONNECTIONS_MAX = 5_000;
const LOOPBACK_MESSAGES_PER_MINUTE = 1_000_000;
const SWEEP_MS = 1_000;
const CLOSE_POLICY = 1008;
const CLOSE_NORMAL = 1000;

export interface StreamServer {
  connections(): number;
  close(): void;
}

export interface StreamServerDeps extends Omit<ConnectionDeps, 'messagesPerMinute'> {
  readonly server: Server;
  readonly trustProxy: boolean;
  readonly silenceMs?: number;
}

/** Attaches to the server's upgrades. */
export function createStreamServer(deps: StreamServerDeps): StreamServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false });
  const connections = new Set<Connection>();
  const byIp = new Map<string, number>();
  const silenceMs = deps.silenceMs ?? SILENCE_LIMIT_MS;

  const sweep = setInterval(() => {
    const now = deps.clock.monotonic();
    for (const connection of connections) {
      if (now - connection.lastSentAt() >= silenceMs) connection.socket.close(CLOSE_NORMAL, 'Inactive');
    }
  }, SWEEP_MS);
  sweep.unref();

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (request.url?.split('?')[0] !== '/ws' || connections.size >= CONNECTIONS_MAX) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      const ip = ipOf(request, deps.trustProxy);
      const open = byIp.get(ip) ?? 0;
      if (open >= (isLoopback(ip) ? LOOPBACK_CONNECTIONS_MAX : wsLimits.connections)) {
        client.close(CLOSE_POLICY, wsErrorTexts.tooManyConnections);
        return;
      }
      byIp.set(ip, open + 1);
      const messagesPerMinute = isLoopback(ip) ? LOOPBACK_MESSAGES_PER_MINUTE : wsLimits.messagesPerMinute;
      const connection = serveConnection(client, ip, { ...deps, messagesPerMinute });
      connections.add(connection);
      client.on('close', () => {
        connections.delete(connection);
        const left = (byIp.get(ip) ?? 1) - 1;
        if (left === 0) byIp.delete(ip);
        else byIp.set(ip, left);
      });
    });
  };
  deps.server.on('upgrade', onUpgrade);

  return {
    connections: () => connections.size,
    close() {
      clearInterval(sweep);
      deps.server.off('upgrade', onUpgrade);
      for (const { socket } of connections) socket.terminate();
      sockets.close();
    },
  };
}

/** Behind edge and balancer the client is the last entry but one of X-Forwarded-For: the balancer appended the edge. */
function ipOf(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? String(request.headers['x-forwarded-for'] ?? '') : '';
  const hops = forwarded.split(',').map((hop) => hop.trim());
  const client = hops.at(-2) ?? hops.at(-1) ?? '';
  return client === '' ? (request.socket.remoteAddress ?? '') : client;
}
