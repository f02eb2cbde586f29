/** What a server answers to requests no client library would send. */
import { describe, expect, it } from '@jest/globals';
import { signExchange } from '@perps/contracts/hyperliquid';
import { WebSocket } from 'ws';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import { createCollector } from './waiting.ts';

interface ServerFrame {
  readonly channel: string;
  readonly data?: unknown;
}

let lastNonce = 0;
/** The time, but never twice the same. */
function nextNonce(): number {
  lastNonce = Math.max(Date.now(), lastNonce + 1);
  return lastNonce;
}

export function describeProtocolEdges(target: CurrentTarget): void {
  describe('requests no client library would send', () => {
    const post = async (path: string, body: string, contentType = 'application/json') => {
      const response = await fetch(`${target().url}${path}`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body,
      });
      return { status: response.status, text: await response.text() };
    };

    it.each([
      ['/info', '{', 'application/json', 400, 'Failed to parse the request body as JSON'],
      [
        '/info',
        '{"type":"nonsense"}',
        'application/json',
        422,
        'Failed to deserialize the JSON body into the target type',
      ],
      [
        '/exchange',
        '{"action":{}}',
        'application/json',
        422,
        'Failed to deserialize the JSON body into the target type',
      ],
      ['/info', '{"type":"meta"}', 'text/plain', 415, 'Expected request with `Content-Type: application/json`'],
      ['/info', '{"type":"l2Book","coin":"NOSUCH"}', 'application/json', 200, 'null'],
    ])('%s %s (%s) is answered %d', async (path, body, contentType, status, text) => {
      expect(await post(path, body, contentType)).toEqual({ status, text });
    });

    const sign = (action: object): unknown => {
      const nonce = nextNonce();
      const network = target().isTestnet ? 'Testnet' : 'Mainnet';
      return signExchange({ action: action as never, nonce, network, privateKey: target().wallet.privateKey });
    };
    const act = async (action: object) => {
      const { status, text } = await post('/exchange', JSON.stringify(sign(action)));
      return { status, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text };
    };
    const stopAt = (trigger: object) => ({
      type: 'order',
      orders: [{ a: 0, b: true, p: '1', s: '1', r: false, t: { trigger } }],
      grouping: 'na',
    });

    it.each([
      ['a number for the price', { isMarket: true, triggerPx: 1, tpsl: 'sl' }],
      ['an unknown kind', { isMarket: true, triggerPx: '1', tpsl: 'stop' }],
      ['no word about the market', { triggerPx: '1', tpsl: 'sl' }],
    ])('does not understand a trigger with %s', async (_, trigger) => {
      const signature = { r: `0x${'1'.repeat(64)}`, s: `0x${'1'.repeat(64)}`, v: 27 };
      const body = JSON.stringify({ action: stopAt(trigger), nonce: nextNonce(), signature });
      expect(await post('/exchange', body)).toEqual({
        status: 422,
        text: 'Failed to deserialize the JSON body into the target type',
      });
    });

    it('takes the triggers of the Python SDK, trailing zeros and all', async () => {
      const { meta, mids } = await picture();
      const a = meta.universe.findIndex(({ name }) => name === 'BTC');
      const at = (times: number): string => `${Math.round((Number(mids['BTC']) * times) / 10) * 10}.0`;
      const order = (px: string, tpsl: string, isMarket: boolean) => ({
        a,
        b: true,
        p: px,
        s: '0.01',
        r: false,
        t: { trigger: { isMarket, triggerPx: px, tpsl } },
      });
      const grouping = 'na';
      const orders = [order(at(1.2), 'sl', true), order(at(0.8), 'tp', false)];
      const placed = await act({ type: 'order', orders, grouping });
      const resting = { resting: { oid: expect.any(Number) } };
      expect(placed).toMatchObject({
        status: 200,
        body: { status: 'ok', response: { type: 'order', data: { statuses: [resting, resting] } } },
      });
      const { statuses } = (placed.body as { response: { data: { statuses: { resting: { oid: number } }[] } } })
        .response.data;
      const cancels = statuses.map((status) => ({ a, o: status.resting.oid }));
      expect(await act({ type: 'cancel', cancels })).toMatchObject({
        body: { response: { data: { statuses: ['success', 'success'] } } },
      });
      expect(await act({ type: 'order', orders: orders.slice(0, 1), grouping: 'positionTpsl' })).toMatchObject({
        body: { response: { data: { statuses: [{ error: expect.stringContaining('Reduce only order') }] } } },
      });
      expect(await act({ type: 'order', orders: orders.slice(0, 1), grouping: 'normalTpsl' })).toMatchObject({
        body: { status: 'err', response: 'Unexpected number of trigger orders' },
      });
    });

    const picture = async () => {
      const [meta, mids] = await Promise.all(
        ['meta', 'allMids'].map((type) => post('/info', JSON.stringify({ type }))),
      );
      return {
        meta: JSON.parse(meta!.text) as { universe: { name: string }[] },
        mids: JSON.parse(mids!.text) as Record<string, string>,
      };
    };

    it('speaks of errors on the error channel and goes on', async () => {
      const socket = new WebSocket(target().wsUrl);
      const frames = createCollector<ServerFrame>();
      socket.on('message', (data) => {
        const text = Buffer.from(data as Buffer).toString('utf8');
        if (text.startsWith('{')) frames.add(JSON.parse(text) as ServerFrame);
      });
      await new Promise((resolve) => socket.once('open', resolve));
      const say = (frame: unknown): void => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
      const isError = (start: string) => (frame: ServerFrame) =>
        frame.channel === 'error' && String(frame.data).startsWith(start);

      say('not json');
      await frames.find('the parse error', isError('Error parsing JSON into valid websocket request: not json'));
      const subscription = { type: 'l2Book', coin: 'BTC' };
      say({ method: 'subscribe', subscription });
      const echo = await frames.find('the echo', (frame) => frame.channel === 'subscriptionResponse');
      expect(echo.data).toEqual({
        method: 'subscribe',
        subscription: { type: 'l2Book', coin: 'BTC', nSigFigs: null, mantissa: null },
      });
      say({ method: 'subscribe', subscription });
      await frames.find('the second subscription', isError('Already subscribed: '));
      say({ method: 'unsubscribe', subscription: { type: 'bbo', coin: 'BTC' } });
      await frames.find('the unknown subscription', isError('Already unsubscribed: '));
      say({ method: 'ping' });
      expect(await frames.find('the pong', (frame) => frame.channel === 'pong')).toEqual({ channel: 'pong' });
      socket.terminate();
    });
  });
}
