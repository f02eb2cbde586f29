/**
 * P11: a HYPERLIQUID order's way to the venue, once with the agent key unsealed into memory and once with KMS signing.
 * Our own part is measured inside gateway and engine, order by order and part by part (`support/venue-trace.ts`). In the
 * same run, in turns: ccxt signing and sending the same order to the same simulator, a bare signed request, a bare put;
 * of the three ways, the time until the simulator matched the order (its own clock, ms, on this machine).
 */
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoClient } from '@perps/adapters/aws';
import { hyperliquid as CcxtHyperliquid } from 'ccxt';
import { createWallet, type Wallet } from '../local/supervisor/accounts.ts';
import type { System } from '../local/supervisor/index.ts';
import { fundVenueAccount } from '../local/supervisor/venue.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { openJournalTable } from './support/journaled-shard.ts';
import { info, type OrderTexts, signOrders, withSystem } from './support/system.ts';
import { type OrderTrace, ownMs, PARTS, readTraces, TRACED } from './support/venue-trace.ts';

const COIN = 'SOL';
const SYMBOL = `${COIN}/USDC:USDC`;
/** Everybody's requests count against one address at the simulator, whose limit is the venue's. */
const ORDERS = 200;
const WARM_UP = 40;
/** INTERNAL orders before: gateway and engine are then compiled as in a process that has been up for a while. */
const WARM_UP_INTERNAL = 1_500;
const INTERNAL_AT_ONCE = 10;
/** What an order leaves to be booked is over before the next one comes, which would wait for its put. */
const PAUSE_MS = 15;
const NOTIONAL_USD = 20;
const VISIBLE_MS = 2_000;

/** Sends order number `index` and resolves when it is answered. */
type Send = (index: number) => Promise<unknown>;

interface Way {
  readonly name: string;
  /** Whose fills tell when the order was matched. */
  readonly account: string;
  readonly send: Send;
  readonly sentAt: number[];
}

interface Measured {
  readonly times: ReadonlyMap<string, readonly number[]>;
  readonly puts: readonly number[];
  readonly traces: readonly OrderTrace[];
  readonly load: number;
}

export const benchmark: Benchmark = {
  name: 'venue-path',
  title: `P11, ${ORDERS} HYPERLIQUID orders one at a time, from the trader's socket to the venue's book`,
  run: async () => {
    const figures: Figure[] = [];
    for (const agentSigning of ['sealed', 'kms'] as const) {
      const measured = await withSystem(measure, { agentSigning, flags: TRACED });
      figures.push(...figuresOf(agentSigning, measured));
    }
    return figures;
  },
};

async function measure(system: System): Promise<Measured> {
  await warmUp(system);
  const ways = await openWays(system);
  const table = await openJournalTable();
  const client = createDynamoClient({ ...table.clientOptions, maxAttempts: 1 });
  const puts: number[] = [];
  for (let index = 0; index < WARM_UP + ORDERS; index += 1) {
    for (const way of ways) {
      way.sentAt.push(performance.timeOrigin + performance.now());
      await way.send(index);
      await delay(PAUSE_MS);
    }
    const before = performance.now();
    const Item = { pk: { S: 'bare' }, sk: { N: String(index) }, body: { B: new Uint8Array(1_024) } };
    await client.send(
      new PutItemCommand({ TableName: table.tableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }),
    );
    if (index >= WARM_UP) puts.push(performance.now() - before);
  }
  client.destroy();
  await table.close();
  await delay(VISIBLE_MS);
  const times = new Map<string, readonly number[]>();
  for (const way of ways) times.set(way.name, await arrivalTimes(system, way));
  const traces = (await readTraces(system, WARM_UP + ORDERS)).slice(WARM_UP);
  return { times, puts, traces, load: loadavg()[0] ?? 0 };
}

async function warmUp(system: System): Promise<void> {
  // Several, because what one of them trades within a minute would be too much to keep.
  const traders = await Promise.all(Array.from({ length: 5 }, () => system.createTrader()));
  const order = await orderTexts(system.url, 'BTC');
  const bodies = signOrders({ traders, count: WARM_UP_INTERNAL, nonce: Date.now(), order });
  while (bodies.length > 0) {
    await Promise.all(bodies.splice(0, INTERNAL_AT_ONCE).map((body) => postOrder(system.url, body)));
  }
}

async function openWays(system: System): Promise<readonly Way[]> {
  const trader = await system.createTrader();
  const [raw, other] = [createWallet(100_000), createWallet(100_000)];
  for (const wallet of [raw, other]) await fundVenueAccount(system.venue, wallet);
  const order = await orderTexts(system.url, COIN);
  const post = (url: string, wallet: Wallet): Send => {
    const bodies = signOrders({ traders: [wallet], count: WARM_UP + ORDERS, nonce: Date.now(), order });
    return (index) => postOrder(url, bodies[index] ?? '');
  };
  return [
    { name: 'ours', account: system.venue.accounts.trading, send: post(system.url, trader), sentAt: [] },
    { name: 'bare', account: raw.address, send: post(system.venue.url, raw), sentAt: [] },
    { name: 'ccxt', account: other.address, send: await ccxtSend(system, { wallet: other, order }), sentAt: [] },
  ];
}

