/**
 * Preloaded into a process (`--import`): notes when bytes pass its sockets, on the clock that all processes of a machine
 * share. The system itself knows nothing of it. A request for `/health` writes what was noted since to the system's folder.
 */
import { channel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';

/** What passed: bytes in or out of a socket, the head of an HTTP request, a signature that was made. */
export interface TraceEvent {
  /** Monotonic nanoseconds, the same for every process. */
  readonly at: number;
  readonly kind: 'in' | 'out' | 'request' | 'signed';
  /** Number of the socket within the process; 0 = none. */
  readonly socket: number;
  readonly localPort: number;
  readonly remotePort: number;
  /** Beginning of what was sent or asked for, as far as it is text. */
  readonly head: string;
}

/** Where a process of a system leaves its events, one JSON per line. */
export const traceFile = (dir: string, process: string): string => join(dir, `trace-${process}.jsonl`);

const HEAD_CHARS = 600;
const numbers = new WeakMap<Socket, number>();
let sockets = 0;
let events: TraceEvent[] = [];

const numberOf = (socket: Socket): number => {
  const known = numbers.get(socket);
  if (known !== undefined) return known;
  sockets += 1;
  numbers.set(socket, sockets);
  return sockets;
};

const note = (kind: TraceEvent['kind'], socket: Socket | undefined, head: string): void => {
  const at = Number(process.hrtime.bigint());
  const { localPort = 0, remotePort = 0 } = socket ?? {};
  events.push({ at, kind, socket: socket === undefined ? 0 : numberOf(socket), localPort, remotePort, head });
};

const headOf = (chunk: unknown): string => {
  if (typeof chunk === 'string') return chunk.slice(0, HEAD_CHARS);
  return chunk instanceof Uint8Array ? Buffer.from(chunk.subarray(0, HEAD_CHARS)).toString('latin1') : '';
};

type Patched = Record<'_write' | '_writev' | 'push', (this: Socket, ...rest: unknown[]) => unknown>;

/** Wraps a method so that `before` sees the call first. */
function watch(name: keyof Patched, before: (socket: Socket, first: unknown) => void): void {
  const methods = Socket.prototype as unknown as Patched;
  const original = methods[name];
  methods[name] = function watched(this: Socket, ...rest: unknown[]) {
    before(this, rest[0]);
    return original.apply(this, rest);
  };
}

function follow(dir: string, name: string): void {
  watch('_write', (socket, chunk) => note('out', socket, headOf(chunk)));
  watch('_writev', (socket, chunks) => {
    const parts = (chunks as readonly { readonly chunk: unknown }[]).map(({ chunk }) => headOf(chunk));
    note('out', socket, parts.join('').slice(0, HEAD_CHARS));
  });
  watch('push', (socket, chunk) => note('in', socket, headOf(chunk)));
  channel('http.server.request.start').subscribe((message) => {
    const { request, socket } = message as { readonly request: { readonly url?: string }; readonly socket: Socket };
    note('request', socket, request.url ?? '');
    if (request.url !== '/health') return;
    appendFileSync(traceFile(dir, name), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    events = [];
  });
  const curve = createRequire(import.meta.url)('secp256k1/bindings.js') as {
    ecdsaSign(digest: Uint8Array, key: Uint8Array): unknown;
  };
  const sign = curve.ecdsaSign.bind(curve);
  curve.ecdsaSign = (digest, key) => {
    const signature = sign(digest, key);
    note('signed', undefined, '');
    return signature;
  };
}

const [, script = '', ...flags] = process.argv;
const dir = flags.find((flag) => flag.startsWith('--system='))?.slice('--system='.length);
if (dir !== undefined) follow(dir, basename(dirname(script)));
