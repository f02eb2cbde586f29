/** Streams and who listens to them: a frame is made once, whoever hears it. */
import { subscriptionKey, subscriptionUser, type Subscription } from '@perps/contracts/hyperliquid';
import type { Connection } from './connection.ts';
import type { Frame } from './streams.ts';

export interface Topic {
  readonly subscription: Subscription;
  /** What was sent last, so that quiet streams stay quiet. */
  sentVersion: number;
  sentAt: number;
  lastText: string;
  send(frame: Frame): void;
}

export interface Topics {
  join(connection: Connection, subscription: Subscription): void;
  leave(connection: Connection, key: string): void;
  all(): Iterable<Topic>;
}

interface OpenTopic extends Topic {
  readonly connections: Set<Connection>;
}

export function createTopics(): Topics {
  const topics = new Map<string, OpenTopic>();
  return {
    join: (connection, subscription) => {
      const key = subscriptionKey(subscription);
      const topic = topics.get(key) ?? openTopic(subscription);
      topics.set(key, topic);
      topic.connections.add(connection);
    },
    leave: (connection, key) => {
      const topic = topics.get(key);
      topic?.connections.delete(connection);
      if (topic?.connections.size === 0) topics.delete(key);
    },
    all: () => topics.values(),
  };
}

function openTopic(subscription: Subscription): OpenTopic {
  const connections = new Set<Connection>();
  const user = subscriptionUser(subscription);
  return {
    subscription,
    connections,
    sentVersion: -1,
    sentAt: 0,
    lastText: '',
    send: (frame) => {
      if (connections.size === 0) return;
      const text = JSON.stringify(frame);
      for (const connection of connections) connection.publish(text, user);
    },
  };
}
