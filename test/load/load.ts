/** Many traders at work on a running system, and what is known of their orders. */
import { Agent } from 'node:http';
import { createSeededRandom } from '@perps/runtime/testing';
import type { Wallet } from '../../local/supervisor/accounts.ts';
import type { System } from '../../local/supervisor/index.ts';
import { waitUntil } from '../../local/supervisor/readiness.ts';
import { type OrderKind, type SentOrder, startTraderLoad } from './trader-load.ts';

export interface Load {
  readonly wallets: readonly Wallet[];
  ordersOf(wallet: Wallet): readonly SentOrder[];
  orders(): readonly SentOrder[];
  /** The first answered execution of an order that was sent after a moment (monotonic ms). */
  filledAfter(moment: number): Promise<SentOrder>;
  /** No new orders; resolves when every sent one has its fate or was given up. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly seed: number;
  readonly traders: number;
  /** Every so many orders of a trader one is large enough for the venue. Default 40. */
  readonly venueEvery?: number;
}

const BALANCE_USD = 1_000_000;
/** A little above the least value of an order: a trader's sum stays below the window for split orders. */
const INTERNAL_USD = 12;
/** Above the threshold of internal execution. */
const VENUE_USD = 12_000;
const VENUE_EVERY = 40;
const RESUME_MS_MAX = 90_000;

/** Opens accounts and lets the load begin. */
export async function startLoad(system: System, options: LoadOptions): Promise<Load> {
  const wallets = await Promise.all(
    Array.from({ length: options.traders }, () => system.createTrader({ balance: BALANCE_USD })),
  );
  const [internal, venue] = await Promise.all([
    orderKind(system.url, 'BTC', INTERNAL_USD),
    orderKind(system.url, 'ETH', VENUE_USD),
  ]);
  const agent = new Agent({ keepAlive: true, maxSockets: options.traders * 2 });
  let newest: SentOrder | undefined;
  const onDecided = (order: SentOrder): void => {
    if (order.fate?.kind === 'filled' && order.sentAt > (newest?.sentAt ?? 0)) newest = order;
  };
  const common = { url: system.url, agent, internal, venue, venueEvery: options.venueEvery ?? VENUE_EVERY, onDecided };
  const traders = new Map(
    wallets.map((wallet, index) => {
      const random = createSeededRandom(options.seed * 1_000 + index);
      return [wallet, startTraderLoad({ ...common, wallet, random })];
    }),
  );
  const orders = (): SentOrder[] => [...traders.values()].flatMap((trader) => trader.orders);

  return {
    wallets,
    orders,
    ordersOf: (wallet) => traders.get(wallet)?.orders ?? [],
    async filledAfter(moment) {
      await waitUntil(async () => (newest !== undefined && newest.sentAt > moment ? undefined : 'no order is filled'), {
        what: 'service under load',
        withinMs: RESUME_MS_MAX,
      });
      const since = orders().filter(({ sentAt, fate }) => sentAt > moment && fate?.kind === 'filled');
      return since.reduce((first, order) => (timeOf(order) < timeOf(first) ? order : first));
    },
    async stop() {
      await Promise.all([...traders.values()].map((trader) => trader.stop()));
      agent.destroy();
    },
  };
}

/** When its fate was known (monotonic ms). */
export const timeOf = (order: SentOrder): number => order.decidedAt ?? Number.POSITIVE_INFINITY;

/** `POST /info` of any Hyperliquid-compatible door. */
export async function askInfo<Answer>(url: string, question: object): Promise<Answer> {
  const response = await fetch(`${url}/info`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(question),
  });
  if (!response.ok) throw new Error(`${JSON.stringify(question)}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

export interface Meta {
  readonly universe: readonly { readonly name: string; readonly szDecimals: number }[];
}

/** An order of about so many USD, with limits 4 % beyond the mid. */
export async function orderKind(url: string, coin: string, usd: number): Promise<OrderKind> {
  const [meta, mids] = await Promise.all([
    askInfo<Meta>(url, { type: 'meta' }),
    askInfo<Record<string, string>>(url, { type: 'allMids' }),
  ]);
  const asset = meta.universe.findIndex(({ name }) => name === coin);
  const mid = Number(mids[coin]);
  const limit = (factor: number): string => String(Number((mid * factor).toPrecision(4)));
  return {
    coin,
    asset,
    size: String(Number((usd / mid).toFixed(meta.universe[asset]?.szDecimals ?? 0))),
    buyLimit: limit(1.04),
    sellLimit: limit(0.96),
  };
}
