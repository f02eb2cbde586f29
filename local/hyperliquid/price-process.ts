/** Where the market's price goes: a seeded random walk, a replay, and moves ordered from outside. */
import type { SeededRandom } from '@perps/runtime/testing';

/** A price (USD) the market passes through; `isPrinted` asks for a trade at exactly this price. */
export interface PricePoint {
  readonly usd: number;
  readonly isPrinted: boolean;
}

/** A source of prices in one market. */
export interface PriceSource {
  /** The prices passed since the last call, oldest first; empty where nothing moved; undefined where the source has ended. */
  advance(now: number): readonly PricePoint[] | undefined;
  /** The path is a recorded one: nothing of the crowd may trade beside it. */
  isRecorded(): boolean;
}

export interface PriceProcess extends PriceSource {
  advance(now: number): readonly PricePoint[];
  /** Moves the price to `usd`, in a straight line over `overMs` (0: with the next block). */
  moveTo(move: { readonly usd: number; readonly overMs: number; readonly now: number }): void;
  /** Stands still at exactly `usd` until released; the source goes on unseen. */
  hold(usd: number): void;
  /** Follows the source again, from the price it was held at. */
  release(): void;
  current(): number;
}

const HOUR_MS = 3_600_000;
/** A pause of the process must not become one giant step. */
const STEP_MS_MAX = 2_000;
/** How often a step of the walk also prints a trade at the new price. */
const PRINT_PROBABILITY = 0.35;
/** Pull towards the start per hour: a system that runs for days stays near its start. */
const REVERSION_PER_HOUR = 0.02;

/** Geometric random walk around `startPrice`; `hourlyVolatility` is the spread of hourly log returns, 0 stands still. */
export function createRandomWalk(options: {
  readonly startPrice: number;
  readonly hourlyVolatility: number;
  readonly random: SeededRandom;
  readonly startAt: number;
}): PriceSource {
  const { random, hourlyVolatility, startPrice } = options;
  let logReturn = 0;
  let last = options.startAt;
  return {
    advance: (now) => {
      const elapsed = Math.min(now - last, STEP_MS_MAX);
      if (elapsed <= 0 || hourlyVolatility === 0) return [];
      last = now;
      const hours = elapsed / HOUR_MS;
      logReturn += hourlyVolatility * Math.sqrt(hours) * gaussian(random) - REVERSION_PER_HOUR * hours * logReturn;
      return [{ usd: startPrice * Math.exp(logReturn), isPrinted: random.chance(PRINT_PROBABILITY) }];
    },
    isRecorded: () => false,
  };
}

interface Move {
  readonly from: number;
  readonly to: number;
  readonly startedAt: number;
  readonly overMs: number;
}

/**
 * A source with moves laid over it: during a move the price runs straight to the target,
 * afterwards it follows the source again, scaled so that it starts at the target.
 */
export function createPriceProcess(options: {
  readonly source: PriceSource;
  readonly startPrice: number;
  /** Takes over where the source ends. */
  readonly next: (startPrice: number, startAt: number) => PriceSource;
}): PriceProcess {
  let source = options.source;
  let base = options.startPrice;
  let factor = 1;
  let current = options.startPrice;
  let move: Move | undefined;
  let isHeld = false;

  const advanceSource = (now: number): readonly PricePoint[] => {
    const points = source.advance(now);
    if (points !== undefined) return points;
    source = options.next(base, now);
    return [];
  };
  const advanceMove = (active: Move, now: number): readonly PricePoint[] => {
    const share = active.overMs === 0 ? 1 : Math.min(1, (now - active.startedAt) / active.overMs);
    current = share === 1 ? active.to : active.from + (active.to - active.from) * share;
    if (share === 1) {
      factor = active.to / base;
      move = undefined;
    }
    return [{ usd: current, isPrinted: true }];
  };

  return {
    advance: (now) => {
      const points = advanceSource(now);
      const last = points.at(-1);
      if (last !== undefined) base = last.usd;
      if (isHeld) return [];
      if (move !== undefined) return advanceMove(move, now);
      if (last === undefined) return [];
      current = base * factor;
      return factor === 1 ? points : points.map((point) => ({ ...point, usd: point.usd * factor }));
    },
    isRecorded: () => source.isRecorded(),
    hold: (usd) => {
      isHeld = true;
      move = undefined;
      current = usd;
    },
    release: () => {
      if (isHeld) factor = current / base;
      isHeld = false;
    },
    moveTo: ({ usd, overMs, now }) => {
      move = { from: current, to: usd, startedAt: now, overMs };
    },
    current: () => current,
  };
}

/** A standard normal number (Box–Muller). */
export function gaussian(random: SeededRandom): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}
