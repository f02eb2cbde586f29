import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createVenueHttp, type VenueHttp, VenueTransportError } from './http.ts';

describe('posting to the venue', () => {
  let server: Server;
  let http: VenueHttp;
  afterEach(() => {
    http.close();
    server.closeAllConnections();
    server.close();
  });

  async function serve(listener: RequestListener, path = ''): Promise<VenueHttp> {
    server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    http = createVenueHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    return http;
  }
  const post = (timeoutMs = 5_000) => http.post('/exchange', '{"a":1}', { timeoutMs });

  it('sends the bytes as they are, says when they are out, and answers any status', async () => {
    const seen: string[] = [];
    await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      request.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      request.on('end', () => response.writeHead(429).end('null'));
    }, '/prefix/');
    let isSent = false;
    const answer = await http.post('/exchange', '{"a":1}', {
      timeoutMs: 5_000,
      onSent: () => {
        isSent = true;
      },
    });
    expect(answer).toEqual({ status: 429, text: 'null' });
    expect(seen).toEqual(['POST /prefix/exchange application/json', '{"a":1}']);
    expect(isSent).toBe(true);
  });

  it('keeps the connection', async () => {
    const sockets = new Set<unknown>();
    await serve((request, response) => {
      sockets.add(request.socket);
      request.resume().on('end', () => response.end('{}'));
    });
    for (let round = 0; round < 3; round += 1) await post();
    expect(sockets.size).toBe(1);
  });

  it.each<[string, RequestListener]>([
    ['a connection that dies', (request) => request.socket.destroy()],
    ['silence', () => undefined],
    [
      'an answer that drips and never ends',
      (_request, response) => {
        response.writeHead(200);
        response.write('{"status"');
      },
    ],
    [
      'an answer cut off',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"status"', () => request.socket.destroy());
      },
    ],
  ])('%s is a transport error: unknown', async (_name, listener) => {
    await serve(listener);
    await expect(post(200)).rejects.toThrow(VenueTransportError);
    await expect(post(200)).rejects.toMatchObject({ isUnsent: false });
  });

  it('so is a port where nobody listens', async () => {
    await serve(() => undefined);
    server.close();
    await once(server, 'close');
    await expect(post()).rejects.toMatchObject({ code: 'VenueTransport', isUnsent: true });
  });
});
