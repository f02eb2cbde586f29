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
  readonly lastSentAt: () => number;
  readonly socket: WebSocket;
}

type PostFrame = Extract<ReturnType<typeof parseClientFrame>, { readonly ok: true }>['frame'] & {
  readonly method: 'post';
};

export function serveConnection(socket: WebSocket, ip: string, deps: ConnectionDeps): Connection {
  const { clock } = deps;
  const subscriptions = new Map<string, Subscription>();
  const users = new Map<string, number>();
  let pendingPosts = 0;
  let lastSentAt = clock.monotonic();
  let messages = { since: clock.monotonic(), count: 0 };

  const subscriber: Subscriber = {
    send,
    restart: (reason) => socket.close(CLOSE_RESTART, reason),
  };
  socket.on('message', (data, isBinary) => {
    if (isOverRate()) socket.close(CLOSE_POLICY, 'Too many messages.');
    else receive(isBinary ? '' : String(data));
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    for (const subscription of subscriptions.values()) leave(subscription);
    subscriptions.clear();
  });
  return { lastSentAt: () => lastSentAt, socket };

  function send(frame: string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > BUFFERED_MAX) {
      socket.terminate();
      return;
    }
    lastSentAt = clock.monotonic();
    socket.send(frame);
  }

  function isOverRate(): boolean {
    const now = clock.monotonic();
    if (now - messages.since >= MINUTE_MS) messages = { since: now, count: 0 };
    messages.count += 1;
    return messages.count > deps.messagesPerMinute;
  }

  function receive(text: string): void {
    const parsed = parseClientFrame(text);
    if (!parsed.ok) return refuse(parsed.error);
    const { frame } = parsed;
    switch (frame.method) {
      case 'ping':
        return send(JSON.stringify(pongFrame()));
      case 'subscribe':
        return subscribe(frame.subscription);
      case 'unsubscribe':
        return unsubscribe(frame.subscription);
      case 'post':
        void post(frame);
    }
  }

  function refuse(text: string): void {
    send(JSON.stringify(errorFrame(text)));
  }

  function subscribe(subscription: Subscription): void {
    const key = subscriptionKey(subscription);
    if (subscriptions.has(key)) return refuse(wsErrorTexts.alreadySubscribed(subscription));
    if (subscriptions.size >= wsLimits.subscriptions) return refuse(wsErrorTexts.tooManySubscriptions);
    const user = subscriptionUser(subscription);
    if (user !== undefined && !users.has(user) && users.size >= wsLimits.users) {
      return refuse(wsErrorTexts.tooManyUsers);
    }
    if (user === undefined && !deps.publicTopics.accepts(subscription)) {
      return refuse(wsErrorTexts.invalidSubscription(subscription));
    }
    subscriptions.set(key, subscription);
    if (user !== undefined) users.set(user, (users.get(user) ?? 0) + 1);
    send(JSON.stringify(subscriptionResponse('subscribe', subscription)));
    if (isOfUser(subscription)) deps.userTopics.add(subscription, subscriber);
    else deps.publicTopics.add(subscription, subscriber);
  }

  function unsubscribe(subscription: Subscription): void {
    const key = subscriptionKey(subscription);
    if (!subscriptions.delete(key)) return refuse(wsErrorTexts.alreadyUnsubscribed(subscription));
    leave(subscription);
    const user = subscriptionUser(subscription);
    if (user !== undefined) forgetUser(user);
    send(JSON.stringify(subscriptionResponse('unsubscribe', subscription)));
  }

  function forgetUser(user: string): void {
    const count = (users.get(user) ?? 1) - 1;
    if (count === 0) users.delete(user);
    else users.set(user, count);
  }

  function leave(subscription: Subscription): void {
    if (isOfUser(subscription)) deps.userTopics.remove(subscription, subscriber);
    else deps.publicTopics.remove(subscription, subscriber);
  }

  async function post({ id, request }: PostFrame): Promise<void> {
    if (pendingPosts >= wsLimits.pendingPosts) return refuse(wsErrorTexts.tooManyPosts(id));
    pendingPosts += 1;
    try {
      const handler = request.type === 'info' ? deps.door.info : deps.door.exchange;
      send(postFrame(id, request, await handler({ body: request.payload, ip })));
    } finally {
      pendingPosts -= 1;
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
