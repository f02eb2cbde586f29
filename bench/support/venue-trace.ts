/** Where a routed order's time goes, from the gateway's receipt to its bytes on the venue's socket, order by order. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { System } from '../../local/supervisor/index.ts';
import { type TraceEvent, traceFile } from './socket-trace.ts';

const PRELOAD = ['--import', fileURLToPath(new URL('socket-trace.ts', import.meta.url))];
/** Flags under which gateway and engine note what passes their sockets. */
export const TRACED = { gateway: PRELOAD, engine: PRELOAD } as const;

/** Milliseconds of one order. `put` and `kms` are waiting for others, all else is our own. */
export interface OrderTrace {
  /** Request head at the gateway → command on the engine's socket: parse, recover the signer, look up, encode. */
  readonly gateway: number;
  /** → the engine has read it. */
  readonly rpc: number;
  /** → the put leaves: decode, decide, apply, encode and compress the record, sign the put. */
  readonly decide: number;
  /** → its answer is read. The order is signed meanwhile. */
  readonly put: number;
  /** → signed, where that was not over by then and the key is in memory. */
  readonly sign: number;
  /** → KMS has answered, where it had not by then. */
  readonly kms: number;
  /** → the body is handed to the venue's socket. */
  readonly send: number;
}

export const PARTS = ['gateway', 'rpc', 'decide', 'put', 'sign', 'kms', 'send'] as const satisfies (keyof OrderTrace)[];

/** All of it but waiting for the journal and for KMS. */
export const ownMs = ({ gateway, rpc, decide, sign, send }: OrderTrace): number => gateway + rpc + decide + sign + send;

/** What the processes of a traced system noted of its last orders, one by one; throws where an order's steps are not all there. */
export async function readTraces(system: System, orders: number): Promise<readonly OrderTrace[]> {
  const gateway = await eventsOf(system, { name: 'gateway', url: system.url });
  const engineUrl = system.engineUrl.replace(/^ws/, 'http').replace(/\/rpc$/, '');
  const engine = await eventsOf(system, { name: 'engine', url: engineUrl });
  const enginePort = Number(new URL(engineUrl).port);
  const receipts = gateway.filter(({ kind, head }) => kind === 'request' && head === '/exchange').slice(-orders);
  const posts = engine.filter(({ kind, head }) => kind === 'out' && head.startsWith('POST /exchange'));
  if (receipts.length !== orders || posts.length !== orders) {
    throw new Error(`traced ${receipts.length} receipts and ${posts.length} sends of ${orders} orders`);
  }
  return receipts.map((receipt, index) => {
    const post = posts[index];
    if (post === undefined) throw new Error(`order ${index}: never sent`);
    const toEngine = next(gateway, receipt.at, ({ kind, remotePort }) => kind === 'out' && remotePort === enginePort);
    const window = engine.filter(({ at }) => at >= toEngine.at && at <= post.at);
    return traceOf({ receipt, toEngine, window, post, enginePort });
  });
}

interface Steps {
  readonly receipt: TraceEvent;
  readonly toEngine: TraceEvent;
  /** The engine's events between the two. */
  readonly window: readonly TraceEvent[];
  readonly post: TraceEvent;
  readonly enginePort: number;
}

function traceOf({ receipt, toEngine, window, post, enginePort }: Steps): OrderTrace {
  const atEngine = next(window, toEngine.at, ({ kind, localPort }) => kind === 'in' && localPort === enginePort);
  const put = next(
    window,
    atEngine.at,
    ({ kind, head }) => kind === 'out' && head.includes('DynamoDB_20120810.PutItem'),
  );
  const durable = next(window, put.at, ({ kind, socket }) => kind === 'in' && socket === put.socket);
  const { isByKms, signed } = signatureIn(window, atEngine);
  const waited = Math.max(0, ms(durable, signed));
  return {
    gateway: ms(receipt, toEngine),
    rpc: ms(toEngine, atEngine),
    decide: ms(atEngine, put),
    put: ms(put, durable),
    sign: isByKms ? 0 : waited,
    kms: isByKms ? waited : 0,
    send: ms(durable, post) - waited,
  };
}

/** When the signature was there: KMS's answer, or the one made in memory. */
function signatureIn(window: readonly TraceEvent[], { at: after }: TraceEvent) {
  const ask = window.find(({ at, kind, head }) => at > after && kind === 'out' && head.includes('TrentService.Sign'));
  if (ask === undefined) return { isByKms: false, signed: next(window, after, ({ kind }) => kind === 'signed') };
  return { isByKms: true, signed: next(window, ask.at, ({ kind, socket }) => kind === 'in' && socket === ask.socket) };
}

const ms = (from: TraceEvent, to: TraceEvent): number => (to.at - from.at) / 1e6;

function next(events: readonly TraceEvent[], after: number, is: (event: TraceEvent) => boolean): TraceEvent {
  const found = events.find((event) => event.at >= after && is(event));
  if (found === undefined) throw new Error('a step of an order was not traced');
  return found;
}

/** Asking for the health makes a process write down what it has noted. */
async function eventsOf(
  system: System,
  process: { readonly name: string; readonly url: string },
): Promise<readonly TraceEvent[]> {
  await (await fetch(`${process.url}/health`)).text();
  const lines = readFileSync(traceFile(system.dir, process.name), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as TraceEvent);
}
