/** Reduced: no hedge lots yet, and the 1,200 positions belong to 150 users instead of 450, who take a minute to open. */
import { describe, expect, it } from '@jest/globals';
import { createRpcClient, type RpcClient } from '@perps/adapters/rpc';
import { systemClock } from '@perps/adapters/node';
import { accountIdOf, shardOf } from '@perps/contracts/engine';
import { type ExchangeAction, signExchange } from '@perps/contracts/hyperliquid';
import type { AccountState } from '@perps/domain/account';
import { silentLogger } from '@perps/runtime/ports';
import { LOCAL_POLICY, type Wallet } from '../../local/supervisor/accounts.ts';
import { orderKind, startLoad } from '../load/load.ts';
import { accountOf, engineHealth, judge, venueDifferences } from '../load/verdict.ts';
import type { OrderKind } from '../load/trader-load.ts';
import { createTrader, filledOf, killEngine, useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const USERS = 150;
const RESTING_USERS = 85;
const COINS = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'AVAX', 'LINK', 'ARB'] as const;
const POSITION_USD = 12;
const BALANCE_USD = 10_000;
/** Requests under way at once. */
const PARALLEL = 20;

const system = useSystem();

/** Does it for all, so many at a time. */
async function forAll<Item>(items: readonly Item[], work: (item: Item, index: number) => Promise<void>): Promise<void> {
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) await work(item, index);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

/** Most of the coins are internal only by this scenario's policy, which arrives by queue at every shard. */
async function internaliseAll(): Promise<void> {
  const symbols = Object.fromEntries(COINS.map((coin) => [coin, { isInternalised: true }]));
  const version = LOCAL_POLICY.version + 1;
  // A busy machine must not send orders to the venue because its quotes are late.
  const patience = { latencyMsMax: 30_000, quoteAgeMsMax: 30_000 };
  await system().setPolicy({ ...LOCAL_POLICY, ...patience, version, symbols });
  const { size } = await orderKind(system().url, 'SOL', POSITION_USD);
  const { shards } = await engineHealth(system());
  const waiting = new Set(shards);
  while (waiting.size > 0) {
    const probe = await createTrader(system(), { balance: BALANCE_USD });
    if (!waiting.delete(shardOf(accountIdOf(probe.address), shards.length))) continue;
    const isInternal = async () => {
      const { oid } = filledOf(await probe.order({ coin: 'SOL', isBuy: true, size }));
      const { order } = await probe.record(oid);
      return order.legs.every(({ route }) => route === 'INTERNAL') ? true : undefined;
    };
    await eventually('SOL is internal', isInternal);
  }
}

/** All orders of a user in one action: positions, and for some an order that rests far below the market. */
function openingAction(kinds: readonly OrderKind[], index: number): ExchangeAction {
  const market = kinds.map(({ asset: a, buyLimit: p, size: s }) => {
    return { a, b: true, p, s, r: false, t: { limit: { tif: 'Ioc' as const } } };
  });
  const [btc] = kinds;
  if (btc === undefined || index >= RESTING_USERS) return { type: 'order', orders: market, grouping: 'na' };
  const p = String(Math.round(Number(btc.sellLimit) * 0.9));
  const size = String(Number((Number(btc.size) * 2).toFixed(5)));
  const resting = { a: btc.asset, b: true, p, s: size, r: false, t: { limit: { tif: 'Gtc' as const } } };
  return { type: 'order', orders: [...market, resting], grouping: 'na' };
}

async function openPositions(wallet: Wallet, action: ExchangeAction): Promise<void> {
  const body = signExchange({ action, nonce: Date.now(), network: 'Testnet', privateKey: wallet.privateKey });
  const response = await fetch(`${system().url}/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 200 || text.includes('error')) throw new Error(`${response.status} ${text}`);
}

async function connect(): Promise<RpcClient> {
  const resolveUrl = async (): Promise<string> => system().engineUrl;
  const client = createRpcClient({ resolveUrl, logger: silentLogger, clock: systemClock });
  await eventually('connection to the engine', () => (client.isConnected() ? true : undefined), 10_000);
  return client;
}

async function accountsOf(wallets: readonly Wallet[]): Promise<readonly AccountState[]> {
  const client = await connect();
  try {
    return await Promise.all(wallets.map((wallet) => accountOf(client, wallet)));
  } finally {
    client.close();
  }
}

describe('SC-EC-012: 150 users, 1,200 internal positions, 85 resting orders, kill -9 under load', () => {
  it('recovers with its checks passed, every account as it was, and no acknowledged order lost', async () => {
    await internaliseAll();
    const kinds = await Promise.all(COINS.map((coin) => orderKind(system().url, coin, POSITION_USD)));
    const users: Wallet[] = [];
    await forAll(Array.from({ length: USERS }), async (_nobody, index) => {
      const user = await system().createTrader({ balance: BALANCE_USD });
      users.push(user);
      await openPositions(user, openingAction(kinds, index));
    });
    const before = await accountsOf(users);
    expect(countOf(before)).toEqual({ internal: USERS * COINS.length, resting: RESTING_USERS });

    const load = await startLoad(system(), { seed: 12, traders: 6 });
    await load.filledAfter(performance.now());
    const killedAt = performance.now();
    await killEngine(system());
    const served = await load.filledAfter(killedAt);
    await load.stop();

    const { status, recovery } = await engineHealth(system());
    expect(status).toBe('ok');
    expect(recovery.length).toBeGreaterThan(0);
    expect(recovery.flatMap(({ differences }) => differences)).toEqual([]);
    process.stdout.write(
      `down for ${Math.round((served.decidedAt ?? 0) - killedAt)} ms; recovery ${recovery
        .map(({ shard, entries, stepsMs }) => `shard ${shard}: ${entries} entries ${JSON.stringify(stepsMs)}`)
        .join(', ')}\n`,
    );
    expect(await accountsOf(users)).toEqual(before);
    expect(await judge(system(), load)).toMatchObject({ lost: [], doubled: [], unanswered: [], differences: [] });
    expect(await venueDifferences(system(), [...users, ...load.wallets])).toEqual([]);
  }, 300_000);
});

function countOf(accounts: readonly AccountState[]): { readonly internal: number; readonly resting: number } {
  const positions = accounts.flatMap((account) => Object.values(account.positions));
  return {
    internal: positions.filter(({ route }) => route === 'INTERNAL').length,
    resting: accounts.reduce((sum, { orders }) => sum + Object.keys(orders).length, 0),
  };
}
