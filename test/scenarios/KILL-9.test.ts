import { describe, expect, it } from '@jest/globals';
import { describeCampaign, failuresOf, killUnderLoad } from '../load/kill-under-load.ts';
import { useSystem } from '../support/scenario.ts';

const system = useSystem();

describe('KILL-9: the engine is killed with SIGKILL under load, five times', () => {
  it('loses no acknowledged order, books none twice, and every order has its answer', async () => {
    const report = await killUnderLoad(system(), { kills: 5, seed: 20_261_121, traders: 8 });

    expect(failuresOf(report)).toEqual([]);
    expect(report.kills).toBe(5);
    // The load was there.
    expect(report.acknowledged).toBeGreaterThan(50);
    process.stdout.write(`${describeCampaign(report)}\n`);
  }, 300_000);
});
