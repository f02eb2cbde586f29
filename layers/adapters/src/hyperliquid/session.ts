/**
 * One WebSocket session with the venue that heals itself.
 *
 * On plain `ws` and not on the SDK's WebSocketTransport: that one ends for good after `maxRetries`, does not notice a
 * silent socket, waits for each acknowledgement echo field by field, and hides when a frame was received. What is left
 * to do here is small: connect, subscribe again, ping, watch the age of the data.
 */
import { GREETING_TEXT, type Subscription, wsLimits } from '@perps/contracts/hyperliquid';
import type { Clock, Logger, Metrics, Random } from '@perps/runtime/ports';
import { backoffMs } from '@perps/runtime/backoff';
import { WebSocket } from 'ws';

export interface SessionMessage {
  readonly channel: string;
  readonly data: unknown;
  /** Wall clock, ms. */
  readonly receivedAt: number;
}

export interface SessionOptions {
  readonly name: string;
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Data of any kind must come at least so often, else the socket counts as dead and is replaced (ms). */
  readonly silentAfterMs: number;
  readonly onMessage: (message: SessionMessage) => void;
  /** After the socket opened and the subscriptions were sent; and when it was lost. */
  readonly onState: (isOpen: boolean) => void;
}

export interface VenueSession {
  start(): void;
  subscribe(subscription: Subscription): void;
  unsubscribe(subscription: Subscription): void;
  isOpen(): boolean;
  /** Since the last data frame on any connection, ms (monotonic); since the start before the first. */
  dataAgeMs(): number;
  /** Connection attempts in a row without a data frame. */
  failures(): number;
  /** Drops the connection, where there is one, and makes another: for a reader that lost its place. */
  restart(): void;
  stop(): void;
}

const BACKOFF = { baseMs: 100, capMs: 30_000 };
const CONNECT_MS_MAX = 10_000;
const PING_EVERY_MS = 15_000;
const WATCH_EVERY_MS = 250;
/** A burst of all subscriptions passes at once, a second one within the minute waits: the venue's limit is never hit. */
const MESSAGES_BURST = wsLimits.messagesPerMinute / 2;
const MESSAGES_PER_MS = (wsLimits.messagesPerMinute * 0.45) / 60_000;
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** Channels that prove the socket alive but carry no data. */
const CONTROL_CHANNELS = new Set(['pong', 'subscriptionResponse', 'error']);

class Session implements VenueSession {
  readonly #options: SessionOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #stopping = new AbortController();
  #outbox: string[] = [];
  #allowance = MESSAGES_BURST;
  #allowanceAt: number;
  #socket: WebSocket | undefined;
  #dataAt: number;
  #openedAt = 0;
  #pingedAt = 0;
  #failures = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#dataAt = options.clock.monotonic();
    this.#allowanceAt = this.#dataAt;
  }

  start(): void {
    void this.#stayConnected();
    void this.#watch();
  }

  subscribe(subscription: Subscription): void {
    const key = JSON.stringify(subscription);
    if (this.#subscriptions.has(key)) return;
    this.#subscriptions.set(key, subscription);
    if (this.isOpen()) this.#send({ method: 'subscribe', subscription });
  }

  unsubscribe(subscription: Subscription): void {
    if (!this.#subscriptions.delete(JSON.stringify(subscription))) return;
    if (this.isOpen()) this.#send({ method: 'unsubscribe', subscription });
  }

  isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  dataAgeMs(): number {
    return this.#options.clock.monotonic() - this.#dataAt;
  }

  failures(): number {
    return this.#failures;
  }

  restart(): void {
    this.#socket?.terminate();
  }

  stop(): void {
    this.#stopping.abort();
    this.#socket?.terminate();
  }

  async #stayConnected(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#connectOnce();
      this.#failures += 1;
      if (!signal.aborted) await clock.sleep(backoffMs(BACKOFF, this.#failures, random), signal);
    }
  }

  /** Resolves when the connection ended, whatever ended it. */
  #connectOnce(): Promise<void> {
    const { url, name, logger, metrics, onState } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = new WebSocket(url, {
      handshakeTimeout: CONNECT_MS_MAX,
      maxPayload: MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    let wasOpen = false;
    socket.on('open', () => {
      wasOpen = true;
      this.#opened();
    });
    // Text arrives as one Buffer; the venue sends nothing binary.
    socket.on('message', (data: Buffer) => this.#received(data.toString('utf8')));
    socket.on('error', (cause) => logger.warn('venue socket failed', { session: name, cause: cause.message }));
    socket.on('close', (code, reason) => {
      if (wasOpen && !this.#stopping.signal.aborted) {
        logger.warn('venue socket closed', { session: name, code, reason: reason.toString() });
        metrics.count('venueSocketClosed', 1, { session: name });
        onState(false);
      }
      resolve();
    });
    return promise;
  }

  #opened(): void {
    const now = this.#options.clock.monotonic();
    this.#openedAt = now;
    this.#pingedAt = now;
    this.#outbox = [];
    for (const subscription of this.#subscriptions.values()) this.#send({ method: 'subscribe', subscription });
    this.#options.onState(true);
  }

  #received(text: string): void {
    const { clock, onMessage, metrics, name } = this.#options;
    const message = decodeEnvelope(text);
    if (message === undefined) {
      if (text !== GREETING_TEXT) metrics.count('venueFrameBad', 1, { session: name, channel: 'envelope' });
      return;
    }
    if (!CONTROL_CHANNELS.has(message.channel)) {
      this.#dataAt = clock.monotonic();
      // Only data make an attempt a success: a venue that accepts and drops must not be hammered without backoff.
      this.#failures = 0;
    }
    onMessage({ ...message, receivedAt: clock.now() });
  }

  #send(frame: unknown): void {
    this.#outbox.push(JSON.stringify(frame));
    this.#drain();
  }

  #drain(): void {
    const now = this.#options.clock.monotonic();
    this.#allowance = Math.min(MESSAGES_BURST, this.#allowance + (now - this.#allowanceAt) * MESSAGES_PER_MS);
    this.#allowanceAt = now;
    while (this.#outbox.length > 0 && this.#allowance >= 1 && this.isOpen()) {
      const text = this.#outbox.shift();
      if (text === undefined) return;
      this.#allowance -= 1;
      this.#socket?.send(text);
    }
  }

  async #watch(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await clock.sleep(WATCH_EVERY_MS, signal);
      if (!signal.aborted && this.isOpen()) this.#tend(clock.monotonic());
    }
  }

  #tend(now: number): void {
    const { silentAfterMs, logger, metrics, name } = this.#options;
    this.#drain();
    if (now - this.#pingedAt >= PING_EVERY_MS) {
      this.#pingedAt = now;
      this.#send({ method: 'ping' });
    }
    // A fresh connection gets the whole time to say something, however long the silence before it was.
    const silentMs = now - Math.max(this.#dataAt, this.#openedAt);
    if (silentMs < silentAfterMs) return;
    logger.warn('venue socket silent, reconnecting', { session: name, silentMs: Math.round(silentMs) });
    metrics.count('venueSocketSilent', 1, { session: name });
    this.#socket?.terminate();
  }
}

function decodeEnvelope(text: string): { readonly channel: string; readonly data: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('channel' in parsed)) return undefined;
    if (typeof parsed.channel !== 'string') return undefined;
    return { channel: parsed.channel, data: 'data' in parsed ? parsed.data : undefined };
  } catch {
    return undefined;
  }
}

/** A session that connects at `start` and stays: full-jitter backoff 100 ms … 30 s, subscriptions sent again. */
export const createVenueSession = (options: SessionOptions): VenueSession => new Session(options);
