import { createSeededRandom, createVirtualClock } from '@perps/runtime/testing';
import type { SeededRandom, VirtualClock } from '@perps/runtime/testing';

/** Everything that can go wrong, and how often per chance, while faults are on. Far above real rates, on purpose. */
export const FAULT_RATES = {
  /** The put's answer never arrives. */
  lostReply: 0.05,
  /** The put lands up to 3 s late, long after the caller gave up on it. */
  delayedPut: 0.08,
  /** The put lands once more, up to 3 s later. */
  duplicatedPut: 0.03,
  /** The store refuses the put for now. */
  throttle: 0.02,
  /** A read fails in the middle. */
  failedRead: 0.02,
  /** A call to the lease table takes up to 2 s. */
  slowLease: 0.1,
  /** The lease table's answer never arrives. */
  lostLease: 0.03,
  /** A client's request arrives a second time, up to 2 s later. */
  duplicatedRequest: 0.05,
  /** A client's request or its answer gets lost. */
  lostRequest: 0.03,
} as const;

export type FaultClass = keyof typeof FAULT_RATES | 'crash' | 'pause' | 'fenced' | 'splitBrain';

export const FAULT_CLASSES: readonly FaultClass[] = [
  'lostReply',
  'delayedPut',
  'duplicatedPut',
  'throttle',
  'failedRead',
  'slowLease',
  'lostLease',
  'duplicatedRequest',
  'lostRequest',
  'crash',
  'pause',
  'fenced',
  'splitBrain',
];

/** One life of a process: what has died is never heard of again, what is paused hears everything late. */
export interface Life {
  alive: boolean;
  pausedUntil: number;
}

export interface World {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly faults: { active: boolean };
  readonly injected: Map<FaultClass, number>;
  /** Points at which a life has crossed an await, counted over the run. */
  readonly points: { passed: number; calls: number };
  count(fault: FaultClass): void;
  /** Draws whether this fault strikes now. */
  strikes(fault: keyof typeof FAULT_RATES): boolean;
  /** One way through the network, ms: around 2, at times 20. */
  latency(): number;
  /** Hands something to a process when it can hear it; never to a dead one. */
  deliver(life: Life, hear: () => void): void;
  /** True where this call of a port is the one that throws, out of the blue. */
  breaks(): boolean;
  /** A process lets go of something (a call, an answer): false where it dies on that very point. */
  leave(life: Life): boolean;
}

export interface WorldOptions {
  readonly seed: number;
  /** Off: latencies only. */
  readonly faults: boolean;
  /** Called at every await a live process crosses, counted from 1; true = it dies there. */
  readonly diesAt?: (point: number) => boolean;
  readonly onDeath?: (life: Life) => void;
  /** Calls of ports, counted from 1, that throw. */
  readonly breaksAt?: (call: number) => boolean;
}

/** Time, chance and the network of one seed. */
export function createWorld(options: WorldOptions): World {
  const { seed, faults: active, diesAt = () => false, breaksAt = () => false, onDeath } = options;
  const clock = createVirtualClock();
  const random = createSeededRandom(seed);
  const faults = { active };
  const injected = new Map<FaultClass, number>();
  const points = { passed: 0, calls: 0 };
  const count = (fault: FaultClass): void => {
    injected.set(fault, (injected.get(fault) ?? 0) + 1);
  };
  const leave = (life: Life): boolean => {
    if (!life.alive) return false;
    points.passed += 1;
    if (!diesAt(points.passed)) return true;
    life.alive = false;
    count('crash');
    onDeath?.(life);
    return false;
  };
  const deliver = (life: Life, hear: () => void): void => {
    if (!life.alive) return;
    if (clock.monotonic() < life.pausedUntil) {
      clock.schedule(life.pausedUntil - clock.monotonic(), () => deliver(life, hear));
    } else if (leave(life)) hear();
  };
  return {
    clock,
    random,
    faults,
    injected,
    points,
    count,
    leave,
    deliver,
    breaks: () => {
      points.calls += 1;
      return breaksAt(points.calls);
    },
    strikes: (fault) => {
      if (!faults.active || !random.chance(FAULT_RATES[fault])) return false;
      count(fault);
      return true;
    },
    latency: () => (random.chance(0.05) ? 5 + random.next() * 15 : 0.5 + random.next() * 3),
  };
}
