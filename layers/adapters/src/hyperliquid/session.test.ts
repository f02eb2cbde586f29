import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@perps/runtime/ports';
import { createVirtualClock, type VirtualClock } from '@perps/runtime/testing';
import { type WebSocket, WebSocketServer } from 'ws';
import { createVenueSession, type SessionMessage, type VenueSession } from './session.ts';

interface Venue {
  readonly url: string;
  /** The next connection, with what it sent so far, and what it sends next. */
  next(): Promise<{ readonly socket: WebSocket; readonly frames: unknown[]; frame(): Promise<unknown> }>;
  close(): Promise<void>;
}

async function startVenue(): Promise<Venue> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async next() {
      const [socket] = (await once(server, 'connection')) as [WebSocket];
      const frames: unknown[] = [];
      const waiting: ((frame: unknown) => void)[] = [];
      socket.on('message', (data: Buffer) => {
        const frame: unknown = JSON.parse(data.toString());
        frames.push(frame);
        waiting.shift()?.(frame);
      });
      let read = 0;
      const frame = async (): Promise<unknown> => {
        read += 1;
        return frames[read - 1] ?? new Promise((resolve) => waiting.push(resolve));
      };
      return { socket, frames, frame };
    },
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const bbo = (coin: string) => ({ type: 'bbo', coin }) as const;
const DATA = JSON.stringify({ channel: 'bbo', data: { coin: 'BTC' } });

describe('a venue session', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function setUp() {
    const venue = await startVenue();
    const clock = createVirtualClock();
    const messages: SessionMessage[] = [];
    const waiting: (() => void)[] = [];
    const states: boolean[] = [];
    const counts: string[] = [];
    const session = createVenueSession({
      name: 'test',
      url: venue.url,
      clock,
      // The longest wait the backoff allows, so that the test knows when it is over.
      random: { next: () => 0.999 },
      logger: silentLogger,
      metrics: { count: (name) => void counts.push(name), gauge: () => undefined, timing: () => undefined },
      silentAfterMs: 5_000,
      onMessage(message) {
        messages.push(message);
        waiting.shift()?.();
      },
      onState(isOpen) {
        states.push(isOpen);
        waiting.shift()?.();
      },
    });
    cleanups.push(
      () => venue.close(),
      () => session.stop(),
    );
    const event = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
    return { venue, clock, session, messages, states, counts, event };
  }

  /** Moves time in small steps until the promise is settled: reconnecting is partly real I/O. */
  async function during<Value>(clock: VirtualClock, promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const done = promise.finally(() => {
      isSettled = true;
    });
    while (!isSettled) await clock.advance(50);
    return done;
  }

  async function connect(parts: { readonly venue: Venue; readonly session: VenueSession }) {
    const connection = parts.venue.next();
    parts.session.start();
    return connection;
  }

  it('subscribes when it opens, adds and ends subscriptions while it is open, each once', async () => {
    const { venue, session } = await setUp();
    session.subscribe(bbo('BTC'));
    session.subscribe(bbo('BTC'));
    const { frame } = await connect({ venue, session });
    expect(await frame()).toEqual({ method: 'subscribe', subscription: bbo('BTC') });
    session.subscribe(bbo('ETH'));
    expect(await frame()).toEqual({ method: 'subscribe', subscription: bbo('ETH') });
    session.unsubscribe(bbo('BTC'));
    session.unsubscribe(bbo('BTC'));
    session.subscribe(bbo('SOL'));
    expect(await frame()).toEqual({ method: 'unsubscribe', subscription: bbo('BTC') });
    expect(await frame()).toEqual({ method: 'subscribe', subscription: bbo('SOL') });
  });

  it('counts and drops what is not a frame, and ignores the greeting', async () => {
    const { venue, session, event, messages, counts } = await setUp();
    const opened = event();
    const { socket } = await connect({ venue, session });
    await opened;
    const received = event();
    for (const text of ['Websocket connection established.', 'not json', '5', '{"channel":7}', DATA]) socket.send(text);
    await received;
    expect(messages).toMatchObject([{ channel: 'bbo', data: { coin: 'BTC' } }]);
    expect(counts.filter((name) => name === 'venueFrameBad')).toHaveLength(3);
  });

  it('reconnects after a drop and subscribes again', async () => {
    const { venue, session, clock, states } = await setUp();
    session.subscribe(bbo('BTC'));
    const { socket, frame } = await connect({ venue, session });
    await frame();
    const second = venue.next();
    socket.terminate();
    const next = await during(clock, second);
    expect(await next.frame()).toEqual({ method: 'subscribe', subscription: bbo('BTC') });
    expect(states).toEqual([true, false, true]);
    expect(session.isOpen()).toBe(true);
  });

  it('replaces a socket that is open but silent; acknowledgements and pongs are no data', async () => {
    const { venue, session, clock, event, counts } = await setUp();
    const opened = event();
    const { socket } = await connect({ venue, session });
    await opened;
    const acknowledged = event();
    await clock.advance(3_000);
    socket.send('{"channel":"pong"}');
    await acknowledged;
    expect(session.dataAgeMs()).toBe(3_000);
    const second = venue.next();
    await during(clock, second);
    expect(counts).toContain('venueSocketSilent');
  });

  it('data keep it alive', async () => {
    const { venue, session, clock, event, counts } = await setUp();
    const opened = event();
    const { socket } = await connect({ venue, session });
    await opened;
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(4_000);
      const received = event();
      socket.send(DATA);
      await received;
      expect(session.dataAgeMs()).toBe(0);
    }
    expect(counts).not.toContain('venueSocketSilent');
  });

  it('pings a quiet connection', async () => {
    const { venue, session, clock, event } = await setUp();
    const opened = event();
    const { socket, frame } = await connect({ venue, session });
    await opened;
    const ping = frame();
    for (let round = 0; round < 4; round += 1) {
      await clock.advance(4_000);
      const received = event();
      socket.send(DATA);
      await received;
    }
    expect(await ping).toEqual({ method: 'ping' });
  });

  it('backs off further while connections carry no data, and starts anew once one does', async () => {
    const { venue, session, clock, event } = await setUp();
    let connection = await connect({ venue, session });
    const gaps: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const next = venue.next();
      const droppedAt = clock.monotonic();
      connection.socket.terminate();
      connection = await during(clock, next);
      gaps.push(clock.monotonic() - droppedAt);
    }
    expect(gaps).toEqual([...gaps].toSorted((left, right) => left - right));
    expect(session.failures()).toBe(4);
    const received = event();
    connection.socket.send(DATA);
    await received;
    while (session.failures() > 0) await event();
    expect(session.failures()).toBe(0);
  });

  it('ends with stop', async () => {
    const { venue, session } = await setUp();
    const { socket } = await connect({ venue, session });
    const closed = once(socket, 'close');
    session.stop();
    await closed;
    expect(session.isOpen()).toBe(false);
  });
});
