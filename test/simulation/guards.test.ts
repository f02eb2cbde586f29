import { describe, expect, it } from '@jest/globals';
import { ALL_GUARDS } from '@perps/runtime/commit';
import type { CommitGuards } from '@perps/runtime/commit';
import { runRange } from './summary.ts';

/** Seeds are tried until one fails: a guard that no seed misses is not proven by this suite. */
const cases: readonly {
  readonly guard: keyof CommitGuards;
  readonly maxInFlight: number;
  readonly seedsMax: number;
  /** One of the violations that its absence must cause. */
  readonly causes: RegExp;
}[] = [
  { guard: 'ownTokenOnConflict', maxInFlight: 1, seedsMax: 300, causes: /acknowledged and is not in the history/ },
  { guard: 'epochNeverBack', maxInFlight: 1, seedsMax: 300, causes: /not in the history/ },
  { guard: 'ackAfterDurable', maxInFlight: 1, seedsMax: 100, causes: /acknowledged and is not in the history/ },
  { guard: 'dedupe', maxInFlight: 1, seedsMax: 100, causes: /in the history twice/ },
  { guard: 'rereadAroundFence', maxInFlight: 1, seedsMax: 300, causes: /not in the history/ },
  // With one put in flight nothing can stand above a hole; the chain rule is what several in flight rest on.
  { guard: 'chainRule', maxInFlight: 2, seedsMax: 1_500, causes: /not in the history/ },
];

describe('each guard of the commit protocol is needed', () => {
  it.each(cases)('without $guard ($maxInFlight in flight) some seed fails', async (row) => {
    const { guard, maxInFlight, seedsMax, causes } = row;
    const options = { guards: { ...ALL_GUARDS, [guard]: false }, maxInFlight };
    const { failed } = await runRange({ from: 1, count: seedsMax, failuresMax: 1, options });
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.flatMap(({ violations }) => violations).join('\n')).toMatch(causes);
  });
});
