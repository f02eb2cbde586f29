/** What the books say of the orders a load has sent: each acknowledged one exactly once, and sums that agree. */
import { createRpcClient, type RpcClient } from '@perps/adapters/rpc';
import { systemClock } from '@perps/adapters/node';
import { accountIdOf } from '@perps/contracts/engine';
import type { UserFill, HistoricalOrder } from '@perps/contracts/hyperliquid';
import type { AccountState } from '@perps/domain/account';
import { silentLogger } from '@perps/runtime/ports';
import type { Wallet } from '../../local/supervisor/accounts.ts';
import type { System } from '../../local/supervisor/index.ts';
import { waitUntil } from '../../local/supervisor/readiness.ts';
import { askInfo, type Load, type Meta } from './load.ts';
import type { SentOrder } from './trader-load.ts';

export interface Verdict {
  readonly orders: number;
  /** Executed or at the venue, by an answer. */
  readonly acknowledged: number;
  readonly refused: number;
  /** Told by a repeat that the nonce is used: the account alone knows the fate. */
  readonly replayed: number;
  /** Orders whose first attempts stayed without an answer. */
  readonly repeated: number;
  readonly unanswered: readonly string[];
  /** Acknowledged and not in the books. */
  readonly lost: readonly string[];
  /** In the books twice, or refused and there all the same. */
  readonly doubled: readonly string[];
  /** Sums that do not agree. */
  readonly differences: readonly string[];
  /** Texts of the refusals with their number. */
  readonly refusals: Readonly<Record<string, number>>;
}

interface Books {
  readonly history: readonly HistoricalOrder[];
  readonly fills: readonly UserFill[];
  /** Signed size by coin. */
  readonly positions: ReadonlyMap<string, bigint>;
}

const SETTLE_MS_MAX = 60_000;

/** Judges a load that has been stopped, once nothing of it is under way any more. */
export async function judge(system: System, load: Load): Promise<Verdict> {
  await settled(system, load.wallets);
  const orders = load.orders();
  const lost: string[] = [];
  const doubled: string[] = [];
  const differences: string[] = [];
  for (const wallet of load.wallets) {
    const books = await readBooks(system.url, wallet);
    const found = judgeTrader(load.ordersOf(wallet), books);
    lost.push(...found.lost);
    doubled.push(...found.doubled);
    differences.push(...sumDifferences(wallet, books));
  }
  differences.push(...(await recoveryDifferences(system)));
  const of = (...kinds: string[]): readonly SentOrder[] =>
    orders.filter(({ fate }) => kinds.includes(fate?.kind ?? ''));
  return {
    orders: orders.length,
    acknowledged: of('filled', 'resting').length,
    refused: of('refused').length,
    replayed: of('replayed').length,
    repeated: orders.filter(({ unknowns }) => unknowns > 0).length,
    unanswered: orders.filter(({ fate }) => fate === undefined).map(({ cloid }) => cloid),
    lost,
    doubled,
    differences,
    refusals: countRefusals(orders),
  };
}

/** Healthy, and no order of these accounts is open or pending. */
async function settled(system: System, wallets: readonly Wallet[]): Promise<void> {
  await system.waitReady();
  await waitUntil(
    async () => {
      for (const { address } of wallets) {
        const open = await askInfo<readonly unknown[]>(system.url, { type: 'openOrders', user: address });
        if (open.length > 0) return `${open.length} orders of ${address} are open`;
      }
      return undefined;
    },
    { what: 'fates of all orders', withinMs: SETTLE_MS_MAX },
  );
}

async function readBooks(url: string, { address: user }: Wallet): Promise<Books> {
  const [history, fills, state] = await Promise.all([
    askInfo<readonly HistoricalOrder[]>(url, { type: 'historicalOrders', user }),
    askInfo<readonly UserFill[]>(url, { type: 'userFills', user }),
    askInfo<ClearinghouseText>(url, { type: 'clearinghouseState', user }),
  ]);
  return { history, fills, positions: positionsOf(state) };
}

interface ClearinghouseText {
  readonly assetPositions: readonly { readonly position: { readonly coin: string; readonly szi: string } }[];
}

const positionsOf = ({ assetPositions }: ClearinghouseText): Map<string, bigint> =>
  new Map(assetPositions.map(({ position: { coin, szi } }) => [coin, units(szi)]));

