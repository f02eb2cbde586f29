/** The WebSocket door: connections, subscriptions, posts, limits, and the faults that frames suffer. */
import {
  CLOSE_POLICY,
  errorFrame,
  internalError,
  parseClientFrame,
  pongFrame,
  postActionResponse,
  postErrorResponse,
  postInfoResponse,
  SILENCE_LIMIT_MS,
  subscriptionKey,
  subscriptionResponse,
  subscriptionUser,
  wsErrorTexts,
  type ClientFrame,
  type Subscription,
} from '@perps/contracts/hyperliquid';
import type { WebSocket } from 'ws';
import { createConnection, type Connection } from './connection.ts';
import type { Door, DoorAnswer } from './door.ts';
import type { Faults } from './faults.ts';
import type { VenueLimits } from './options.ts';
import { firstFrames, isServable } from './streams.ts';
import { createTopics, type Topic, type Topics } from './topics.ts';
import type { Venue } from './venue.ts';

export interface WsHub {
  accept(socket: WebSocket, ip: string): void;
  topics(): Iterable<Topic>;
  /** Closes connections that have been silent for too long. */
  sweep(): void;
  connectionCount(): number;
  close(): void;
}

interface HubParts {
  readonly venue: Venue;
  readonly faults: Faults;
  readonly door: Door;
  readonly limits: VenueLimits;
}

export function createWsHub(parts: HubParts): WsHub {
  const { venue, faults } = parts;
  const connections = new Set<Connection>();
  const topics = createTopics();
  const admission = createAdmission(parts, connections);
  const hub: HubContext = { ...parts, topics, connections };

  faults.onArm((fault) => {
    if (fault.kind !== 'wsDrop') return;
    fault.fired += 1;
    const { account } = fault;
    for (const connection of connections) {
      if (account === undefined || connection.users().has(account)) connection.terminate();
    }
  });

  return {
    accept: (socket, ip) => {
      if (!admission.admits(socket, ip)) return;
      const connection = createConnection({ socket, ip, clock: venue.clock, faults });
      connections.add(connection);
      socket.on('message', (data) => receive(hub, connection, textOf(data)));
      socket.on('error', () => connection.terminate());
      socket.on('close', () => {
        connections.delete(connection);
        for (const key of connection.subscriptions.keys()) topics.leave(connection, key);
      });
    },
    topics: topics.all,
    sweep: () => {
      const now = venue.clock.now();
      for (const connection of connections) {
        if (now - connection.lastSentAt() >= SILENCE_LIMIT_MS) connection.close();
      }
    },
    connectionCount: () => connections.size,
    close: () => {
      for (const connection of connections) connection.terminate();
    },
  };
}

const MINUTE_MS = 60_000;

/** Turns away what exceeds the caps per IP, and what a `wsDrop` still wants. */
function createAdmission(
  { venue, faults, limits }: HubParts,
  connections: ReadonlySet<Connection>,
): { admits(socket: WebSocket, ip: string): boolean } {
  const openedAt = new Map<string, readonly number[]>();
  return {
    admits: (socket, ip) => {
      const now = venue.clock.now();
      const recent = (openedAt.get(ip) ?? []).filter((at) => now - at < MINUTE_MS);
      openedAt.set(ip, [...recent, now]);
      if (faults.strike('wsDrop', { accounts: [] }) !== undefined) {
        socket.terminate();
        return false;
      }
      const open = [...connections].filter((connection) => connection.ip === ip).length;
      if (open < limits.connections && recent.length < limits.connectionsPerMinute) return true;
      socket.close(CLOSE_POLICY, wsErrorTexts.tooManyConnections.replace('15', String(limits.connections)));
      return false;
    },
  };
}

interface HubContext extends HubParts {
  readonly topics: Topics;
  readonly connections: ReadonlySet<Connection>;
}

/** Addresses that an IP listens to, over all its connections. */
function trackedUsers(hub: HubContext, ip: string): ReadonlySet<string> {
  const mine = [...hub.connections].filter((connection) => connection.ip === ip);
  return new Set(mine.flatMap((connection) => [...connection.users()]));
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data).toString('utf8');
}

function receive(hub: HubContext, connection: Connection, text: string): void {
  if (!connection.countMessage(hub.limits.messagesPerMinute)) {
    connection.close(CLOSE_POLICY, 'Too many messages.');
    return;
  }
  const parsed = parseClientFrame(text);
  if (!parsed.ok) {
    connection.send(errorFrame(parsed.error));
    return;
  }
  const { frame } = parsed;
  switch (frame.method) {
    case 'ping':
      connection.send(pongFrame());
      return;
    case 'subscribe':
      subscribe(hub, connection, frame.subscription);
      return;
    case 'unsubscribe':
      unsubscribe(hub, connection, frame.subscription);
      return;
    case 'post':
      void post(hub, connection, frame);
  }
}

function subscribe(hub: HubContext, connection: Connection, subscription: Subscription): void {
  const error = subscribeError(hub, connection, subscription);
  if (error !== undefined) {
    connection.send(errorFrame(error));
    return;
  }
  hub.topics.join(connection, subscription);
  connection.subscriptions.set(subscriptionKey(subscription), subscription);
  connection.send(subscriptionResponse('subscribe', subscription));
  for (const frame of firstFrames(hub.venue, subscription)) {
    connection.publish(JSON.stringify(frame), subscriptionUser(subscription));
  }
}

function subscribeError(hub: HubContext, connection: Connection, subscription: Subscription): string | undefined {
  if (!isServable(hub.venue, subscription)) return wsErrorTexts.invalidSubscription(subscription);
  if (connection.subscriptions.has(subscriptionKey(subscription))) return wsErrorTexts.alreadySubscribed(subscription);
  if (connection.subscriptions.size >= hub.limits.subscriptions) return wsErrorTexts.tooManySubscriptions;
  const user = subscriptionUser(subscription);
  const users = user === undefined ? undefined : trackedUsers(hub, connection.ip);
  const isOneTooMany = users !== undefined && user !== undefined && !users.has(user) && users.size >= hub.limits.users;
  return isOneTooMany ? wsErrorTexts.tooManyUsers : undefined;
}

function unsubscribe(hub: HubContext, connection: Connection, subscription: Subscription): void {
  const key = subscriptionKey(subscription);
  if (!connection.subscriptions.delete(key)) {
    connection.send(errorFrame(wsErrorTexts.alreadyUnsubscribed(subscription)));
    return;
  }
  hub.topics.leave(connection, key);
  connection.send(subscriptionResponse('unsubscribe', subscription));
}

async function post(
  hub: HubContext,
  connection: Connection,
  frame: Extract<ClientFrame, { method: 'post' }>,
): Promise<void> {
  const { id, request } = frame;
  if (connection.pendingPosts >= hub.limits.pendingPosts) {
    connection.send(errorFrame(wsErrorTexts.tooManyPosts(id)));
    return;
  }
  connection.pendingPosts += 1;
  const endpoint = request.type === 'info' ? 'info' : 'exchange';
  const answer = await hub.door
    .serve({ endpoint, body: request.payload, ip: connection.ip })
    .catch((): DoorAnswer => ({ kind: 'failure', ...internalError() }));
  connection.pendingPosts -= 1;
  switch (answer.kind) {
    case 'dead':
      connection.terminate();
      return;
    case 'failure':
      connection.send(postErrorResponse(id, answer));
      return;
    case 'json':
      connection.send(
        answer.infoType === undefined
          ? postActionResponse(id, answer.body)
          : postInfoResponse(id, answer.infoType, answer.body),
      );
  }
}
