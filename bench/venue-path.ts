/**
 * P11: a HYPERLIQUID order's way to the venue. From sending it to our gateway until the simulator matched it (its own
 * clock, ms, on this machine): verify, decide, journal the intent, sign by KMS, send. In the same run, in turns: ccxt
 * signing and sending the same order to the same simulator, a bare signed request, and a bare put.
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

const COIN = 'SOL';
const SYMBOL = `${COIN}/USDC:USDC`;
/** Both accounts' requests count against one address at the simulator, whose limit is the venue's. */
const ORDERS = 60;
const WARM_UP = 10;
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

export const benchmark: Benchmark = {
  name: 'venue-path',
  title: `P11, ${ORDERS} HYPERLIQUID orders one at a time, from the trader's socket to the venue's book`,
  run: () =>
    withSystem(async (system) => {
      const ways = await openWays(system);
      const table = await openJournalTable();
      const client = createDynamoClient({ ...table.clientOptions, maxAttempts: 1 });
      const puts: number[] = [];
      for (let index = 0; index < WARM_UP + ORDERS; index += 1) {
        for (const way of ways) {
          way.sentAt.push(performance.timeOrigin + performance.now());
          await way.send(index);
        }
        const before = performance.now();
        const Item = { pk: { S: 'bare' }, sk: { N: String(index) }, body: { B: new Uint8Array(1_024) } };
        const ConditionExpression = 'attribute_not_exists(pk)';
        await client.send(new PutItemCommand({ TableName: table.tableName, Item, ConditionExpression }));
        if (index >= WARM_UP) puts.push(performance.now() - before);
      }
      client.destroy();
      await table.close();
      await delay(VISIBLE_MS);
      const times = new Map<string, readonly number[]>();
      for (const way of ways) times.set(way.name, await arrivalTimes(system, way));
      return figuresOf(times, puts);
    }),
};

async function openWays(system: System): Promise<readonly Way[]> {
  const trader = await system.createTrader();
  const [raw, other] = [createWallet(100_000), createWallet(100_000)];
  for (const wallet of [raw, other]) await fundVenueAccount(system.venue, wallet);
  const order = await orderTexts(system.url);
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

async function orderTexts(url: string): Promise<OrderTexts> {
  const mids = await info<Record<string, string>>(url, { type: 'allMids' });
  const { universe } = await info<{ readonly universe: readonly { readonly name: string }[] }>(url, { type: 'meta' });
  const mid = Number(mids[COIN]);
  return {
    asset: universe.findIndex(({ name }) => name === COIN),
    buyLimit: String(Math.round(mid * 1.05)),
    sellLimit: String(Math.round(mid * 0.95)),
    size: String(Number((NOTIONAL_USD / mid).toFixed(2))),
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
  if (matched.length !== sentAt.length)
    throw new Error(`${name}: ${matched.length} of ${sentAt.length} orders matched.`);
  return matched.map((time, index) => time - (sentAt[index] ?? time)).slice(WARM_UP);
}

function figuresOf(times: ReadonlyMap<string, readonly number[]>, puts: readonly number[]): Figure[] {
  const at = (values: readonly number[] | undefined, part: number): number =>
    [...(values ?? [])].sort((left, right) => left - right)[Math.floor((values?.length ?? 0) * part)] ?? Number.NaN;
  const of = (name: string) => ({ p50: at(times.get(name), 0.5), p99: at(times.get(name), 0.99) });
  const [ours, bare, ccxt] = [of('ours'), of('bare'), of('ccxt')];
  const put = { p50: at(puts, 0.5), p99: at(puts, 0.99) };
  const shared = { unit: 'ms', percentileUnit: 'ms', moreIsBetter: false } as const;
  return [
    {
      name: 'gateway to venue, median',
      value: ours.p50,
      ...ours,
      ...shared,
      peers: [{ name: 'ccxt directly', value: ccxt.p50 }],
      note: `ccxt ${ccxt.p50.toFixed(1)} / ${ccxt.p99.toFixed(1)} ms, bare request ${bare.p50.toFixed(1)} / ${bare.p99.toFixed(1)} ms, bare put ${put.p50.toFixed(1)} / ${put.p99.toFixed(1)} ms; load ${(loadavg()[0] ?? 0).toFixed(1)}`,
    },
    {
      name: 'own part, p99: beyond a bare request and one put',
      value: ours.p99 - bare.p99 - put.p99,
      ...shared,
      goal: { kind: 'atMost', value: 1 },
      note: `at the median ${(ours.p50 - bare.p50 - put.p50).toFixed(1)} ms`,
    },
  ];
}
