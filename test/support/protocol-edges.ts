/** What a server answers to requests no client library would send. */
import { describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import { createCollector } from './waiting.ts';

interface ServerFrame {
  readonly channel: string;
  readonly data?: unknown;
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
