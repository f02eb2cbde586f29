/** The WebSocket door: connections, subscriptions, posts, limits, and the faults that frames suffer. */
import {
  CLOSE_POLICY,
  errorFrame,
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
import { WebSocket } from 'ws';
import { createConnection, type Connection } from './connection.ts';
import type { Door } from './door.ts';
import type { Faults } from './faults.ts';
import type { VenueLimits } from './options.ts';
import { firstFrames, isServable, type Frame } from './streams.ts';
import type { Venue } from './venue.ts';

/** One stream and everybody who has subscribed to it. */
export interface Topic {
  readonly subscription: Subscription;
  /** What was sent last, so that quiet streams stay quiet. */
  sentVersion: number;
  sentAt: number;
  lastText: string;
  send(frame: Frame): void;
}

export interface WsHub {
  accept(socket: WebSocket, ip: string): void;
  topics(): Iterable<Topic>;
  /** Closes connections that have been silent for too long. */
  sweep(): void;
  connectionCount(): number;
  close(): void;
}

interface OpenTopic extends Topic {
  readonly connections: Set<Connection>;
}

export function createWsHub(parts: {
  readonly venue: Venue;
  readonly faults: Faults;
  readonly door: Door;
  readonly limits: VenueLimits;
}): WsHub {
  const { venue, faults, limits } = parts;
  const connections = new Set<Connection>();
  const topics = new Map<string, OpenTopic>();
  const openedAt = new Map<string, number[]>();

  const openTopic = (subscription: Subscription): OpenTopic => {
    const key = subscriptionKey(subscription);
    const known = topics.get(key);
    if (known !== undefined) return known;
    const members = new Set<Connection>();
    const fresh: OpenTopic = {
      subscription,
      connections: members,
      sentVersion: -1,
      sentAt: 0,
      lastText: '',
      send: (frame) => {
        if (members.size === 0) return;
        const text = JSON.stringify(frame);
        const user = subscriptionUser(subscription);
        for (const connection of members) connection.publish(text, user);
      },
    };
    topics.set(key, fresh);
    return fresh;
  };
  const leave = (connection: Connection, key: string): void => {
    const topic = topics.get(key);
    topic?.connections.delete(connection);
    if (topic?.connections.size === 0) topics.delete(key);
  };
  const trackedUsers = (ip: string): ReadonlySet<string> => {
    const users = new Set<string>();
    for (const connection of connections)
      if (connection.ip === ip) for (const user of connection.users()) users.add(user);
    return users;
  };
  const context = { ...parts, openTopic, leave, trackedUsers };

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
      const now = venue.clock.now();
      const mine = [...connections].filter((connection) => connection.ip === ip).length;
      const recent = (openedAt.get(ip) ?? []).filter((at) => now - at < 60_000);
      openedAt.set(ip, [...recent, now]);
      if (faults.strike('wsDrop', { accounts: [] }) !== undefined) {
        socket.terminate();
        return;
      }
      if (mine >= limits.connections || recent.length >= limits.connectionsPerMinute) {
        socket.close(CLOSE_POLICY, wsErrorTexts.tooManyConnections.replace('15', String(limits.connections)));
        return;
      }
      const connection = createConnection({ socket, ip, clock: venue.clock, faults });
      connections.add(connection);
      socket.on('message', (data) => receive(context, connection, textOf(data)));
      socket.on('error', () => connection.terminate());
      socket.on('close', () => {
        connections.delete(connection);
        for (const key of connection.subscriptions.keys()) leave(connection, key);
      });
    },
    topics: () => topics.values(),
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

interface HubContext {
  readonly venue: Venue;
  readonly door: Door;
  readonly limits: VenueLimits;
  readonly openTopic: (subscription: Subscription) => OpenTopic;
  readonly leave: (connection: Connection, key: string) => void;
  readonly trackedUsers: (ip: string) => ReadonlySet<string>;
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
  const topic = hub.openTopic(subscription);
  topic.connections.add(connection);
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
  const users = user === undefined ? undefined : hub.trackedUsers(connection.ip);
  const isOneTooMany = users !== undefined && user !== undefined && !users.has(user) && users.size >= hub.limits.users;
  return isOneTooMany ? wsErrorTexts.tooManyUsers : undefined;
}

function unsubscribe(hub: HubContext, connection: Connection, subscription: Subscription): void {
  const key = subscriptionKey(subscription);
  if (!connection.subscriptions.delete(key)) {
    connection.send(errorFrame(wsErrorTexts.alreadyUnsubscribed(subscription)));
    return;
  }
  hub.leave(connection, key);
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
  const answer = await hub.door.serve({ endpoint, body: request.payload, ip: connection.ip });
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