async function postOrder(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const text = await response.text();
  if (!text.includes('"filled"')) throw new Error(`${url}: ${response.status} ${text}`);
}

async function ccxtSend(system: System, { wallet, order }: { wallet: Wallet; order: OrderTexts }): Promise<Send> {
  const exchange = new CcxtHyperliquid({ walletAddress: wallet.address, privateKey: wallet.privateKey });
  exchange.setSandboxMode(true);
  exchange.urls['api'] = { public: system.venue.url, private: system.venue.url };
  exchange.enableRateLimit = false;
  await exchange.loadMarkets();
  return async (index) => {
    const isBuy = index % 2 === 0;
    const limit = Number(isBuy ? order.buyLimit : order.sellLimit);
    const size = Number(order.size);
    await exchange.createOrder(SYMBOL, 'limit', isBuy ? 'buy' : 'sell', size, limit, { timeInForce: 'Ioc' });
  };
}

async function orderTexts(url: string, coin: string): Promise<OrderTexts> {
  const mids = await info<Record<string, string>>(url, { type: 'allMids' });
  const { universe } = await info<{ readonly universe: readonly { readonly name: string }[] }>(url, { type: 'meta' });
  const mid = Number(mids[coin]);
  return {
    asset: universe.findIndex(({ name }) => name === coin),
    buyLimit: String(Math.round(mid * 1.05)),
    sellLimit: String(Math.round(mid * 0.95)),
    size: String(Number((NOTIONAL_USD / mid).toFixed(coin === COIN ? 2 : 5))),
  };
}

/** Milliseconds from sending to matching: orders went one at a time, so the n-th matched one is the n-th sent. */
async function arrivalTimes(system: System, { account, sentAt, name }: Way): Promise<readonly number[]> {
  const fills = await info<readonly { readonly oid: number; readonly time: number }[]>(system.venue.url, {
    type: 'userFills',
    user: account,
  });
  const firstFills = new Map<number, number>();
  for (const { oid, time } of fills) firstFills.set(oid, Math.min(time, firstFills.get(oid) ?? time));
  const matched = [...firstFills].sort(([left], [right]) => left - right).map(([, time]) => time);
  if (matched.length < sentAt.length) {
    throw new Error(`${name}: ${matched.length} of ${sentAt.length} orders matched.`);
  }
  // What of the warm-up went to the venue after all stands before them.
  return matched
    .slice(-sentAt.length)
    .map((time, index) => time - (sentAt[index] ?? time))
    .slice(WARM_UP);
}

const at = (values: readonly number[] | undefined, part: number): number =>
  [...(values ?? [])].sort((left, right) => left - right)[Math.floor((values?.length ?? 0) * part)] ?? Number.NaN;
const spanOf = (values: readonly number[] | undefined) => ({ p50: at(values, 0.5), p99: at(values, 0.99) });
const textOf = ({ p50, p99 }: { readonly p50: number; readonly p99: number }): string =>
  `${p50.toFixed(2)} / ${p99.toFixed(2)}`;

const NAMES = { sealed: 'key in memory', kms: 'KMS signs' } as const;

function figuresOf(signing: keyof typeof NAMES, { times, puts, traces, load }: Measured): Figure[] {
  const [ours, bare, ccxt] = [spanOf(times.get('ours')), spanOf(times.get('bare')), spanOf(times.get('ccxt'))];
  const own = spanOf(traces.map(ownMs));
  const parts = PARTS.map((part) => `${part} ${textOf(spanOf(traces.map((trace) => trace[part])))}`);
  const shared = { unit: 'ms', percentileUnit: 'ms', moreIsBetter: false } as const;
  return [
    {
      name: `${NAMES[signing]}: gateway to venue's book, median`,
      value: ours.p50,
      ...ours,
      ...shared,
      peers: [{ name: 'ccxt directly', value: ccxt.p50 }],
      note: `ccxt ${textOf(ccxt)}, bare request ${textOf(bare)}, bare put ${textOf(spanOf(puts))} ms; load ${load.toFixed(1)}`,
    },
    {
      name: `${NAMES[signing]}: own part, receipt to bytes on the venue's socket, p99`,
      value: own.p99,
      ...own,
      ...shared,
      ...(signing === 'sealed' ? { goal: { kind: 'atMost', value: 1 } } : {}),
      note: `fastest tenth ${at(traces.map(ownMs), 0.1).toFixed(2)}; p50 / p99 by part, ms: ${parts.join(', ')}; put and kms are not in it; load ${load.toFixed(1)}`,
    },
  ];
}
