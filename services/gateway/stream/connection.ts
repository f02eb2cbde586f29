/** One WebSocket of a client: frames in, acknowledgements and channels out, limits kept. */
import {
  errorFrame,
  parseClientFrame,
  pongFrame,
  postErrorResponse,
  type Subscription,
  subscriptionKey,
  subscriptionResponse,
  subscriptionUser,
  wsErrorTexts,
  wsLimits,
} from '@perps/contracts/hyperliquid';
import type { Clock } from '@perps/runtime/ports';
import type { WebSocket } from 'ws';
import type { DoorAnswer } from '../http/answer.ts';
import type { Door } from '../http/door.ts';
import type { PublicTopics } from './public-topics.ts';
import type { Subscriber } from './subscriber.ts';
import type { UserSubscription, UserTopics } from './user-topics.ts';

/** What may wait in a socket for a slow consumer (bytes). */
const BUFFERED_MAX = 4 * 1024 * 1024;
const MINUTE_MS = 60_000;
const CLOSE_RESTART = 1012;
const CLOSE_POLICY = 1008;

export interface ConnectionDeps {
  readonly door: Door;
  readonly publicTopics: PublicTopics;
  readonly userTopics: UserTopics;
  readonly clock: Clock;
  readonly messagesPerMinute: number;
}

export interface Connection {
  /** Monotonic ms of the last frame to the client: a silent connection is closed. */
  lastSentAt(): number;
  readonly socket: WebSocket;
}

type ClientFrame = Extract<ReturnType<typeof parseClientFrame>, { readonly ok: true }>['frame'];
type PostFrame = Extract<ClientFrame, { readonly method: 'post' }>;

/** Serves the socket until it closes. */
export function serveConnection(socket: WebSocket, ip: string, deps: ConnectionDeps): Connection {
  return new ServedConnection(socket, ip, deps);
}

class ServedConnection implements Connection, Subscriber {
  readonly socket: WebSocket;
  readonly #ip: string;
  readonly #deps: ConnectionDeps;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Subscriptions per tracked user. */
  readonly #users = new Map<string, number>();
  #pendingPosts = 0;
  #lastSentAt: number;
  #messages: { readonly since: number; count: number };

  constructor(socket: WebSocket, ip: string, deps: ConnectionDeps) {
    this.socket = socket;
    this.#ip = ip;
    this.#deps = deps;
    this.#lastSentAt = deps.clock.monotonic();
    this.#messages = { since: this.#lastSentAt, count: 0 };
    socket.on('message', (data, isBinary) => {
      if (this.#isOverRate()) socket.close(CLOSE_POLICY, 'Too many messages.');
      else this.#receive(!isBinary && Buffer.isBuffer(data) ? data.toString('utf8') : '');
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      for (const subscription of this.#subscriptions.values()) this.#leave(subscription);
      this.#subscriptions.clear();
    });
  }

  lastSentAt(): number {
    return this.#lastSentAt;
  }

  send(frame: string): void {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > BUFFERED_MAX) {
      socket.terminate();
      return;
    }
    this.#lastSentAt = this.#deps.clock.monotonic();
    socket.send(frame);
  }

  restart(reason: string): void {
    this.socket.close(CLOSE_RESTART, reason);
  }

  #isOverRate(): boolean {
    const now = this.#deps.clock.monotonic();
    if (now - this.#messages.since >= MINUTE_MS) this.#messages = { since: now, count: 0 };
    this.#messages.count += 1;
    return this.#messages.count > this.#deps.messagesPerMinute;
  }

  #receive(text: string): void {
    const parsed = parseClientFrame(text);
    if (!parsed.ok) {
      this.#refuse(parsed.error);
      return;
    }
    const { frame } = parsed;
    switch (frame.method) {
      case 'ping':
        this.send(JSON.stringify(pongFrame()));
        return;
      case 'subscribe':
        this.#subscribe(frame.subscription);
        return;
      case 'unsubscribe':
        this.#unsubscribe(frame.subscription);
        return;
      case 'post':
        void this.#post(frame);
    }
  }

  #refuse(text: string): void {
    this.send(JSON.stringify(errorFrame(text)));
  }

  #subscribe(subscription: Subscription): void {
    const refusal = this.#refusalOf(subscription);
    if (refusal !== undefined) {
      this.#refuse(refusal);
      return;
    }
    this.#subscriptions.set(subscriptionKey(subscription), subscription);
    const user = subscriptionUser(subscription);
    if (user !== undefined) this.#users.set(user, (this.#users.get(user) ?? 0) + 1);
    this.send(JSON.stringify(subscriptionResponse('subscribe', subscription)));
    if (isOfUser(subscription)) this.#deps.userTopics.add(subscription, this);
    else this.#deps.publicTopics.add(subscription, this);
  }

  #refusalOf(subscription: Subscription): string | undefined {
    if (this.#subscriptions.has(subscriptionKey(subscription))) return wsErrorTexts.alreadySubscribed(subscription);
    if (this.#subscriptions.size >= wsLimits.subscriptions) return wsErrorTexts.tooManySubscriptions;
    const user = subscriptionUser(subscription);
    if (user === undefined) {
      return this.#deps.publicTopics.accepts(subscription) ? undefined : wsErrorTexts.invalidSubscription(subscription);
    }
    const isOneTooMany = !this.#users.has(user) && this.#users.size >= wsLimits.users;
    return isOneTooMany ? wsErrorTexts.tooManyUsers : undefined;
  }

  #unsubscribe(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscriptionKey(subscription))) {
      this.#refuse(wsErrorTexts.alreadyUnsubscribed(subscription));
      return;
    }
    this.#leave(subscription);
    const user = subscriptionUser(subscription);
    if (user !== undefined) this.#forgetUser(user);
    this.send(JSON.stringify(subscriptionResponse('unsubscribe', subscription)));
  }

  #forgetUser(user: string): void {
    const count = (this.#users.get(user) ?? 1) - 1;
    if (count === 0) this.#users.delete(user);
    else this.#users.set(user, count);
  }

  #leave(subscription: Subscription): void {
    if (isOfUser(subscription)) this.#deps.userTopics.remove(subscription, this);
    else this.#deps.publicTopics.remove(subscription, this);
  }

  async #post({ id, request }: PostFrame): Promise<void> {
    if (this.#pendingPosts >= wsLimits.pendingPosts) {
      this.#refuse(wsErrorTexts.tooManyPosts(id));
      return;
    }
    this.#pendingPosts += 1;
    try {
      const handler = request.type === 'info' ? this.#deps.door.info : this.#deps.door.exchange;
      this.send(postFrame(id, request, await handler({ body: request.payload, ip: this.#ip })));
    } finally {
      this.#pendingPosts -= 1;
    }
  }
}

const isOfUser = (subscription: Subscription): subscription is UserSubscription => 'user' in subscription;

/** The answer's body is JSON already; it is wrapped, not parsed and written again. */
function postFrame(
  id: number,
  request: { readonly type: 'info' | 'action'; readonly payload?: unknown },
  answer: DoorAnswer,
): string {
  if (answer.status !== 200) return JSON.stringify(postErrorResponse(id, { status: answer.status, text: answer.body }));
  const payload =
    request.type === 'action'
      ? answer.body
      : `{"type":${JSON.stringify(typeOf(request.payload))},"data":${answer.body}}`;
  return `{"channel":"post","data":{"id":${id},"response":{"type":"${request.type}","payload":${payload}}}}`;
}

function typeOf(payload: unknown): string {
  const type = typeof payload === 'object' && payload !== null && 'type' in payload ? payload.type : undefined;
  return typeof type === 'string' ? type : '';
}
