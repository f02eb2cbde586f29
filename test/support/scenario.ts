/** What scenarios share: a trader with a real client, the market moved by hand, and a look into engine and venue. */
import { afterAll, beforeAll } from '@jest/globals';
import { ExchangeClient, HttpTransport, InfoClient } from '@nktkas/hyperliquid';
import { createRpcClient, type RpcClient } from '@perps/adapters/rpc';
import { systemClock } from '@perps/adapters/node';
import { accountIdOf, type OrderRecord } from '@perps/contracts/engine';
import type { AccountState } from '@perps/domain/account';
import { silentLogger } from '@perps/runtime/ports';
import { Wallet } from 'ethers';
import { startTestSystem, type System, type TestSystemOptions } from './system.ts';
import { eventually } from './waiting.ts';

/** Locally (infra/config.ts). */
export const LOCAL_SHARDS = 2;

type Tif = 'Gtc' | 'Ioc' | 'Alo';

export interface OrderInput {
  readonly coin: string;
  readonly isBuy: boolean;
  readonly size: string;
  /** Default: a limit far enough away to be a market order. */
  readonly price?: string;
  readonly tif?: Tif;
  readonly reduceOnly?: boolean;
  readonly cloid?: `0x${string}`;
}

export type OrderStatus =
  | { readonly resting: { readonly oid: number } }
  | { readonly filled: { readonly totalSz: string; readonly avgPx: string; readonly oid: number } }
  | { readonly error: string };

/** One trader and their client. */
export interface Trader {
  readonly address: `0x${string}`;
  readonly info: InfoClient;
  readonly exchange: ExchangeClient;
  order(input: OrderInput): Promise<OrderStatus>;
  /** Signed size by coin, as Hyperliquid shows it. */
  positions(): Promise<Readonly<Record<string, string>>>;
  /** What the engine knows of an order: legs, routes, decisions. */
  record(oid: number): Promise<OrderRecord>;
  /** The account as the engine holds it: positions by route. */
  account(): Promise<AccountState>;
}

export interface Market {
  /** Moves the market so that mid, mark and book stand around `price`, and waits until our doors show it. */
  set(coin: string, price: number): Promise<void>;
  /** Freezes a coin: mark and oracle exactly at `price`, bid and ask `spread` around it (a tick where not told). */
  hold(coin: string, price: string, spread?: string): Promise<void>;
  /** Leads the market to `price` in a straight line, in so many ms; does not wait. */
  fall(coin: string, price: number, overMs: number): Promise<void>;
  /** A mark that is not so, for so long; book and oracle stay. */
  badPrint(coin: string, mark: string, ms: number): Promise<void>;
  /** Sets the venue's hourly funding rate of a coin (a fraction). */
  fundingRate(coin: string, rate: string): Promise<void>;
  fault(fault: {
    readonly kind: string;
    readonly count?: number;
    readonly ms?: number;
    readonly account?: string;
    readonly endpoint?: string;
  }): Promise<void>;
  clearFaults(): Promise<void>;
  /** Best bid and ask that our door shows. */
  bbo(coin: string): Promise<{ readonly bid: string; readonly ask: string }>;
}

export function createMarket(system: System): Market {
  const info = new InfoClient({ transport: new HttpTransport({ apiUrl: system.url, isTestnet: true }) });
  const { control } = system.venue;
  return {
    async set(coin, price) {
      await post(`${control}/price`, { coin, price: String(price) });
      await eventually(`${coin} at ${price}`, async () => {
        const context = await contextOf(info, coin);
        const isThere = context !== undefined && near(context.markPx, price) && near(context.midPx, price);
        return isThere ? true : undefined;
      });
    },
    async hold(coin, price, spread) {
      await post(`${control}/price`, { coin, price, hold: true, ...(spread === undefined ? {} : { spread }) });
      await eventually(`${coin} held at ${price}`, async () =>
        Number((await contextOf(info, coin))?.markPx) === Number(price) ? true : undefined,
      );
    },
    fall: (coin, price, overMs) => post(`${control}/price`, { coin, price: String(price), overMs }),
    badPrint: (coin, mark, ms) => post(`${control}/price`, { coin, mark, ms }),
    fundingRate: (coin, rate) => post(`${control}/funding`, { coin, rate }),
    fault: (fault) => post(`${control}/faults`, fault),
    clearFaults: async () => void (await fetch(`${control}/faults`, { method: 'DELETE' })),
    async bbo(coin) {
      const book = await info.l2Book({ coin });
      return { bid: book?.levels[0][0]?.px ?? '', ask: book?.levels[1][0]?.px ?? '' };
    },
  };
}

