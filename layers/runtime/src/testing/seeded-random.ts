import type { Ids, Random } from '@perps/runtime/ports';

// Taken once: under jest every look at a global passes through the test's sandbox, which cost a sixth of a simulation.
const { floor, imul } = Math;

export interface SeededRandom extends Random {
  /** Uniform integer in [0, below). */
  int(below: number): number;
  chance(probability: number): boolean;
  /** Throws where there is nothing to pick. */
  pick<Item>(items: readonly Item[]): Item;
}

/** A generator (mulberry32) whose whole sequence follows from its seed. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    int: (below) => floor(next() * below),
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[floor(next() * items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
  };
}

/** Tokens `prefix1`, `prefix2`, …: unique within one prefix. */
export function createSequentialIds(prefix: string): Ids {
  let count = 0;
  return {
    token: () => {
      count += 1;
      return `${prefix}${count}`;
    },
  };
}
