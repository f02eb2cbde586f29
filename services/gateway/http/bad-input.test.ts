/** Ten thousand seeded mutations of valid requests: an answer of the venue's kind each time, and nothing happens. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { signExchange } from '@perps/contracts/hyperliquid';
import { createSeededRandom, type SeededRandom } from '@perps/runtime/testing';
import { addressOfKey, ALICE, type Harness, nextNonce, startHarness } from '../testing/harness.ts';

const alice = addressOfKey(ALICE);
const MUTATIONS = 10_000;
const PARALLEL = 50;
/** Eight seconds alone; much longer where the machine is busy. */
const TEST_MS_MAX = 240_000;
/** What 10,000 requests may leave behind once garbage is collected. */
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const wire = (over: object = {}) => ({
  a: 0,
  b: true,
  p: '99000',
  s: '0.01',
  r: false,
  t: { limit: { tif: 'Gtc' as const } },
  ...over,
});

function validRequests(): { readonly path: string; readonly body: Json }[] {
  const signed = (action: Parameters<typeof signExchange>[0]['action']) => ({
    path: '/exchange',
    body: JSON.parse(
      JSON.stringify(signExchange({ action, nonce: nextNonce(), network: 'Testnet', privateKey: ALICE })),
    ) as Json,
  });
  const info = (body: Json) => ({ path: '/info', body });
  return [
    signed({ type: 'order', orders: [wire(), wire({ c: `0x${'ab'.repeat(16)}` })], grouping: 'na' }),
    signed({ type: 'cancel', cancels: [{ a: 0, o: 1 }] }),
    signed({ type: 'cancelByCloid', cancels: [{ asset: 0, cloid: `0x${'ab'.repeat(16)}` }] }),
    signed({ type: 'modify', oid: 1, order: wire() }),
    signed({ type: 'batchModify', modifies: [{ oid: 1, order: wire() }] }),
    signed({ type: 'updateLeverage', asset: 0, isCross: true, leverage: 5 }),
    info({ type: 'l2Book', coin: 'BTC', nSigFigs: 5, mantissa: 2 }),
    info({ type: 'orderStatus', user: alice, oid: 5 }),
    info({ type: 'userFillsByTime', user: alice, startTime: 0, endTime: 5 }),
    info({ type: 'candleSnapshot', req: { coin: 'BTC', interval: '1m', startTime: 0, endTime: 5 } }),
    info({ type: 'clearinghouseState', user: alice }),
    info({ type: 'activeAssetData', user: alice, coin: 'BTC' }),
  ];
}

const ABSURD: readonly Json[] = [
  null,
  true,
  -1,
  0,
  1e308,
  1.5,
  2 ** 53,
  '',
  '-1',
  '1e9',
  'NaN',
  '9'.repeat(100),
  '0x',
  '\u0000',
  '💥',
  'constructor',
  [],
  [[]],
  {},
  { __proto__: null, toString: 1 },
];

/** Every place of a value: the containers on the way to it. */
function places(value: Json, found: { readonly holder: Record<string, Json>; readonly key: string }[] = []) {
  if (typeof value !== 'object' || value === null) return found;
  const holder = value as Record<string, Json>;
  for (const key of Object.keys(holder)) {
    found.push({ holder, key });
    places(holder[key]!, found);
  }
  return found;
}

/** One to three changes; the last kind damages the text itself. */
function mutated(body: Json, dice: SeededRandom): string {
  const copy = structuredClone(body);
  for (let change = 0; change <= dice.int(3); change += 1) {
    const all = places(copy);
    if (all.length === 0) break;
    const { holder, key } = dice.pick(all);
    const kind = dice.int(5);
    if (kind === 0) delete holder[key];
    else if (kind === 1) holder[`${key}x`] = structuredClone(dice.pick(ABSURD));
    else if (kind === 2 && typeof holder[key] === 'string') holder[key] = flipped(holder[key], dice);
    else if (kind === 3 && Array.isArray(holder[key])) holder[key] = Array.from({ length: 300 }, () => dice.int(9));
    else holder[key] = structuredClone(dice.pick(ABSURD));
  }
  const text = JSON.stringify(copy);
  return dice.int(10) === 0 ? flipped(text, dice) : text;
}

function flipped(text: string, dice: SeededRandom): string {
  const at = dice.int(text.length + 1);
  return text.slice(0, at) + String.fromCharCode(dice.int(128)) + text.slice(at + 1);
}

describe('bad input', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness();
    gateway.engine.openAccount(alice, 1_000_000_000n);
  });
  afterAll(() => gateway.close());

  it(
    'ten thousand mutations: no 5xx, no change of the account, no growth',
    async () => {
      const seed = 20_261_121;
      const dice = createSeededRandom(seed);
      const statuses = new Map<number, number>();
      const failures: string[] = [];
      const requests = validRequests();
      // Used up first: a mutation that leaves the signed part whole is then a repeated nonce.
      for (const { path, body } of requests) expect((await gateway.post(path, body)).status).toBe(200);
      const before = gateway.engine.account(alice);
      await mutate(500);
      const heapBefore = heapUsed();
      await mutate(MUTATIONS);
      gateway.engine.commands.length = 0;
      const growth = heapUsed() - heapBefore;

      expect({ seed, failures: failures.slice(0, 5) }).toEqual({ seed, failures: [] });
      expect([...statuses.keys()].every((status) => [200, 400, 413, 415, 422, 500].includes(status))).toBe(true);
      expect(statuses.get(422)).toBeGreaterThan(MUTATIONS / 4);
      // A changed signed body recovers somebody else, who has no account: nothing the account has may move.
      expect(gateway.engine.account(alice)).toEqual(before);
      expect(growth).toBeLessThan(GROWTH_BYTES_MAX);

      async function mutate(count: number): Promise<void> {
        for (let sent = 0; sent < count; sent += PARALLEL) {
          await Promise.all(Array.from({ length: PARALLEL }, sendOne));
        }
      }

      async function sendOne(): Promise<void> {
        const { path, body } = dice.pick(requests);
        const text = mutated(body, dice);
        const answer = await gateway.post(path, text);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        // The venue itself answers 500 `null` to a book it cannot coarsen so and to an unknown coin.
        const isVenues = answer.status === 500 && /l2Book|activeAssetData/.test(text) && answer.text === 'null';
        if (answer.status >= 500 && !isVenues) failures.push(`${answer.status} ${text}`);
      }
    },
    TEST_MS_MAX,
  );
});

/** The collector on demand, without a flag on the command line. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