async function contextOf(info: InfoClient, coin: string) {
  const [meta, contexts] = await info.metaAndAssetCtxs();
  return contexts[meta.universe.findIndex(({ name }) => name === coin)];
}

/** Within a tenth of a per cent: the simulated market breathes. */
const near = (text: string | null | undefined, price: number): boolean =>
  text !== null && text !== undefined && Math.abs(Number(text) / price - 1) < 0.001;

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

let engine: { readonly url: string; readonly client: RpcClient } | undefined;

/** One connection to the engine per test file; `closeEngine` in `afterAll`. */
export async function engineOf(system: System): Promise<RpcClient> {
  if (engine?.url !== system.engineUrl) {
    engine?.client.close();
    engine = {
      url: system.engineUrl,
      client: createRpcClient({ resolveUrl: async () => system.engineUrl, logger: silentLogger, clock: systemClock }),
    };
  }
  const { client } = engine;
  await eventually('connection to the engine', () => (client.isConnected() ? true : undefined));
  return client;
}

export function closeEngine(): void {
  engine?.client.close();
  engine = undefined;
}

/** The platform's own ledger accounts over all shards, 10⁻⁶ USD. */
export async function platformAccounts(system: System): Promise<Readonly<Record<string, bigint>>> {
  const client = await engineOf(system);
  const sums: Record<string, bigint> = {};
  for (let shard = 0; shard < LOCAL_SHARDS; shard += 1) {
    const accounts = (await client.request('platform', { shard })) as Readonly<Record<string, bigint>>;
    for (const [name, amount] of Object.entries(accounts)) sums[name] = (sums[name] ?? 0n) + amount;
  }
  return sums;
}

export async function createTrader(system: System, options: { readonly balance: number }): Promise<Trader> {
  const { privateKey, address: created } = await system.createTrader(options);
  const address = created.toLowerCase() as `0x${string}`;
  const transport = new HttpTransport({ apiUrl: system.url, isTestnet: true });
  const info = new InfoClient({ transport });
  const exchange = new ExchangeClient({ transport, wallet: new Wallet(privateKey) });

  return {
    address,
    info,
    exchange,
    async order(input) {
      const { a, p } = await assetOf(info, input);
      const { isBuy: b, size: s, reduceOnly: r = false, tif = 'Ioc', cloid } = input;
      const order = { a, b, p, s, r, t: { limit: { tif } }, ...(cloid === undefined ? {} : { c: cloid }) };
      return statusOf(exchange.order({ orders: [order], grouping: 'na' }));
    },
    async positions() {
      const { assetPositions } = await info.clearinghouseState({ user: address });
      return Object.fromEntries(assetPositions.map(({ position }) => [position.coin, position.szi]));
    },
    async record(oid) {
      const client = await engineOf(system);
      const record = await client.request('order', { accountId: accountIdOf(address), orderId: oid });
      if (record === undefined) throw new Error(`the engine does not know order ${oid}`);
      return record as OrderRecord;
    },
    async account() {
      const client = await engineOf(system);
      return (await client.request('account', { accountId: accountIdOf(address) })) as AccountState;
    },
  };
}

