/**
 * P13-like: one book update to many sockets. The naive loop serialises per socket; the others serialise once.
 * Counted per second of the sending thread's processor time, because the loopback and the reader share the machine.
 */
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { L2Book } from '@perps/contracts/hyperliquid';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Benchmark, Figure } from './support/benchmark.ts';
import type { ReaderAnswer, ReaderQuestion } from './support/socket-reader.ts';
import { median, spreadOf } from './support/timing.ts';
import { type LoadWorker, startWorker } from './support/workers.ts';

const CONNECTIONS = 500;
const UPDATES_PER_ROUND = 40;
const ROUNDS = 9;
const LEVELS = 20;

interface Audience {
  readonly sockets: readonly WebSocket[];
  /** The streams below the WebSockets, for frames that are encoded already. */
  readonly streams: readonly Duplex[];
}
interface Strategy {
  readonly name: string;
  readonly publish: (audience: Audience, message: object) => void;
}

const NAIVE = 'naive: stringify per socket';
const strategies: readonly Strategy[] = [
  {
    name: NAIVE,
    publish: ({ sockets }, message) => {
      for (const socket of sockets) socket.send(JSON.stringify(message));
    },
  },
  {
    name: 'stringify once',
    publish: ({ sockets }, message) => {
      const text = Buffer.from(JSON.stringify(message));
      for (const socket of sockets) socket.send(text, { binary: false });
    },
  },
  {
    name: 'frame once',
    publish: ({ streams }, message) => {
      const frame = encodeFrame(Buffer.from(JSON.stringify(message)));
      for (const stream of streams) stream.write(frame);
    },
  },
];

const TEXT_FRAME = 0x81;
/** A server's text frame: unmasked, final, lengths of at most 16 bits. */
function encodeFrame(payload: Buffer): Buffer {
  const short = payload.length < 126;
  const head = Buffer.alloc(short ? 2 : 4);
  head[0] = TEXT_FRAME;
  if (short) head[1] = payload.length;
  else {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([head, payload]);
}

/** Every update has the same length, so that bytes tell deliveries. */
function bookUpdate(sequence: number): { readonly channel: 'l2Book'; readonly data: L2Book } {
  const side = (first: number, step: number) =>
    Array.from({ length: LEVELS }, (_, level) => ({ px: `${first + step * level}.0`, sz: '0.12345', n: 3 }));
  return {
    channel: 'l2Book',
    data: { coin: 'BTC', time: 1_790_000_000_000 + sequence, levels: [side(64_999, -1), side(65_001, 1)] },
  };
}

export const benchmark: Benchmark = {
  name: 'websocket-fanout',
  title: `P13, a 20-level book to ${CONNECTIONS} sockets`,
  async run() {
    const streams: Duplex[] = [];
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    server.on('connection', (_, request) => streams.push(request.socket));
    await new Promise<void>((resolve) => server.once('listening', () => resolve()));
    const reader = startWorker<ReaderQuestion, ReaderAnswer>('./socket-reader.ts');
    await reader.ask({ kind: 'open', port: (server.address() as AddressInfo).port, connections: CONNECTIONS });
    const rates = await measure({ sockets: [...server.clients], streams }, reader);
    await reader.stop();
    for (const socket of server.clients) socket.terminate();
    server.close();
    const naive = median(rates.get(NAIVE) ?? []);
    return [...rates].map(([name, values]) => fanoutFigure({ name, values, naive }));
  },
};

async function measure(
  audience: Audience,
  reader: LoadWorker<ReaderQuestion, ReaderAnswer>,
): Promise<Map<string, number[]>> {
  const bytes = encodeFrame(Buffer.from(JSON.stringify(bookUpdate(0)))).length * UPDATES_PER_ROUND * CONNECTIONS;
  const rates = new Map(strategies.map(({ name }): [string, number[]] => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { name, publish } of strategies) {
      globalThis.gc?.();
      const before = process.threadCpuUsage();
      for (let sequence = 0; sequence < UPDATES_PER_ROUND; sequence += 1) publish(audience, bookUpdate(sequence));
      await reader.ask({ kind: 'await', bytes });
      const { user, system } = process.threadCpuUsage(before);
      const perSecond = (UPDATES_PER_ROUND * CONNECTIONS * 1_000_000) / (user + system);
      if (round > 0) rates.get(name)?.push(perSecond);
    }
  }
  return rates;
}

function fanoutFigure(input: { name: string; values: readonly number[]; naive: number }): Figure {
  return {
    name: input.name,
    value: median(input.values),
    unit: 'deliveries per CPU s',
    spread: spreadOf(input.values),
    ...(input.name === NAIVE ? {} : { peers: [{ name: 'naive', value: input.naive }] }),
  };
}
