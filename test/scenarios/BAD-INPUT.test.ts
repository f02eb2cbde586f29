/** What is not a valid request gets the venue's error or a clear one of ours; nothing changes, nothing dies, nothing grows. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type ExchangeAction, type Network, signExchange } from '@perps/contracts/hyperliquid';
import { createSeededRandom, type SeededRandom } from '@perps/runtime/testing';
import { createWallet, type Wallet } from '../../local/supervisor/accounts.ts';
import { type DoorRequest, mutated, validRequests } from '../../services/gateway/testing/mutations.ts';
import { askInfo } from '../load/load.ts';
import { useSystem } from '../support/scenario.ts';

const MUTATIONS = 3_000;
const WARM_UP = 500;
const PARALLEL = 25;
/** What 3,000 requests may add to the gateway's resident memory (bytes). */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;
const PROCESSES = ['engine', 'gateway', 'market-data', 'venue'] as const;
const COIN_UNKNOWN = 9_999;

const system = useSystem();

let lastNonce = 0;
const nextNonce = (): number => (lastNonce = Math.max(lastNonce + 1, Date.now()));

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function post(path: string, body: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${system().url}${path}`, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

type Wire = Extract<ExchangeAction, { readonly type: 'order' }>['orders'][number];
const wire = (over: Partial<Wire> = {}): Wire => ({
  a: 0,
  b: true,
  p: '90000',
  s: '0.01',
  r: false,
  t: { limit: { tif: 'Gtc' } },
  ...over,
});
const order = (over: Partial<Wire> = {}): ExchangeAction => ({ type: 'order', orders: [wire(over)], grouping: 'na' });

function signed(
  { privateKey }: Wallet,
  action: ExchangeAction,
  { network = 'Testnet', nonce = nextNonce() }: { readonly network?: Network; readonly nonce?: number } = {},
): string {
  return JSON.stringify(signExchange({ action, nonce, network, privateKey }));
}

/** Everything the door tells of an account, without the moment it is told. */
async function picture({ address: user }: Wallet): Promise<unknown> {
  const ask = (type: string) => askInfo<Record<string, unknown>>(system().url, { type, user });
  const [state, orders, history, fills] = await Promise.all([
    ask('clearinghouseState'),
    ask('frontendOpenOrders'),
    ask('historicalOrders'),
    ask('userFills'),
  ]);
  return { ...state, time: 0, orders, history, fills };
}

const pids = (): readonly unknown[] => PROCESSES.map((name) => system().process(name)?.pid);

/** Resident memory of the gateway's process (bytes); 0 where the machine does not tell. */
function gatewayMemory(): number {
  const pid = system().process('gateway')?.pid ?? 0;
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

describe('bad input to the whole system', () => {
  let trader: Wallet;
  let pidsBefore: readonly unknown[];
  beforeAll(async () => {
    trader = await system().createTrader({ balance: 50_000 });
    pidsBefore = pids();
  });

  it.each<readonly [string, () => string, number, RegExp]>([
    ['malformed JSON', () => '{"action":', 400, /^Failed to parse the request body as JSON$/],
    ['an unknown action', () => '{"action":{"type":"mint"},"nonce":1,"signature":{}}', 422, /^Failed to deserialize/],
    ['a number', () => '7', 422, /^Failed to deserialize/],
    ['an oversize body', () => JSON.stringify({ type: 'x'.repeat(300_000) }), 413, /length limit exceeded/],
    ['deep nesting', () => `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 422, /^Failed to deserialize/],
    ['prototype keys', () => signed(trader, order()).replace('"b":true', '"__proto__":{"b":true}'), 422, /^Failed/],
    ['a price of another type', () => signed(trader, order()).replace('"90000"', '{"x":1}'), 422, /^Failed/],
    ['a negative price', () => signed(trader, order()).replace('"90000"', '"-5"'), 422, /^Failed/],
    ['an absurd size', () => signed(trader, order({ s: '9'.repeat(15) })), 200, /error/],
    ['an absurd reduce-only size', () => signed(trader, order({ s: '9'.repeat(15), r: true })), 200, /error/],
    ['a size of zero', () => signed(trader, order({ s: '0' })), 200, /Order has zero size/],
    ['a wrong tick', () => signed(trader, order({ p: '90000.5' })), 200, /tick size|invalid price/],
    ['a wrong lot', () => signed(trader, order({ s: '0.0000001' })), 200, /invalid size/],
    ['too small an order', () => signed(trader, order({ s: '0.0001' })), 200, /minimum value of \$10/],
    ['an unknown coin', () => signed(trader, order({ a: COIN_UNKNOWN })), 200, /err/],
    ['an unknown signer', () => signed(createWallet(0), order()), 200, /does not exist/],
    ['a signature for mainnet', () => signed(trader, order(), { network: 'Mainnet' }), 200, /does not exist/],
    ['an ancient nonce', () => signed(trader, order(), { nonce: 5 }), 200, /nonce too low/],
    ['a broken signature', () => signed(trader, order()).replace(/"r":"0x[0-9a-f]{8}/, '"r":"0x00000000'), 200, /err/],
  ])('%s is refused in words and changes nothing', async (_name, bodyOf, status, text) => {
    const before = await picture(trader);
    const answer = await post('/exchange', bodyOf());
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(text)]);
    expect(answer.text).not.toContain('"resting"');
    expect(await picture(trader)).toEqual(before);
  });

  it('a replayed action is refused', async () => {
    const body = signed(trader, order({ p: '50000' }));
    expect((await post('/exchange', body)).text).toContain('resting');
    const before = await picture(trader);
    expect((await post('/exchange', body)).text).toMatch(/duplicate nonce/);
    expect(await picture(trader)).toEqual(before);
  });

  it('three thousand random mutations: no 5xx, no change, no growth', async () => {
    const seed = 20_261_121;
    const dice = createSeededRandom(seed);
    const requests = validRequests({ privateKey: trader.privateKey, nonce: nextNonce });
    // Used up first: a mutation that leaves the signed part whole is then a repeated nonce.
    for (const { path, body } of requests) expect((await post(path, JSON.stringify(body))).status).toBe(200);
    const before = await picture(trader);
    const failures = await mutate(requests, dice, WARM_UP);
    const memoryBefore = gatewayMemory();
    failures.push(...(await mutate(requests, dice, MUTATIONS)));
    const growth = gatewayMemory() - memoryBefore;

    expect({ seed, failures: failures.slice(0, 5) }).toEqual({ seed, failures: [] });
    expect(await picture(trader)).toEqual(before);
    expect(growth).toBeLessThan(GROWTH_BYTES_MAX);
  }, 180_000);

  it('no process has died, and the system is well', async () => {
    await system().waitReady();
    expect(pids()).toEqual(pidsBefore);
  });
});

/** Sends so many; answers those that were not refused or answered as they should. */
async function mutate(requests: readonly DoorRequest[], dice: SeededRandom, count: number): Promise<string[]> {
  const failures: string[] = [];
  for (let sent = 0; sent < count; sent += PARALLEL) {
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        const { path, body } = dice.pick(requests);
        const text = mutated(body, dice);
        const answer = await post(path, text);
        if (!isExpected(answer, text)) failures.push(`${answer.status} ${answer.text} to ${text}`);
      }),
    );
  }
  return failures;
}

/** The venue itself answers 500 `null` to a book it cannot coarsen so and to an unknown coin. */
const isExpected = ({ status, text }: Answer, request: string): boolean =>
  [200, 400, 413, 415, 422].includes(status) ||
  (status === 500 && text === 'null' && /l2Book|activeAssetData/.test(request));
