import { describe, expect, it } from '@jest/globals';
import { createIpBudget, isLoopback } from './ip-budget.ts';

describe('the budget of an address', () => {
  it('refills over a minute and may go into debt', () => {
    let now = 0;
    const budget = createIpBudget({ weightPerMinute: () => 60, now: () => now });
    expect(budget.take('a', 60)).toBe(true);
    expect(budget.take('a', 1)).toBe(false);
    expect(budget.take('b', 60)).toBe(true);
    now = 10_000;
    expect(budget.take('a', 10)).toBe(true);
    budget.charge('a', 20);
    now = 25_000;
    expect(budget.take('a', 1)).toBe(false);
    now = 31_000;
    expect(budget.take('a', 1)).toBe(true);
  });

  it('remembers a bounded number of addresses', () => {
    let now = 0;
    const budget = createIpBudget({ weightPerMinute: () => 10, now: () => now });
    for (let index = 0; index < 30_000; index += 1) budget.take(`ip${index}`, 10);
    expect(budget.take('ip29999', 1)).toBe(false);
    now = 60_000;
    expect(budget.take('ip29999', 10)).toBe(true);
  });

  it('knows this machine', () => {
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '1.127.0.1'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
