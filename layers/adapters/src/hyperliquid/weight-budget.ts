/** The venue's weight per minute, spent on our side first, so that a 429 is the exception (spec 01). */
import { WEIGHT_PER_MINUTE } from '@perps/contracts/hyperliquid';
import type { Clock } from '@perps/runtime/ports';
import { createTokenBucket } from '@perps/runtime/token-bucket';

/** urgent = cancels, reductions, hedges, look-ups of undecided orders. */
export type WeightPriority = 'urgent' | 'order' | 'query' | 'relay';

const PRIORITIES: readonly WeightPriority[] = ['urgent', 'order', 'query', 'relay'];
/** Each leaves at least this share of the budget behind: the tail belongs to what is more urgent. */
const FLOORS: Readonly<Record<WeightPriority, number>> = { urgent: 0, order: 0.2, query: 0.3, relay: 0.5 };

export interface WeightBudget {
  /** Takes the weight, or says false and takes nothing. */
  tryTake(weight: number, priority: WeightPriority): boolean;
  /** Weight that showed only with the answer (rows); may overdraw. */
  charge(weight: number): void;
  /** The venue answered 429: only what is kept for orders and the urgent is left, whoever else spends from this address. */
  limited(): void;
  /** ms until `tryTake` would succeed if nobody else took; 0 = now. */
  waitMs(weight: number, priority: WeightPriority): number;
}

/** Full at the start; refills evenly over a minute. */
export function createWeightBudget(options: { readonly clock: Clock; readonly perMinute?: number }): WeightBudget {
  const { clock, perMinute = WEIGHT_PER_MINUTE } = options;
  const floors = PRIORITIES.map((priority) => perMinute * FLOORS[priority]);
  const bucket = createTokenBucket({ clock, capacity: perMinute, refillPerSecond: perMinute / 60, floors });
  return {
    tryTake: (tokens, priority) => bucket.tryTake({ tokens, priority: PRIORITIES.indexOf(priority) }),
    charge: (weight) => bucket.drain(weight),
    limited: () => bucket.drain(Math.max(0, bucket.available() - perMinute * FLOORS.query)),
    waitMs(weight, priority) {
      const missing = weight + perMinute * FLOORS[priority] - bucket.available();
      return Math.max(0, Math.ceil((missing / perMinute) * 60_000));
    },
  };
}
