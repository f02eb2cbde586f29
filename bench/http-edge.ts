/** P14-like: an order at the HTTP edge (parse, check, recover the signer) against a bare node:http server. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import {
  addressOf,
  type ExchangeAnswer,
  okDefault,
  parseExchangeRequest,
  recoverSigner,
  signExchange,
} from '@perps/contracts/hyperliquid';
import type { Benchmark, Figure } from './support/benchmark.ts';
import type { HttpLoad, HttpLoadResult } from './support/http-load.ts';
import { median, spreadOf } from './support/timing.ts';
import { startWorker } from './support/workers.ts';

const PRIVATE_KEY = `0x${'46'.repeat(32)}`;
const SIGNER = addressOf(PRIVATE_KEY);
const CONNECTIONS = 32;
const ROUNDS = 5;
const ROUND_MS = 1500;
const BODIES = 256;

const bodies = Array.from({ length: BODIES }, (_, index) =>
  JSON.stringify(
    signExchange({
      action: {
        type: 'order',
        orders: [{ a: 0, b: true, p: String(60_000 + index), s: '0.001', r: false, t: { limit: { tif: 'Ioc' } } }],
        grouping: 'na',
      },
      nonce: 1_790_000_000_000 + index,
      network: 'Testnet',
      privateKey: PRIVATE_KEY,
    }),
  ),
);

function parseOnly(body: unknown): ExchangeAnswer {
  if (!parseExchangeRequest(body).ok) throw new Error('A valid body was refused.');
  return okDefault();
}

function parseAndRecover(body: unknown): ExchangeAnswer {
  const parsed = parseExchangeRequest(body);
  if (!parsed.ok || recoverSigner(parsed.request, 'Testnet') !== SIGNER) throw new Error('A valid body was refused.');
  return okDefault();
}

interface Edge {
  readonly name: string;
  readonly listen: () => Promise<{ readonly port: number; readonly close: () => Promise<unknown> }>;
}

const plainEdge = (name: string, answer: (body: unknown) => ExchangeAnswer): Edge => ({
  name,
  listen: () =>
    new Promise((resolve) => {
      const server = createServer((request, response) => answerPlainly({ request, response, answer }));
      server.listen(0, '127.0.0.1', () => resolve({ port: portOf(server), close: () => closed(server) }));
    }),
});

function answerPlainly(exchange: {
  request: IncomingMessage;
  response: ServerResponse;
  answer: (body: unknown) => ExchangeAnswer;
}): void {
  const { request, response, answer } = exchange;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = JSON.stringify(answer(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
}

const fastifyEdge = (name: string, answer: (body: unknown) => ExchangeAnswer): Edge => ({
  name,
  listen: async () => {
    const app = Fastify();
    app.post('/exchange', (request, reply) => reply.send(answer(request.body)));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: portOf(app.server), close: () => app.close() };
  },
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

const BARE = 'bare node:http';
const edges: readonly Edge[] = [
  plainEdge(BARE, okDefault),
  plainEdge('node:http, parse', parseOnly),
  plainEdge('node:http, parse + recover', parseAndRecover),
  fastifyEdge('fastify, bare', okDefault),
  fastifyEdge('fastify, parse + recover', parseAndRecover),
];

export const benchmark: Benchmark = {
  name: 'http-edge',
  title: `P14, POST /exchange over ${CONNECTIONS} keep-alive connections`,
  async run() {
    const worker = startWorker<HttpLoad, HttpLoadResult>('./http-load.ts');
    const listening = await Promise.all(
      edges.map(async (edge) => ({ edge, results: noResults(), ...(await edge.listen()) })),
    );
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const { port, results } of listening) {
        const result = await worker.ask({ port, connections: CONNECTIONS, durationMs: ROUND_MS, bodies });
        if (result.failures > 0) throw new Error(`${result.failures} requests failed.`);
        if (round > 0) results.push(result);
      }
    }
    await worker.stop();
    await Promise.all(listening.map(({ close }) => close()));
    const bare = median(
      listening.find(({ edge }) => edge.name === BARE)?.results.map(({ perSecond }) => perSecond) ?? [],
    );
    return listening.map(({ edge, results }) => edgeFigure({ name: edge.name, results, bare }));
  },
};

/** The first round warms up and is not kept. */
const noResults = (): HttpLoadResult[] => [];

function edgeFigure(input: { name: string; results: readonly HttpLoadResult[]; bare: number }): Figure {
  const rates = input.results.map(({ perSecond }) => perSecond);
  return {
    name: input.name,
    value: median(rates),
    unit: 'requests/s',
    p50: median(input.results.map(({ p50 }) => p50)),
    p99: median(input.results.map(({ p99 }) => p99)),
    spread: spreadOf(rates),
    ...(input.name === BARE ? {} : { peers: [{ name: BARE, value: input.bare }] }),
  };
}
