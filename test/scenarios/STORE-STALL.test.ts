/** The store stands still under load and goes on: no answer was a lie, and service comes back by itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { startLoad } from '../load/load.ts';
import { engineHealth, judge, venueDifferences } from '../load/verdict.ts';
import { useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

/** Longer than every lease. */
const STALL_MS = 6_000;
const system = useSystem();

const storePid = (): number =>
  (JSON.parse(readFileSync(join(system().dir, 'instance.json'), 'utf8')) as { children: { dynamodb: number } }).children
    .dynamodb;

describe('the store stands still for six seconds under load', () => {
  it('loses no acknowledged order, answers none before it is durable, and goes on without a restart', async () => {
    const pids = () => (['engine', 'gateway', 'market-data'] as const).map((name) => system().process(name)?.pid);
    const before = pids();
    const load = await startLoad(system(), { seed: 5, traders: 6 });
    await load.filledAfter(performance.now());
    const pid = storePid();
    process.kill(pid, 'SIGSTOP');
    const stoppedAt = performance.now();
    try {
      const isOver = () => (performance.now() - stoppedAt >= STALL_MS ? true : undefined);
      await eventually('a stall longer than the leases', isOver, 2 * STALL_MS);
      expect((await engineHealth(system())).status).toBe('unavailable');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const continuedAt = performance.now();
    const resumed = await load.filledAfter(continuedAt);
    process.stdout.write(`store stalled: served again ${Math.round(resumed.decidedAt! - continuedAt)} ms after it\n`);
    // Nothing that was sent into the stall was answered as done while it lasted.
    const early = load
      .orders()
      .filter(
        ({ sentAt, decidedAt = 0, fate }) => fate?.kind === 'filled' && sentAt > stoppedAt && decidedAt < continuedAt,
      );
    expect(early).toEqual([]);

    await load.stop();
    expect(await judge(system(), load)).toMatchObject({ lost: [], doubled: [], unanswered: [], differences: [] });
    expect(await venueDifferences(system(), load.wallets)).toEqual([]);
    expect(pids()).toEqual(before);
  }, 240_000);
});
