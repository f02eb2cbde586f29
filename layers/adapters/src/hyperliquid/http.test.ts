import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createVenueHttp, type VenueConnections, type VenueHttp, VenueTransportError } from './http.ts';

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

describe('posting to the venue', () => {
  let server: Server;
  let http: VenueConnections;
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

  it('sends an order on a connection that is there already, and keeps the next one ready', async () => {
    const sockets: unknown[] = [];
    await serve((request, response) => {
      sockets.push(request.socket);
      request.resume().on('end', () => response.end('{}'));
    });
    const opened: Socket[] = [];
    server.on('connection', (socket: Socket) => opened.push(socket));
    const connected = (count: number) => eventually(() => opened.length === count);
    http.warm();
    await connected(1);
    expect(sockets).toEqual([]);
    await post();
    expect(sockets[0]).toBe(opened[0]);
    await connected(2);
    // What the server closes, or says without being asked, is not for the next order.
    opened[0]?.end();
    opened[1]?.end('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n');
    await Promise.all(opened.map((socket) => socket.closed || once(socket, 'close')));
    expect(await post()).toEqual({ status: 200, text: '{}' });
    expect(sockets[1]).toBe(opened[2]);
  });

  it('sends orders at once on as many connections', async () => {
    let open = 0;
    const together = Promise.withResolvers<void>();
    await serve((_request, response) => {
      open += 1;
      if (open === 3) together.resolve();
      void together.promise.then(() => response.end('{}'));
    });
    expect(await Promise.all([post(), post(), post()])).toHaveLength(3);
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