/** The first status of an answer; a refusal of the venue's kind is a status, too. */
async function statusOf(
  answer: Promise<{ readonly response: { readonly data: { readonly statuses: readonly unknown[] } } }>,
): Promise<OrderStatus> {
  try {
    return (await answer).response.data.statuses[0] as OrderStatus;
  } catch (cause) {
    const response =
      cause instanceof Error && 'response' in cause
        ? (cause.response as { response?: { data?: { statuses?: OrderStatus[] } } | string })
        : undefined;
    const inner = response?.response;
    if (typeof inner === 'string') return { error: inner };
    const [status] = inner?.data?.statuses ?? [];
    if (status === undefined) throw cause;
    return status;
  }
}

async function assetOf(
  info: InfoClient,
  { coin, isBuy, price }: OrderInput,
): Promise<{ readonly a: number; readonly p: string }> {
  const [meta, mids] = await Promise.all([info.meta(), info.allMids()]);
  const a = meta.universe.findIndex(({ name }) => name === coin);
  const mid = Number(mids[coin]);
  return { a, p: price ?? Number((mid * (isBuy ? 1.03 : 0.97)).toPrecision(4)).toString() };
}

/** The specification's fixture tiers, flat: BTC maintenance 1/250 (0.4 %), ETH 1/200 (0.5 %). */
export const tierFixture: TestSystemOptions = { leverages: { BTC: 125, ETH: 100 } };

/** Sets leverage and margin mode of a coin as the trader's client does. */
export async function setLeverage(
  trader: Trader,
  { coin, leverage, isCross }: { readonly coin: string; readonly leverage: number; readonly isCross: boolean },
): Promise<void> {
  const { universe } = await trader.info.meta();
  const asset = universe.findIndex(({ name }) => name === coin);
  await trader.exchange.updateLeverage({ asset, isCross, leverage });
}

/** A system of this file's own, started before its tests and stopped after them. The market stands still. */
export function useSystem(options: TestSystemOptions = {}): () => System {
  let system: System | undefined;
  beforeAll(async () => {
    system = await startTestSystem({ volatility: 0, ...options });
  });
  afterAll(async () => {
    closeEngine();
    await system?.stop();
  });
  return () => {
    if (system === undefined) throw new Error('the system is not there yet');
    return system;
  };
}

/** The venue's own picture of the platform's trading account: signed size by coin. */
export async function venuePositions(system: System): Promise<Readonly<Record<string, string>>> {
  const info = new InfoClient({ transport: new HttpTransport({ apiUrl: system.venue.url, isTestnet: true }) });
  const { assetPositions } = await info.clearinghouseState({ user: system.venue.accounts.trading as `0x${string}` });
  return Object.fromEntries(assetPositions.map(({ position }) => [position.coin, position.szi]));
}

/** Fills of the platform's trading account at the venue. */
export async function venueFills(system: System): Promise<number> {
  const info = new InfoClient({ transport: new HttpTransport({ apiUrl: system.venue.url, isTestnet: true }) });
  return (await info.userFills({ user: system.venue.accounts.trading as `0x${string}` })).length;
}

export function filledOf(status: OrderStatus): {
  readonly totalSz: string;
  readonly avgPx: string;
  readonly oid: number;
} {
  if (!('filled' in status)) throw new Error(`not filled: ${JSON.stringify(status)}`);
  return status.filled;
}

export function restingOf(status: OrderStatus): { readonly oid: number } {
  if (!('resting' in status)) throw new Error(`not resting: ${JSON.stringify(status)}`);
  return status.resting;
}

/** Kills the engine with SIGKILL; `meanwhile` runs before the supervisor may start it again. Resolves when it is healthy. */
export async function killEngine(
  system: System,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  const engineProcess = system.process('engine');
  if (engineProcess === undefined) throw new Error('no engine runs');
  const { pid } = engineProcess;
  engineProcess.hold();
  process.kill(pid, 'SIGKILL');
  await meanwhile();
  engineProcess.resume();
  await eventually('another engine process', () =>
    engineProcess.pid !== 0 && engineProcess.pid !== pid ? true : undefined,
  );
  await system.waitReady();
}

/** A request whose sender does not care how it ends: its fate is told by the account afterwards. */
export const pendingHttp = (request: Promise<unknown>): Promise<void> =>
  request.then(
    () => undefined,
    () => undefined,
  );
