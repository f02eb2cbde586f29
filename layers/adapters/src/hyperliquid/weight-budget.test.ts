import { describe, expect, it } from '@jest/globals';
import { createVirtualClock } from '@perps/runtime/testing';
import { createWeightBudget } from './weight-budget.ts';

describe('the weight budget', () => {
  it('keeps a tail for orders and a last one for what is urgent', () => {
    const budget = createWeightBudget({ clock: createVirtualClock(), perMinute: 100 });
    expect(budget.tryTake(50, 'relay')).toBe(true);
    expect(budget.tryTake(1, 'relay')).toBe(false);
    expect(budget.tryTake(20, 'query')).toBe(true);
    expect(budget.tryTake(1, 'query')).toBe(false);
    expect(budget.tryTake(10, 'order')).toBe(true);
    expect(budget.tryTake(1, 'order')).toBe(false);
    expect(budget.tryTake(20, 'urgent')).toBe(true);
    expect(budget.tryTake(1, 'urgent')).toBe(false);
  });

  it('refills over a minute and never beyond it', async () => {
    const clock = createVirtualClock();
    const budget = createWeightBudget({ clock, perMinute: 60 });
    expect(budget.tryTake(60, 'urgent')).toBe(true);
    expect(budget.waitMs(1, 'urgent')).toBe(1_000);
    expect(budget.waitMs(1, 'order')).toBe(13_000);
    await clock.advance(1_000);
    expect(budget.tryTake(1, 'urgent')).toBe(true);
    await clock.advance(3_600_000);
    expect(budget.tryTake(60, 'urgent')).toBe(true);
    expect(budget.tryTake(1, 'urgent')).toBe(false);
  });

  it('after a 429 only orders and the urgent may go on; rows may overdraw', () => {
    const budget = createWeightBudget({ clock: createVirtualClock(), perMinute: 100 });
    budget.limited();
    expect(budget.tryTake(1, 'query')).toBe(false);
    expect(budget.tryTake(1, 'order')).toBe(true);
    budget.charge(100);
    expect(budget.tryTake(1, 'urgent')).toBe(false);
  });
});
