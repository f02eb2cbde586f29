import { afterEach, describe, expect, it } from '@jest/globals';
import type { Clock, Logger } from '@perps/runtime/ports';
import { createRpcClient, createRpcServer, type RpcClient, type RpcServer } from './index.ts';

const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const peer of open.splice(0)) await peer.close();
});

async function serve(port = 0): Promise<RpcServer> {
  const server = await createRpcServer({
    port,
    handlers: {
      echo: async (params) => params,
      refuse: async () => {
        throw Object.assign(new Error('not mine'), { code: 'NotOwner' });
      },
      never: () => new Promise(() => undefined),
    },
    topics: { feed: { snapshot: () => ['whole picture'] } },
    logger: silent,
  });
  open.push(server);
  return server;
}

async function connect(resolveUrl: () => Promise<string>): Promise<RpcClient> {
  const client = createRpcClient({ resolveUrl, logger: silent, clock });
  open.unshift(client);
  await new Promise<void>((resolve) => client.onState((isConnected) => isConnected && resolve()));
  return client;
}

describe('rpc', () => {
  it('carries bigints, undefined and nesting both ways', async () => {
    const server = await serve();
    const client = await connect(async () => `ws://127.0.0.1:${server.port}/rpc`);
    const value = {
      amount: -12n,
      big: 2n ** 60n,
      absurd: -(10n ** 80n),
      list: [{ at: 1_763_719_200_000, none: undefined }],
      text: 'é',
    };
    expect(await client.request('echo', value)).toEqual(value);
  });

  it('answers the code of a coded error and BadRequest for an unknown method', async () => {
    const server = await serve();
    const client = await connect(async () => `ws://127.0.0.1:${server.port}/rpc`);
    await expect(client.request('refuse', {})).rejects.toMatchObject({ code: 'NotOwner' });
    await expect(client.request('toString', {})).rejects.toMatchObject({ code: 'BadRequest' });
  });

  it('tells a timeout and a drop apart from a refusal: both are unknown', async () => {
    const server = await serve();
    const client = await connect(async () => `ws://127.0.0.1:${server.port}/rpc`);
    await expect(client.request('never', {}, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'Timeout' });
    const cut = client.request('never', {});
    await server.close();
    await expect(cut).rejects.toMatchObject({ code: 'Disconnected' });
  });

  it('subscribes again after a reconnect and starts with the snapshot each time', async () => {
    const first = await serve();
    const { port } = first;
    const client = await connect(async () => `ws://127.0.0.1:${port}/rpc`);
    const seen: unknown[] = [];
    const waiting: (() => void)[] = [];
    client.subscribe('feed', (payload) => {
      seen.push(payload);
      waiting.shift()?.();
    });
    const next = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
    await next();
    const published = next();
    first.publish('feed', 1);
    await published;
    const again = next();
    await first.close();
    await serve(port);
    await again;
    expect(seen).toEqual(['whole picture', 1, 'whole picture']);
  });
});
