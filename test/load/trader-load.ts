/** One trader under load: signed IOC orders over keep-alive HTTP, each repeated with the same bytes until its fate is told. */
import { type Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { signExchange } from '@perps/contracts/hyperliquid';
import type { SeededRandom } from '@perps/runtime/testing';
import type { Wallet } from '../../local/supervisor/accounts.ts';

/** What a trader buys and sells: `size` in coins, limits so far from the mid that an order is a market order. */
export interface OrderKind {
  readonly coin: string;
  readonly asset: number;
  readonly size: string;
  readonly buyLimit: string;
  readonly sellLimit: string;
}

/**
 * The last word on an order. `accepted` = executed as the answer says, or still at the venue (`resting`); `replayed` =
 * a repeat was told that the nonce is used up, so the account alone knows; `refused` = certainly nothing happened.
 */
export type Fate =
  | { readonly kind: 'filled'; readonly orderId: number; readonly size: string }
  | { readonly kind: 'resting'; readonly orderId: number }
  | { readonly kind: 'replayed' }
  | { readonly kind: 'refused'; readonly text: string };

export interface SentOrder {
  readonly cloid: string;
  readonly kind: OrderKind;
  readonly isBuy: boolean;
  readonly body: string;
  /** Monotonic ms of the first attempt. */
  readonly sentAt: number;
  attempts: number;
  /** Attempts that ended without an answer: connection error, time-out, 5xx. */
  unknowns: number;
  fate?: Fate;
  /** Monotonic ms. */
  decidedAt?: number;
}

export interface TraderLoad {
  readonly wallet: Wallet;
  readonly orders: readonly SentOrder[];
  /** Sends no new order; resolves when every sent one has its fate or was given up. */
  stop(): Promise<void>;
}

export interface TraderLoadOptions {
  readonly url: string;
  readonly wallet: Wallet;
  readonly agent: Agent;
  readonly random: SeededRandom;
  /** Small orders, decided inside. */
  readonly internal: OrderKind;
  /** Large orders, which go to the venue. */
  readonly venue: OrderKind;
  /** Every so many orders one is for the venue. */
  readonly venueEvery: number;
  readonly onDecided: (order: SentOrder) => void;
}

/** Orders under way at once, per trader. */
const WORKERS = 2;
/** Between two orders of a worker (ms): slow enough for the small ones to stay below the window for split orders. */
const PACE_MS = 160;
/** The order history of an account ends here. */
const ORDERS_MAX = 1_800;
/** The gateway answers within 9.5 s. */
const REQUEST_MS_MAX = 15_000;
const RETRY_MS = 50;
/** An order without a fate for so long is given up and counted as unanswered. */
const GIVE_UP_MS = 60_000;

let lastNonce = 0;
/** Unique in this process: several workers of a trader share its signer. */
function nextNonce(): number {
  lastNonce = Math.max(lastNonce + 1, Date.now());
  return lastNonce;
}

/** Begins at once. */
export function startTraderLoad(options: TraderLoadOptions): TraderLoad {
  const orders: SentOrder[] = [];
  const stopping = new AbortController();
  const workers = Array.from({ length: WORKERS }, work);

  async function work(): Promise<void> {
    while (!stopping.signal.aborted && orders.length < ORDERS_MAX) {
      const order = signedOrder(options, orders.length);
      orders.push(order);
      await sendUntilDecided(order, options);
      const pause = PACE_MS * (0.5 + options.random.next());
      await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  return {
    wallet: options.wallet,
    orders,
    async stop() {
      stopping.abort();
      await Promise.all(workers);
    },
  };
}

/** Buys and sells in turn, so that positions stay small. */
function signedOrder({ wallet, internal, venue, venueEvery }: TraderLoadOptions, index: number): SentOrder {
  const isForVenue = index % venueEvery === venueEvery - 1;
  const kind = isForVenue ? venue : internal;
  const isBuy = (isForVenue ? Math.floor(index / venueEvery) : index) % 2 === 0;
  const nonce = nextNonce();
  const cloid = `0x${BigInt(nonce).toString(16).padStart(32, '0')}` as const;
  const p = isBuy ? kind.buyLimit : kind.sellLimit;
  const wire = { a: kind.asset, b: isBuy, p, s: kind.size, r: false, t: { limit: { tif: 'Ioc' as const } }, c: cloid };
  const action = { type: 'order' as const, orders: [wire], grouping: 'na' as const };
  const body = JSON.stringify(signExchange({ action, nonce, network: 'Testnet', privateKey: wallet.privateKey }));
  return { cloid, kind, isBuy, body, sentAt: performance.now(), attempts: 0, unknowns: 0 };
}

async function sendUntilDecided(order: SentOrder, { url, agent, onDecided }: TraderLoadOptions): Promise<void> {
  while (performance.now() - order.sentAt < GIVE_UP_MS) {
    order.attempts += 1;
    const fate = await post(`${url}/exchange`, { agent, body: order.body }).then(fateOf, () => undefined);
    if (fate !== undefined) {
      order.fate = fate;
      order.decidedAt = performance.now();
      onDecided(order);
      return;
    }
    order.unknowns += 1;
    await delay(RETRY_MS);
  }
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Rejects on a lost connection and when nothing comes in time. */
function post(url: string, { agent, body }: { readonly agent: Agent; readonly body: string }): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sending = request(url, { method: 'POST', agent, headers, timeout: REQUEST_MS_MAX }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sending.once('timeout', () => sending.destroy(new Error('no answer in time')));
    sending.once('error', reject);
    sending.end(body);
  });
}

interface ExchangeAnswerText {
  readonly status: string;
  readonly response:
    | string
    | {
        readonly data: {
          readonly statuses: readonly {
            readonly filled?: { readonly oid: number; readonly totalSz: string };
            readonly resting?: { readonly oid: number };
            readonly error?: string;
          }[];
        };
      };
}

/** undefined = unknown: to be asked again with the same bytes. */
function fateOf({ status, text }: HttpAnswer): Fate | undefined {
  if (status >= 500) return undefined;
  if (status !== 200) return { kind: 'refused', text: `${status} ${text}` };
  const { response } = JSON.parse(text) as ExchangeAnswerText;
  if (typeof response === 'string') {
    return /duplicate nonce/i.test(response) ? { kind: 'replayed' } : { kind: 'refused', text: response };
  }
  const [item] = response.data.statuses;
  if (item?.filled !== undefined) return { kind: 'filled', orderId: item.filled.oid, size: item.filled.totalSz };
  if (item?.resting !== undefined) return { kind: 'resting', orderId: item.resting.oid };
  return { kind: 'refused', text: item?.error ?? text };
}
