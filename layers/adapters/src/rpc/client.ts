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
export const createRpcClient = (options: RpcClientOptions): RpcClient => new Client(options);

class Client implements RpcClient {
  readonly #options: RpcClientOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #topics = new Map<string, ((payload: unknown) => void)[]>();
  readonly #listeners: ((isConnected: boolean) => void)[] = [];
  readonly #closing = new AbortController();
  readonly #sweep: NodeJS.Timeout;
  #connection: { readonly socket: WebSocket; readonly outbox: Outbox<ClientFrame> } | undefined;
  #lastId = 0;

  constructor(options: RpcClientOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#failOverdue(), SWEEP_MS).unref();
    void this.#stayConnected();
  }

  request(method: string, params: unknown, { timeoutMs = TIMEOUT_MS } = {}): Promise<unknown> {
    const connection = this.#connection;
    if (connection === undefined) return Promise.reject(new RpcError('NotConnected', 'peer is not connected'));
    if (this.#pending.size >= PENDING_MAX) {
      return Promise.reject(new RpcError('Overloaded', 'too many requests in flight'));
    }
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      const deadline = this.#options.clock.monotonic() + timeoutMs;
      this.#pending.set(this.#lastId, { resolve, reject, deadline });
      connection.outbox.send({ kind: 'request', id: this.#lastId, method, params });
    });
  }

  subscribe(topic: string, onPayload: (payload: unknown) => void): void {
    const callbacks = this.#topics.get(topic);
    if (callbacks !== undefined) {
      callbacks.push(onPayload);
      return;
    }
    this.#topics.set(topic, [onPayload]);
    this.#connection?.outbox.send({ kind: 'subscribe', topic });
  }

  onState(callback: (isConnected: boolean) => void): void {
    this.#listeners.push(callback);
  }

  isConnected(): boolean {
    return this.#connection !== undefined;
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#closing.abort();
    this.#connection?.socket.terminate();
  }

  #failOverdue(): void {
    const now = this.#options.clock.monotonic();
    for (const [id, call] of this.#pending) {
      if (call.deadline > now) continue;
      this.#pending.delete(id);
      call.reject(new RpcError('Timeout', 'no answer in time'));
    }
  }

  async #stayConnected(): Promise<void> {
    const { signal } = this.#closing;
    let delayMs = RECONNECT_MS_MIN;
    while (!signal.aborted) {
      const wasOpen = await this.#connectOnce();
      delayMs = wasOpen ? RECONNECT_MS_MIN : Math.min(delayMs * 2, RECONNECT_MS_MAX);
      if (!signal.aborted) await this.#options.clock.sleep(delayMs, signal);
    }
  }

  /** Resolves when the connection has ended; true if it had been open. */
  async #connectOnce(): Promise<boolean> {
    let url: string;
    try {
      url = await this.#options.resolveUrl();
    } catch (cause) {
      this.#options.logger.warn('rpc: no address for the peer yet', { cause: String(cause) });
      return false;
    }
    const socket = new WebSocket(url, { maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
    const terminate = (): void => socket.terminate();
    this.#closing.signal.addEventListener('abort', terminate);
    const heartbeat = watch(socket);
    const wasOpen = await this.#lifeOf(socket);
    clearInterval(heartbeat);
    this.#closing.signal.removeEventListener('abort', terminate);
    return wasOpen;
  }

  #lifeOf(socket: WebSocket): Promise<boolean> {
    return new Promise((resolve) => {
      let wasOpen = false;
      socket.on('open', () => {
        wasOpen = true;
        this.#opened(socket);
      });
      socket.on('message', (data: Buffer) => this.#received(socket, data));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (wasOpen) this.#dropped();
        resolve(wasOpen);
      });
    });
  }

  #opened(socket: WebSocket): void {
    const outbox = createOutbox<ClientFrame>(socket);
    this.#connection = { socket, outbox };
    for (const topic of this.#topics.keys()) outbox.send({ kind: 'subscribe', topic });
    for (const listener of this.#listeners) listener(true);
  }

  #dropped(): void {
    this.#connection = undefined;
    for (const call of this.#pending.values()) {
      call.reject(new RpcError('Disconnected', 'connection lost before the answer'));
    }
    this.#pending.clear();
    for (const listener of this.#listeners) listener(false);
  }

  #received(socket: WebSocket, data: Buffer): void {
    try {
      for (const frame of decodeFrames<ServerFrame>(data)) this.#deliver(frame);
    } catch (cause) {
      this.#options.logger.error('rpc: message could not be handled, reconnecting', { cause: String(cause) });
      socket.terminate();
    }
  }

  #deliver(frame: ServerFrame): void {
    if (frame.kind === 'event') {
      for (const callback of this.#topics.get(frame.topic) ?? []) callback(frame.payload);
      return;
    }
    const call = this.#pending.get(frame.id);
    if (call === undefined) return;
    this.#pending.delete(frame.id);
    if (frame.kind === 'result') call.resolve(frame.result);
    else call.reject(new RpcError(frame.code, frame.message));
  }
}

/** A peer that does not answer a ping within one period is gone, whatever TCP says. */
function watch(socket: WebSocket): NodeJS.Timeout {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  return setInterval(() => {
    if (socket.readyState === WebSocket.CONNECTING) return;
    if (!isAlive) socket.terminate();
    isAlive = false;
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, PING_MS).unref();
}
