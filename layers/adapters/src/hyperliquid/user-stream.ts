/** The account's own stream: fills and order updates. It may miss things; it says when to ask for what was missed. */
import type { Subscription } from '@perps/contracts/hyperliquid';
import type { VenueFill } from '@perps/domain/account';
import type { Clock, Logger, Metrics, Random } from '@perps/runtime/ports';
import { z } from 'zod';
import {
  type AccountFill,
  parseFills,
  parseOrderUpdates,
  type SzDecimalsOf,
  type VenueOrderUpdate,
} from './account-parse.ts';
import { createVenueSession, type SessionMessage, type VenueSession } from './session.ts';

export interface UserStream {
  start(): void;
  stop(): void;
  isConnected(): boolean;
  /** Every execution of an order with a cloid; the same one may come more than once (tid). */
  onFill(listener: (venueCloid: string, fill: VenueFill) => void): void;
  /** Executions that carry no cloid: nothing of ours makes such (a liquidation, somebody with our key). */
  onForeignFill(listener: (fill: AccountFill) => void): void;
  onOrderUpdate(listener: (update: VenueOrderUpdate) => void): void;
  /** Subscribed: from now on nothing is missed. Fetch what happened before: `fillsSince`, `openOrders`, look-ups. */
  onConnected(listener: () => void): void;
  onDisconnected(listener: () => void): void;
}

export interface UserStreamOptions {
  readonly wsUrl: string;
  readonly account: string;
  readonly szDecimalsOf: SzDecimalsOf;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** An account may be quiet for hours, the mids never are: their age tells whether the socket is alive. */
const HEARTBEAT: Subscription = { type: 'allMids' };
const SILENT_AFTER_MS = 10_000;

const fillsFrame = z.object({ fills: z.array(z.unknown()), isSnapshot: z.boolean().optional() });
const acknowledgement = z.object({ method: z.string(), subscription: z.object({ type: z.string() }) });

class AccountStream implements UserStream {
  readonly #options: UserStreamOptions;
  readonly #session: VenueSession;
  readonly #awaited = new Set<string>();
  readonly #fillListeners: ((venueCloid: string, fill: VenueFill) => void)[] = [];
  readonly #foreignListeners: ((fill: AccountFill) => void)[] = [];
  readonly #updateListeners: ((update: VenueOrderUpdate) => void)[] = [];
  readonly #connectedListeners: (() => void)[] = [];
  readonly #disconnectedListeners: (() => void)[] = [];
  #isConnected = false;

  constructor(options: UserStreamOptions) {
    this.#options = options;
    this.#session = createVenueSession({
      ...options,
      name: 'user',
      url: options.wsUrl,
      silentAfterMs: SILENT_AFTER_MS,
      onMessage: (message) => this.#received(message),
      onState: (isOpen) => this.#changed(isOpen),
    });
    const { account: user } = options;
    this.#session.subscribe({ type: 'userFills', user });
    this.#session.subscribe({ type: 'orderUpdates', user });
    this.#session.subscribe(HEARTBEAT);
  }

  start(): void {
    this.#session.start();
  }

  stop(): void {
    this.#session.stop();
  }

  isConnected(): boolean {
    return this.#isConnected;
  }

  onFill(listener: (venueCloid: string, fill: VenueFill) => void): void {
    this.#fillListeners.push(listener);
  }

  onForeignFill(listener: (fill: AccountFill) => void): void {
    this.#foreignListeners.push(listener);
  }

  onOrderUpdate(listener: (update: VenueOrderUpdate) => void): void {
    this.#updateListeners.push(listener);
  }

  onConnected(listener: () => void): void {
    this.#connectedListeners.push(listener);
  }

  onDisconnected(listener: () => void): void {
    this.#disconnectedListeners.push(listener);
  }

  #changed(isOpen: boolean): void {
    this.#awaited.clear();
    if (isOpen) {
      this.#awaited.add('userFills').add('orderUpdates');
      return;
    }
    if (!this.#isConnected) return;
    this.#isConnected = false;
    for (const listener of this.#disconnectedListeners) listener();
  }

  #received({ channel, data }: SessionMessage): void {
    switch (channel) {
      case 'subscriptionResponse':
        return this.#acknowledged(data);
      case 'userFills':
        return this.#fills(data);
      case 'orderUpdates':
        return this.#updates(data);
      case 'error':
        return this.#options.logger.error('venue refused a subscription', { text: String(data).slice(0, 200) });
      default:
        return undefined;
    }
  }

  /** What happens after the acknowledgements is streamed, what happened before is for the caller to fetch. */
  #acknowledged(data: unknown): void {
    const parsed = acknowledgement.safeParse(data);
    if (!parsed.success || !this.#awaited.delete(parsed.data.subscription.type)) return;
    if (this.#awaited.size > 0 || this.#isConnected) return;
    this.#isConnected = true;
    for (const listener of this.#connectedListeners) listener();
  }

  #fills(data: unknown): void {
    const frame = fillsFrame.safeParse(data);
    // The snapshot repeats the past, up to 2,000 rows; the caller fetches exactly what it lacks.
    if (frame.success && frame.data.isSnapshot === true) return;
    const fills = frame.success ? parseFills(frame.data.fills, this.#options.szDecimalsOf) : undefined;
    if (fills === undefined) return this.#lostPlace('userFills');
    for (const row of fills) {
      if (row.venueCloid === undefined) for (const listener of this.#foreignListeners) listener(row);
      else for (const listener of this.#fillListeners) listener(row.venueCloid, row.fill);
    }
  }

  #updates(data: unknown): void {
    const updates = parseOrderUpdates(data, this.#options.szDecimalsOf);
    if (updates === undefined) return this.#lostPlace('orderUpdates');
    for (const update of updates) for (const listener of this.#updateListeners) listener(update);
  }

  /** A fill that cannot be read must not be lost: a new connection makes the caller fetch it. */
  #lostPlace(channel: string): void {
    this.#options.metrics.count('venueFrameBad', 1, { session: 'user', channel });
    this.#options.logger.error('account frame cannot be read, reconnecting', { channel });
    this.#session.restart();
  }
}

/** One account, one connection: the venue's user frames do not all say whose they are. */
export const createUserStream = (options: UserStreamOptions): UserStream => new AccountStream(options);
