import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InfoClient, SubscriptionClient, WebSocketRequestError, WebSocketTransport } from '@nktkas/hyperliquid';
import { WebSocketServer } from 'ws';
import {
  errorFrame,
  parseClientFrame,
  parseInfoRequest,
  pongFrame,
  postErrorResponse,
  postInfoResponse,
  rateLimited,
  subscriptionKey,
  subscriptionResponse,
  wsErrorTexts,
} from './index.ts';

const USER = '0x0D1d9635D0640821d15e323ac8AdADfA9c111414';
const ignore = () => undefined;

/** The smallest server that speaks the protocol with this module: acknowledges, posts, refuses. */
function answerTo(text: string, open: Set<string>): object {
  const parsed = parseClientFrame(text);
  if (!parsed.ok) return errorFrame(parsed.error);
  const { frame } = parsed;
  if (frame.method === 'ping') return pongFrame();
  if (frame.method === 'post') {
    const request = parseInfoRequest(frame.request.payload);
    return request.ok
      ? postInfoResponse(frame.id, request.request.type, {})
      : postErrorResponse(frame.id, rateLimited());
  }
  const key = subscriptionKey(frame.subscription);
  if (frame.method === 'subscribe' && open.has(key))
    return errorFrame(wsErrorTexts.alreadySubscribed(frame.subscription));
  if (frame.method === 'subscribe') open.add(key);
  else open.delete(key);
  return subscriptionResponse(frame.method, frame.subscription);
}

let server: WebSocketServer;
let transport: WebSocketTransport;
let client: SubscriptionClient;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    const open = new Set<string>();
    socket.on('message', (data: Buffer) => socket.send(JSON.stringify(answerTo(data.toString(), open))));
  });
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const { port } = server.address() as AddressInfo;
  transport = new WebSocketTransport({ url: `ws://127.0.0.1:${port}`, timeout: 3_000 });
  client = new SubscriptionClient({ transport });
});

afterAll(async () => {
  transport.close();
  for (const socket of server.clients) socket.terminate();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

type Subscribe = () => Promise<{ unsubscribe: () => Promise<unknown> }>;

describe('@nktkas/hyperliquid recognises every acknowledgement', () => {
  const subscriptions: [string, Subscribe][] = [
    ['allMids', () => client.allMids(ignore)],
    ['l2Book', () => client.l2Book({ coin: 'BTC' }, ignore)],
    ['l2Book, coarser', () => client.l2Book({ coin: 'BTC', nSigFigs: 5, mantissa: 2 }, ignore)],
    ['bbo', () => client.bbo({ coin: 'BTC' }, ignore)],
    ['trades', () => client.trades({ coin: 'BTC' }, ignore)],
    ['candle', () => client.candle({ coin: 'BTC', interval: '1m' }, ignore)],
    ['activeAssetCtx', () => client.activeAssetCtx({ coin: 'BTC' }, ignore)],
    ['assetCtxs', () => client.assetCtxs(ignore)],
    ['allDexsAssetCtxs', () => client.allDexsAssetCtxs(ignore)],
    ['userEvents', () => client.userEvents({ user: USER }, ignore)],
    ['userFills', () => client.userFills({ user: USER }, ignore)],
    ['userFills, aggregated', () => client.userFills({ user: USER, aggregateByTime: true }, ignore)],
    ['orderUpdates', () => client.orderUpdates({ user: USER }, ignore)],
    ['userFundings', () => client.userFundings({ user: USER }, ignore)],
    ['userNonFundingLedgerUpdates', () => client.userNonFundingLedgerUpdates({ user: USER }, ignore)],
    ['userHistoricalOrders', () => client.userHistoricalOrders({ user: USER }, ignore)],
    ['userTwapHistory', () => client.userTwapHistory({ user: USER }, ignore)],
    ['userTwapSliceFills', () => client.userTwapSliceFills({ user: USER }, ignore)],
    ['clearinghouseState', () => client.clearinghouseState({ user: USER }, ignore)],
    ['allDexsClearinghouseState', () => client.allDexsClearinghouseState({ user: USER }, ignore)],
    ['openOrders', () => client.openOrders({ user: USER }, ignore)],
    ['twapStates', () => client.twapStates({ user: USER }, ignore)],
    ['activeAssetData', () => client.activeAssetData({ user: USER, coin: 'BTC' }, ignore)],
    ['notification', () => client.notification({ user: USER }, ignore)],
    ['spotState', () => client.spotState({ user: USER }, ignore)],
    ['webData3', () => client.webData3({ user: USER }, ignore)],
  ];

  it.each(subscriptions)('%s', async (_, subscribe) => {
    const subscription = await subscribe();
    await expect(subscription.unsubscribe()).resolves.not.toThrow();
  });

  it('posts, and reads a refusal as HTTP would give it', async () => {
    const info = new InfoClient({ transport });
    await expect(info.allMids()).resolves.toEqual({});
    const refused = transport.request('info', { type: 'nope' });
    await expect(refused).rejects.toThrow(new WebSocketRequestError('429 Too Many Requests: null'));
  });

  it('reads the error channel', async () => {
    const absurd = client.l2Book({ coin: 'X'.repeat(40) }, ignore);
    await expect(absurd).rejects.toThrow('Error parsing JSON into valid websocket request');
  });
});
