import { describe, expect, it } from '@jest/globals';
import { packState } from '@perps/contracts/journal';
import { checks, serialize } from '@perps/domain/shard';
import { noMetrics, silentLogger, type JournalStore } from '@perps/runtime/ports';
import { createShardHost } from '@perps/runtime/shard';
import {
  createMemoryJournal,
  createMemoryLeases,
  createMemorySnapshots,
  createSeededRandom,
  createSequentialIds,
  createVirtualClock,
  type MemoryJournal,
} from '@perps/runtime/testing';
import { createTradingMachine, tradingCodec } from '../../services/engine/trading-machine.ts';
import { createShardHistory, type ShardHistory } from '../support/shard-history.ts';

const SHARD = 1;
type Landing = 'landed' | 'lost';

/** The journal as one process sees it that dies at its n-th append: the put landed or not, the answer never comes. */
function dyingJournal(inner: MemoryJournal, death: { readonly at: number; readonly landing: Landing }) {
  let appends = 0;
  const { promise: died, resolve } = Promise.withResolvers<'died'>();
  const journal: JournalStore = {
    ...inner,
    append: async (record) => {
      appends += 1;
      if (appends < death.at) return inner.append(record);
      if (death.landing === 'landed') inner.appendNow(record);
      resolve('died');
      return new Promise(() => undefined);
    },
  };
  return { journal, died };
}

/** Two lives of one engine: the first dies at the given append, the second goes on with the command that was not answered. */
async function runThrough(history: ShardHistory, death: { readonly at: number; readonly landing: Landing }) {
  const clock = createVirtualClock();
  const stores = { leases: createMemoryLeases(clock), snapshots: createMemorySnapshots() };
  const inner = createMemoryJournal();
  const life = (journal: JournalStore) =>
    createShardHost({
      ...stores,
      shard: SHARD,
      machine: createTradingMachine({ shard: SHARD }),
      codec: tradingCodec,
      journal,
      clock,
      ids: createSequentialIds('token'),
      random: createSeededRandom(1),
      logger: silentLogger,
      metrics: noMetrics,
      lease: { resource: `shard:${SHARD}`, owner: 'engine', address: 'ws://here', ttlMs: 1_000_000 },
    });
  const { journal, died } = dyingJournal(inner, death);
  const first = life(journal);
  let answered = 0;
  const serve = async (): Promise<'alive'> => {
    await first.start();
    for (const command of history.commands) {
      await first.submit(command);
      answered += 1;
    }
    return 'alive';
  };
  const end = await Promise.race([serve(), died]);
  const second = life(inner);
  const report = await second.start();
  expect(report.differences).toEqual([]);
  for (const command of history.commands.slice(answered)) await second.submit(command);
  const state = await second.query((final) => ({ bytes: packState(serialize(final)), problems: checks(final) }));
  return { end, ...state };
}

describe('the trading shard dies at every append', () => {
  it.each([1, 2, 3])('and its second life ends in the very state of an undisturbed one (history %d)', async (seed) => {
    const history = createShardHistory({ shard: SHARD, seed, commands: 60 });
    const { bytes: undisturbed } = await runThrough(history, { at: Number.POSITIVE_INFINITY, landing: 'landed' });
    let deaths = 0;
    for (const landing of ['landed', 'lost'] as const) {
      for (let at = 1; ; at += 1) {
        const { end, bytes, problems } = await runThrough(history, { at, landing });
        expect(problems).toEqual([]);
        expect(Buffer.compare(bytes, undisturbed)).toBe(0);
        if (end === 'alive') break;
        deaths += 1;
      }
    }
    expect(deaths).toBeGreaterThan(2 * 30);
  });
});
