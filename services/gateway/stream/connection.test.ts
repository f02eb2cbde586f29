import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '@perps/adapters/node';
import type { WebSocket } from 'ws';
import { json } from '../http/answer.ts';
import { type ConnectionDeps, serveConnection } from './connection.ts';
import type { Subscriber } from './subscriber.ts';

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  readonly closed: unknown[] = [];
  send(frame: string): void {
    this.sent.push(frame);
  }
  close(code: number, reason: string): void {
    this.closed.push([code, reason]);
  }
  terminate(): void {
    this.closed.push('terminated');
    this.readyState = 3;
    this.emit('close');
  }
  receive(frame: unknown): void {
    this.emit('message', Buffer.from(JSON.stringify(frame)), false);
  }
}

function connected(messagesPerMinute = 1_000_000) {
  const socket = new FakeSocket();
  const followers = new Set<Subscriber>();
  let answer: (() => void) | undefined;
  const topics = {
    accepts: () => true,
    add: (_subscription: unknown, subscriber: Subscriber) => void followers.add(subscriber),
    remove: (_subscription: unknown, subscriber: Subscriber) => void followers.delete(subscriber),
    close: () => undefined,
  };
  const pending = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const door = {
    info: async () => {
      await pending;
      return json(1);
    },
    exchange: async () => json(2),
  };
  const deps: ConnectionDeps = {
    door,
    publicTopics: topics,
    userTopics: topics,
    clock: systemClock,
    messagesPerMinute,
  };
  serveConnection(socket as unknown as WebSocket, '1.1.1.1', deps);
  return { socket, followers, answer: () => answer?.() };
}

const subscribe = (coin: string) => ({ method: 'subscribe', subscription: { type: 'bbo', coin } });

describe('a connection', () => {
  it('is cut when its consumer does not keep up, and leaves its topics', () => {
    const { socket, followers } = connected();
    socket.receive(subscribe('BTC'));
    const [follower] = followers;
    socket.bufferedAmount = 5 * 1024 * 1024;
    follower!.send('{}');
    expect(socket.closed).toEqual(['terminated']);
    expect(followers.size).toBe(0);
    const before = socket.sent.length;
    follower!.send('{}');
    expect(socket.sent).toHaveLength(before);
  });

  it('has at most a thousand subscriptions', () => {
    const { socket } = connected();
    for (let index = 0; index <= 1_000; index += 1) socket.receive(subscribe(`C${index}`));
    expect(socket.sent.at(-1)).toContain('Cannot subscribe to more than 1000 channels.');
    expect(socket.sent.filter((frame) => frame.includes('subscriptionResponse'))).toHaveLength(1_000);
  });

  it('has at most a hundred posts in flight', async () => {
    const { socket, answer } = connected();
    const post = (id: number) => ({ method: 'post', id, request: { type: 'info', payload: { type: 'meta' } } });
    for (let id = 1; id <= 101; id += 1) socket.receive(post(id));
    expect(socket.sent).toEqual([JSON.stringify({ channel: 'error', data: 'too many pending post requests id=101' })]);
    answer();
    await new Promise(setImmediate);
    expect(socket.sent).toHaveLength(101);
    expect(socket.sent.at(-1)).toBe(
      '{"channel":"post","data":{"id":100,"response":{"type":"info","payload":{"type":"meta","data":1}}}}',
    );
  });

  it('is closed when it talks too much', () => {
    const { socket } = connected(2);
    for (let count = 0; count < 3; count += 1) socket.receive({ method: 'ping' });
    expect(socket.sent).toHaveLength(2);
    expect(socket.closed).toEqual([[1008, 'Too many messages.']]);
  });

  it('answers what is no text or no frame on the error channel', () => {
    const { socket } = connected();
    socket.emit('message', Buffer.from([1, 2]), true);
    socket.receive({ method: 'subscribe', subscription: { type: 'bbo' } });
    expect(socket.sent.every((frame) => frame.includes('Error parsing JSON into valid websocket request'))).toBe(true);
    expect(socket.closed).toEqual([]);
  });
});
