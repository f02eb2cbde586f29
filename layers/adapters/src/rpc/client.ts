import type { Clock, Logger } from '@perps/runtime/ports';
import { WebSocket } from 'ws';
import { type ClientFrame, decodeFrames, MESSAGE_BYTES_MAX, RpcError, type ServerFrame } from './frames.ts';
import { createOutbox, type Outbox } from './outbox.ts';

export interface RpcClientOptions {
  /** Asked at every connect, so that a moved owner is found again. */
  readonly resolveUrl: () => Promise<string>;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface RpcClient {
  /** Rejects with `RpcError`: `Timeout`/`Disconnected` = unknown, `NotConnected` = never sent, else the peer's code. */
  request(method: string, params: unknown, options?: { readonly timeoutMs?: number }): Promise<unknown>;
  /** Re-subscribed after every reconnect; the topic's snapshot comes first then, too. */
  subscribe(topic: string, onPayload: (payload: unknown) => void): void;
  onState(callback: (isConnected: boolean) => void): void;
  isConnected(): boolean;
  close(): void;
}

const TIMEOUT_MS = 10_000;
const SWEEP_MS = 50;
const PENDING_MAX = 100_000;
const RECONNECT_MS_MIN = 50;
const RECONNECT_MS_MAX = 2_000;
const PING_MS = 2_000;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
  readonly deadline: number;
}

/** One connection to a peer that heals itself; requests in flight at a drop end as `Disconnected` (unknown). */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  const { clock, logger } = options;
  const pending = new Map<number, Pending>();
  const topics = new Map<string, ((payload: unknown) => void)[]>();
  const listeners: ((isConnected: boolean) => void)[] = [];
  let connection: { readonly socket: WebSocket; readonly outbox: Outbox<ClientFrame> } | undefined;
  let lastId = 0;
  let isClosed = false;
  const closing = new AbortController();

  const sweep = setInterval(() => {
    const now = clock.monotonic();
    for (const [id, call] of pending) {
      if (call.deadline > now) continue;
      pending.delete(id);
      call.reject(new RpcError('Timeout', 'no answer in time'));
    }
  }, SWEEP_MS);
  sweep.unref();

  void stayConnected();

  return {
    request(method, params, { timeoutMs = TIMEOUT_MS } = {}) {
      if (connection === undefined) return Promise.reject(new RpcError('NotConnected', 'peer is not connected'));
      if (pending.size >= PENDING_MAX) return Promise.reject(new RpcError('Overloaded', 'too many requests in flight'));
      const { outbox } = connection;
      return new Promise((resolve, reject) => {
        lastId += 1;
        pending.set(lastId, { resolve, reject, deadline: clock.monotonic() + timeoutMs });
        outbox.send({ kind: 'request', id: lastId, method, params });
      });
    },
    subscribe(topic, onPayload) {
      const callbacks = topics.get(topic);
      if (callbacks !== undefined) callbacks.push(onPayload);
      else topics.set(topic, [onPayload]);
      if (callbacks === undefined) connection?.outbox.send({ kind: 'subscribe', topic });
    },
    onState: (callback) => void listeners.push(callback),
    isConnected: () => connection !== undefined,
    close() {
      isClosed = true;
      clearInterval(sweep);
      closing.abort();
      connection?.socket.terminate();
    },
  };

  async function stayConnected(): Promise<void> {
    let delayMs = RECONNECT_MS_MIN;
    while (!isClosed) {
      const wasOpen = await connectOnce();
      delayMs = wasOpen ? RECONNECT_MS_MIN : Math.min(delayMs * 2, RECONNECT_MS_MAX);
      if (!isClosed) await clock.sleep(delayMs, closing.signal).catch(() => undefined);
    }
  }

  /** Resolves when the connection ended; true if it had been open. */
  async function connectOnce(): Promise<boolean> {
    let url: string;
    try {
      url = await options.resolveUrl();
    } catch (cause) {
      logger.warn('rpc: no address for the peer yet', { cause: String(cause) });
      return false;
    }
    const socket = new WebSocket(url, { maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let wasOpen = false;
    socket.on('open', () => {
      wasOpen = true;
      opened(socket);
    });
    socket.on('message', (data: Buffer) => received(socket, data));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (wasOpen) dropped();
      resolve(wasOpen);
    });
    closing.signal.addEventListener('abort', () => socket.terminate(), { once: true });
    const heartbeat = watch(socket);
    const result = await promise;
    clearInterval(heartbeat);
    return result;
  }

  /** A peer that does not answer a ping within one period is gone, whatever TCP says. */
  function watch(socket: WebSocket): NodeJS.Timeout {
    let isAlive = true;
    socket.on('pong', () => {
      isAlive = true;
    });
    const timer = setInterval(() => {
      if (socket.readyState === WebSocket.CONNECTING) return;
      if (!isAlive) socket.terminate();
      isAlive = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, PING_MS);
    timer.unref();
    return timer;
  }

  function opened(socket: WebSocket): void {
    const outbox = createOutbox<ClientFrame>(socket);
    connection = { socket, outbox };
    for (const topic of topics.keys()) outbox.send({ kind: 'subscribe', topic });
    for (const listener of listeners) listener(true);
  }

  function dropped(): void {
    connection = undefined;
    for (const call of pending.values()) call.reject(new RpcError('Disconnected', 'connection lost before the answer'));
    pending.clear();
    for (const listener of listeners) listener(false);
  }

  function received(socket: WebSocket, data: Buffer): void {
    try {
      for (const frame of decodeFrames<ServerFrame>(data)) deliver(frame);
    } catch (cause) {
      logger.error('rpc: message could not be handled, reconnecting', { cause: String(cause) });
      socket.terminate();
    }
  }

  function deliver(frame: ServerFrame): void {
    if (frame.kind === 'event') {
      for (const callback of topics.get(frame.topic) ?? []) callback(frame.payload);
      return;
    }
    const call = pending.get(frame.id);
    if (call === undefined) return;
    pending.delete(frame.id);
    if (frame.kind === 'result') call.resolve(frame.result);
    else call.reject(new RpcError(frame.code, frame.message));
  }
}
