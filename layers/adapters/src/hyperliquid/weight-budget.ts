/** The venue's weight per minute, spent on our side first, so that a 429 is the exception (spec 01). */
import { WEIGHT_PER_MINUTE } from '@perps/contracts/hyperliquid';
import type { Clock } from '@perps/runtime/ports';

/** From this share of the budget on, only what is more urgent may spend: the tail belongs to cancels and reductions. */
const RESERVED: Readonly<Record<WeightPriority, number>> = { urgent: 0, order: 0.2, query: 0.3, relay: 0.5 };

/** urgent = cancels, reductions, hedges, look-ups of undecided orders. */
export type WeightPriority = 'urgent' | 'order' | 'query' | 'relay';

export interface WeightBudget {
  /** Takes the weight, or says false and takes nothing. */
  tryTake(weight: number, priority: WeightPriority): boolean;
  /** Weight that showed only with the answer (rows); may overdraw. */
  charge(weight: number): void;
  /** The venue answered 429: only what is kept for orders and the urgent is left, whoever else spends from this address. */
  limited(): void;
  /** ms until `tryTake` would succeed; 0 = now. */
  waitMs(weight: number, priority: WeightPriority): number;
}

/** A token bucket over one minute; full at the start. */
export function createWeightBudget(options: { readonly clock: Clock; readonly perMinute?: number }): WeightBudget {
  const { clock, perMinute = WEIGHT_PER_MINUTE } = options;
  const perMs = perMinute / 60_000;
  let left = perMinute;
  let refilledAt = clock.monotonic();

  const refill = (): void => {
    const now = clock.monotonic();
    left = Math.min(perMinute, left + (now - refilledAt) * perMs);
    refilledAt = now;
  };
  const missing = (weight: number, priority: WeightPriority): number => {
    refill();
    return Math.max(0, weight + perMinute * RESERVED[priority] - left);
  };
  return {
    tryTake(weight, priority) {
      if (missing(weight, priority) > 0) return false;
      left -= weight;
      return true;
    },
    charge(weight) {
      left -= weight;
    },
    limited() {
      refill();
      left = Math.min(left, perMinute * RESERVED.query);
    },
    waitMs: (weight, priority) => Math.ceil(missing(weight, priority) / perMs),
  };
}