function judgeTrader(sent: readonly SentOrder[], { history, fills }: Books): Pick<Verdict, 'lost' | 'doubled'> {
  const lost: string[] = [];
  const doubled: string[] = [];
  const rows = Map.groupBy(history, ({ order }) => order.cloid ?? 'none');
  const executions = Map.groupBy(fills, ({ cloid }) => cloid ?? 'none');
  for (const order of sent) {
    const { cloid, fate } = order;
    const times = rows.get(cloid)?.length ?? 0;
    const executed = sum((executions.get(cloid) ?? []).map(({ sz }) => units(sz)));
    const text = `${cloid} ${JSON.stringify(fate)}: ${times} times in the history, ${executed} executed`;
    const isAcknowledged = fate?.kind === 'filled' || fate?.kind === 'resting';
    const isShort = fate?.kind === 'filled' && executed < units(fate.size);
    if (isAcknowledged && (times === 0 || isShort)) lost.push(text);
    const isTooMuch = executed > (fate?.kind === 'filled' ? units(fate.size) : units(order.kind.size));
    const isRefusedYetDone = fate?.kind === 'refused' && executed > 0n;
    if (times > 1 || isTooMuch || isRefusedYetDone) doubled.push(text);
  }
  const known = new Set(sent.map(({ cloid }) => cloid));
  for (const cloid of executions.keys()) if (!known.has(cloid)) doubled.push(`${cloid}: executed, never sent`);
  const tids = fills.map(({ tid }) => tid);
  if (new Set(tids).size !== tids.length) doubled.push('an execution is listed twice');
  return { lost, doubled };
}

function sumDifferences({ address }: Wallet, { fills, positions }: Books): readonly string[] {
  const sums = new Map<string, bigint>();
  for (const { coin, side, sz } of fills) {
    sums.set(coin, (sums.get(coin) ?? 0n) + (side === 'B' ? units(sz) : -units(sz)));
  }
  return disagreements(`${address}: position against its fills`, positions, sums);
}

function disagreements(
  what: string,
  left: ReadonlyMap<string, bigint>,
  right: ReadonlyMap<string, bigint>,
): readonly string[] {
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((coin) => (left.get(coin) ?? 0n) !== (right.get(coin) ?? 0n))
    .map((coin) => `${what}: ${coin} ${left.get(coin) ?? 0n} and ${right.get(coin) ?? 0n}`);
}

/** The invariants that every recovery checks must have held at the last one. */
async function recoveryDifferences(system: System): Promise<readonly string[]> {
  const health = await engineHealth(system);
  const reasons = health.status === 'ok' ? [] : health.reasons;
  return [...reasons, ...health.recovery.flatMap(({ differences }) => differences)];
}

export interface EngineHealth {
  readonly status: string;
  readonly reasons: readonly string[];
  readonly shards: readonly number[];
  readonly recovery: readonly {
    readonly shard: number;
    readonly entries: number;
    readonly stepsMs: Readonly<Record<string, number>>;
    readonly differences: readonly string[];
  }[];
}

/** What an engine says of itself at `/health`; `url` is its RPC address. */
export async function engineHealth({ engineUrl }: Pick<System, 'engineUrl'>): Promise<EngineHealth> {
  const { host } = new URL(engineUrl);
  const response = await fetch(`http://${host}/health`);
  return (await response.json()) as EngineHealth;
}

/**
 * Differences between the trading account at the venue and the sum of what these users hold there by our books. All
 * accounts that ever sent an order to the venue must be given.
 */
export async function venueDifferences(system: System, wallets: readonly Wallet[]): Promise<readonly string[]> {
  const { universe } = await askInfo<Meta>(system.url, { type: 'meta' });
  const atVenue = await askInfo<ClearinghouseText>(system.venue.url, {
    type: 'clearinghouseState',
    user: system.venue.accounts.trading,
  });
  const virtual = new Map<string, bigint>();
  for (const { symbol, route, size } of await allPositions(system, wallets)) {
    if (route !== 'HYPERLIQUID') continue;
    const decimals = universe.find(({ name }) => name === symbol)?.szDecimals ?? 0;
    virtual.set(symbol, (virtual.get(symbol) ?? 0n) + size * 10n ** BigInt(UNIT_DECIMALS - decimals));
  }
  return disagreements('venue account against the books', positionsOf(atVenue), virtual);
}

async function allPositions(
  { engineUrl }: System,
  wallets: readonly Wallet[],
): Promise<readonly AccountState['positions'][string][]> {
  const engine = createRpcClient({ resolveUrl: async () => engineUrl, logger: silentLogger, clock: systemClock });
  try {
    await waitUntil(async () => (engine.isConnected() ? undefined : 'not connected'), {
      what: 'connection to the engine',
      withinMs: SETTLE_MS_MAX,
    });
    const accounts = await Promise.all(wallets.map((wallet) => accountOf(engine, wallet)));
    return accounts.flatMap(({ positions }) => Object.values(positions));
  } finally {
    engine.close();
  }
}

/** The account as the engine holds it. */
export async function accountOf(engine: RpcClient, { address }: Wallet): Promise<AccountState> {
  return (await engine.request('account', { accountId: accountIdOf(address) })) as AccountState;
}

function countRefusals(orders: readonly SentOrder[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { fate } of orders) if (fate?.kind === 'refused') counts[fate.text] = (counts[fate.text] ?? 0) + 1;
  return counts;
}

/** Sizes as integers of 10⁻⁸ coins. */
const UNIT_DECIMALS = 8;
function units(text: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  return BigInt(`${sign}${whole}${fraction.padEnd(UNIT_DECIMALS, '0')}`);
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
