/** One client on the WebSocket: what it hears, and what faults do to it. */
import { subscriptionUser, type Subscription } from '@perps/contracts/hyperliquid';
import type { Clock } from '@perps/runtime/ports';
import { WebSocket } from 'ws';
import type { Faults } from './faults.ts';

export interface Connection {
  readonly ip: string;
  readonly subscriptions: Map<string, Subscription>;
  pendingPosts: number;
  /** Addresses it listens to. */
  users(): ReadonlySet<string>;
  /** An answer: no fault but silence touches it. */
  send(frame: unknown): void;
  /** A stream's frame: `user` is the account it is about, undefined for market data. */
  publish(text: string, user: string | undefined): void;
  /** False beyond the allowance per minute. */
  countMessage(perMinute: number): boolean;
  lastSentAt(): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

const MINUTE_MS = 60_000;
/** Nothing waits longer than this for the frame it shall change places with. */
const REORDER_MS_MAX = 1_000;

export function createConnection(parts: {
  readonly socket: WebSocket;
  readonly ip: string;
  readonly clock: Clock;
  readonly faults: Faults;
}): Connection {
  const { socket, clock, faults } = parts;
  const subscriptions = new Map<string, Subscription>();
  let lastSentAt = clock.now();
  let minute = { start: clock.now(), messages: 0 };
  let held: string | undefined;

  const users = (): ReadonlySet<string> =>
    new Set([...subscriptions.values()].flatMap((subscription) => subscriptionUser(subscription) ?? []));
  const write = (text: string): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!faults.isCalm() && faults.inForce('wsSilence', [...users()]) !== undefined) return;
    lastSentAt = clock.now();
    socket.send(text);
  };
  const release = (): void => {
    const text = held;
    held = undefined;
    if (text !== undefined) write(text);
  };
  const deliver = (text: string, accounts: readonly string[]): void => {
    if (held === undefined && faults.strike('wsReorder', { accounts }) !== undefined) {
      held = text;
      void clock.sleep(REORDER_MS_MAX).then(release);
      return;
    }
    write(text);
    if (faults.strike('wsDuplicate', { accounts }) !== undefined) write(text);
    release();
  };
  return {
    ip: parts.ip,
    subscriptions,
    pendingPosts: 0,
    users,
    send: (frame) => write(JSON.stringify(frame)),
    publish: (text, user) => {
      const latency = user === undefined ? faults.inForce('latency') : undefined;
      if (latency?.ms === undefined) deliver(text, user === undefined ? [] : [user]);
      else void clock.sleep(latency.ms).then(() => deliver(text, []));
    },
    countMessage: (perMinute) => {
      const now = clock.now();
      if (now - minute.start >= MINUTE_MS) minute = { start: now, messages: 0 };
      minute.messages += 1;
      return minute.messages <= perMinute;
    },
    lastSentAt: () => lastSentAt,
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
