/** The WebSocket's frames: what clients send, the acknowledgement that echoes it, and the error channel's texts. */
import { z } from 'zod';
import { candleIntervals } from './info.ts';
import { addressText, coinText, dexText, uint } from './primitives.ts';

const user = addressText;
const plain = <T extends string>(type: T) => z.object({ type: z.literal(type) });
const ofUser = <T extends string>(type: T) => z.object({ type: z.literal(type), user });
const ofCoin = <T extends string>(type: T) => z.object({ type: z.literal(type), coin: coinText });
/** The default dex is `""` in these echoes and events; clients filter by it. */
const ofUserDex = <T extends string>(type: T) => z.object({ type: z.literal(type), user, dex: dexText.default('') });

/** Field order is that of the echo. Nulls and defaults are part of it: clients match it field by field. */
const subscription = z.discriminatedUnion('type', [
  z.object({ type: z.literal('allMids'), dex: dexText.nullable().optional() }),
  z.object({
    ...ofCoin('l2Book').shape,
    nSigFigs: uint.nullable().default(null),
    mantissa: uint.nullable().default(null),
    fast: z.boolean().nullable().optional(),
  }),
  ofCoin('bbo'),
  ofCoin('trades'),
  z.object({ type: z.literal('candle'), interval: z.enum(candleIntervals), coin: coinText }),
  ofCoin('activeAssetCtx'),
  z.object({ type: z.literal('assetCtxs'), dex: dexText.nullable().optional() }),
  plain('allDexsAssetCtxs'),
  plain('fastAssetCtxs'),
  plain('spotAssetCtxs'),
  ofUser('userEvents'),
  z.object({ ...ofUser('userFills').shape, aggregateByTime: z.boolean().nullable().optional() }),
  ofUser('orderUpdates'),
  ofUser('userFundings'),
  ofUser('userNonFundingLedgerUpdates'),
  ofUser('userHistoricalOrders'),
  ofUser('userTwapHistory'),
  ofUser('userTwapSliceFills'),
  ofUser('allDexsClearinghouseState'),
  ofUserDex('clearinghouseState'),
  ofUserDex('openOrders'),
  ofUserDex('twapStates'),
  z.object({ ...ofUser('activeAssetData').shape, coin: coinText }),
  ofUser('notification'),
  z.object({ ...ofUser('spotState').shape, ignorePortfolioMargin: z.boolean().nullable().optional() }),
  z.object({ ...ofUser('webData2').shape, dex: dexText.nullable().optional() }),
  ofUser('webData3'),
]);

export type Subscription = z.infer<typeof subscription>;
export type SubscriptionType = Subscription['type'];
export type SubscriptionOf<T extends SubscriptionType> = Extract<Subscription, { type: T }>;

/** Reads the `subscription` of a frame into its typed form; `undefined` where it is malformed or unknown. */
export function parseSubscription(body: unknown): Subscription | undefined {
  const parsed = subscription.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

/** The `subscription` of the acknowledgement: every field the client sent, and the nulls the venue adds. */
export function echoSubscription(typed: Subscription): Subscription {
  return { ...typed };
}

/** Same key, same stream: a second one on a connection is `Already subscribed`. Defaults and absence are one. */
export function subscriptionKey(typed: Subscription): string {
  const significant = Object.entries(typed).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  return significant.map(([field, value]) => `${field}=${String(value)}`).join('&');
}

/** The address a subscription is about (one of at most ten per IP); `undefined` for market data. */
export function subscriptionUser(typed: Subscription): string | undefined {
  return 'user' in typed ? typed.user : undefined;
}

const postedRequest = z.object({ type: z.enum(['info', 'action']), payload: z.unknown() });
const clientFrame = z.discriminatedUnion('method', [
  z.object({ method: z.literal('subscribe'), subscription }),
  z.object({ method: z.literal('unsubscribe'), subscription }),
  z.object({ method: z.literal('ping') }),
  z.object({ method: z.literal('post'), id: uint, request: postedRequest }),
]);

/** `post` carries a body of `/info` or `/exchange`, still to be parsed by their own functions. */
export type ClientFrame = z.infer<typeof clientFrame>;

/** Longer echoes of a malformed frame are cut: an error must not amplify what was sent. */
const ECHO_LENGTH_MAX = 1024;

/** Reads one text frame; otherwise the text for the error channel. Never throws. */
export function parseClientFrame(
  text: string,
): { readonly ok: true; readonly frame: ClientFrame } | { readonly ok: false; readonly error: string } {
  const parsed = clientFrame.safeParse(tryJson(text));
  return parsed.success
    ? { ok: true, frame: parsed.data }
    : { ok: false, error: wsErrorTexts.badRequest(text.slice(0, ECHO_LENGTH_MAX)) };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Texts of the error channel and of closing. */
export const wsErrorTexts = {
  badRequest: (frame: string) => `Error parsing JSON into valid websocket request: ${frame}`,
  alreadySubscribed: (typed: Subscription) => `Already subscribed: ${JSON.stringify(echoSubscription(typed))}`,
  invalidSubscription: (typed: Subscription) => `Invalid subscription ${JSON.stringify(echoSubscription(typed))}`,
  alreadyUnsubscribed: (typed: Subscription) => `Already unsubscribed: ${JSON.stringify(echoSubscription(typed))}`,
  tooManyUsers: 'Cannot track more than 10 total users.',
  tooManyPosts: (id: number) => `too many pending post requests id=${id}`,
  tooManySubscriptions: 'Cannot subscribe to more than 1000 channels.',
  tooManyConnections: 'Cannot open more than 15 connections.',
} as const;

/** Text frame that the server may send first; clients must ignore it. */
export const GREETING_TEXT = 'Websocket connection established.';
/** The server closes a connection to which it has sent nothing for so long. */
export const SILENCE_LIMIT_MS = 60_000;
export const CLOSE_POLICY = 1008;

/** Limits per IP. */
export const wsLimits = {
  connections: 15,
  connectionsPerMinute: 30,
  subscriptions: 1000,
  users: 10,
  messagesPerMinute: 2000,
  pendingPosts: 100,
} as const;

export const pongFrame = (): { readonly channel: 'pong' } => ({ channel: 'pong' });

export const errorFrame = (text: string) => ({ channel: 'error', data: text }) as const;

/** The acknowledgement of a subscribe or unsubscribe frame. */
export const subscriptionResponse = (method: 'subscribe' | 'unsubscribe', typed: Subscription) =>
  ({ channel: 'subscriptionResponse', data: { method, subscription: echoSubscription(typed) } }) as const;

/** Answer to a posted info request; `type` is the info request's. */
export const postInfoResponse = (id: number, type: string, data: unknown) =>
  ({ channel: 'post', data: { id, response: { type: 'info', payload: { type, data } } } }) as const;

/** Answer to a posted action; `payload` is the body `/exchange` would have answered. */
export const postActionResponse = (id: number, payload: unknown) =>
  ({ channel: 'post', data: { id, response: { type: 'action', payload } } }) as const;

/** What HTTP would have answered with another status than 200, as one text (`429 Too Many Requests: null`). */
export const postErrorResponse = (id: number, failure: { readonly status: number; readonly text: string }) =>
  ({
    channel: 'post',
    data: { id, response: { type: 'error', payload: `${statusLine(failure.status)}: ${failure.text}` } },
  }) as const;

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  413: 'Payload Too Large',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};
function statusLine(status: number): string {
  const reason = REASONS[status];
  return reason === undefined ? String(status) : `${status} ${reason}`;
}
