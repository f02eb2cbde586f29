/** Ten thousand seeded mutations of valid requests: an answer of the venue's kind each time, and nothing happens. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createSeededRandom } from '@perps/runtime/testing';
import { addressOfKey, ALICE, type Harness, nextNonce, startHarness } from '../testing/harness.ts';
import { mutated, validRequests } from '../testing/mutations.ts';

const alice = addressOfKey(ALICE);
const MUTATIONS = 10_000;
const PARALLEL = 50;
/** Eight seconds alone; much longer where the machine is busy. */
const TEST_MS_MAX = 240_000;
/** What 10,000 requests may leave behind once garbage is collected. */
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;

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
      const requests = validRequests({ privateKey: ALICE, nonce: nextNonce });
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
