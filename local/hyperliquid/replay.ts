/** Replays recorded candles: ticks inside each candle start at its open, touch its high and low, and end at its close. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SeededRandom } from '@perps/runtime/testing';
import type { PricePoint, PriceSource } from './price-process.ts';

export interface RecordedCandle {
  /** ms since the epoch. */
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export class ReplayFormatError extends Error {
  readonly code = 'ReplayFormat';
}

const HEADER = ['openTime', 'open', 'high', 'low', 'close'];
const MINUTE_MS = 60_000;
/** Path points per candle besides open, extremes and close. */
const TICKS_PER_CANDLE = 60;
/** Noise between the way points, as a share of the candle's range. */
const NOISE = 0.06;

/** Reads `openTime,open,high,low,close[,volume]` rows; throws `ReplayFormatError` naming the line. */
export function parseCandles(text: string): readonly RecordedCandle[] {
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const columns = header.split(',').map((name) => name.trim());
  if (HEADER.some((name, index) => columns[index] !== name)) {
    throw new ReplayFormatError(`line 1: expected the columns ${HEADER.join(',')}`);
  }
  if (lines.length === 0) throw new ReplayFormatError('no candles');
  const candles = lines.map((line, index) => parseCandle(line, index + 2));
  for (const [index, candle] of candles.entries()) {
    const previous = candles[index - 1];
    if (previous !== undefined && candle.openTime <= previous.openTime) {
      throw new ReplayFormatError(`line ${index + 2}: times must rise`);
    }
  }
  return candles;
}

/** `BTC` from `BTCUSDT_binance-spot_1m_….csv`; undefined where the name says no coin. */
export function coinOfFile(file: string): string | undefined {
  return /^([A-Za-z0-9]+?)(?:USDT|USDC|USD)_/.exec(path.basename(file))?.[1];
}

/** `file.csv` or `COIN=file.csv`: the coin and its candles; throws `ReplayFormatError`. */
export function loadReplay(argument: string): { readonly coin: string; readonly candles: readonly RecordedCandle[] } {
  const [left = '', right] = argument.split('=', 2);
  const file = right ?? left;
  const coin = right === undefined ? coinOfFile(file) : left;
  if (coin === undefined) throw new ReplayFormatError(`${file}: the name says no coin, use COIN=${file}`);
  return { coin, candles: parseCandles(readFileSync(file, 'utf8')) };
}

/**
 * Candles as a source of prices, `speed` times as fast as recorded. At speed 1 candle borders fall on whole minutes
 * of the clock, so that the candles a client builds are the recorded ones.
 */
export function createReplay(options: {
  readonly candles: readonly RecordedCandle[];
  readonly speed: number;
  readonly startAt: number;
  readonly random: SeededRandom;
}): PriceSource {
  const { candles, speed, random } = options;
  const interval = intervalOf(candles);
  const first = candles[0];
  if (first === undefined) throw new ReplayFormatError('no candles');
  const lead = speed === 1 ? options.startAt % interval : 0;
  const recordedAt = (now: number): number => first.openTime + (now - options.startAt) * speed + lead;
  let index = 0;
  let path = candlePath(first, random);
  let next = 0;

  return {
    advance: (now) => {
      const until = recordedAt(now);
      const passed: PricePoint[] = [];
      for (let candle = candles[index]; candle !== undefined && candle.openTime <= until; candle = candles[index]) {
        const share = (until - candle.openTime) / interval;
        for (let step = path[next]; step !== undefined && step.share <= share; step = path[next]) {
          passed.push(step);
          next += 1;
        }
        if (next < path.length) break;
        index += 1;
        next = 0;
        const following = candles[index];
        if (following !== undefined) path = candlePath(following, random);
      }
      return passed.length === 0 && index >= candles.length ? undefined : thinned(passed);
    },
    isRecorded: () => true,
  };
}

interface PathStep extends PricePoint {
  /** Share of the candle's time, 0 … 1. */
  readonly share: number;
}

/** The way through one candle; only open, extremes and close are printed for sure. */
export function candlePath(candle: RecordedCandle, random: SeededRandom): readonly PathStep[] {
  const isRising = candle.close >= candle.open;
  const [early, late] = isRising ? [candle.low, candle.high] : [candle.high, candle.low];
  // The last point stands just inside the candle: a trade at the border would belong to the next one.
  const wayPoints = [
    { share: 0, usd: candle.open },
    { share: 0.12 + 0.3 * random.next(), usd: early },
    { share: 0.55 + 0.3 * random.next(), usd: late },
    { share: 0.985, usd: candle.close },
  ];
  const steps: PathStep[] = wayPoints.map((point) => ({ ...point, isPrinted: true }));
  for (let tick = 1; tick < TICKS_PER_CANDLE; tick += 1) {
    const share = (tick / TICKS_PER_CANDLE) * 0.98;
    const noise = (random.next() - 0.5) * 2 * NOISE * (candle.high - candle.low);
    const usd = Math.min(candle.high, Math.max(candle.low, between(wayPoints, share) + noise));
    steps.push({ share, usd, isPrinted: random.chance(0.5) });
  }
  return steps.sort((left, right) => left.share - right.share);
}

function between(points: readonly { readonly share: number; readonly usd: number }[], share: number): number {
  const after = points.findIndex((point) => point.share > share);
  const to = points[after];
  const from = points[after - 1];
  if (to === undefined || from === undefined) return points.at(-1)?.usd ?? 0;
  return from.usd + ((to.usd - from.usd) * (share - from.share)) / (to.share - from.share);
}

/** At high speed a block passes many points: printed ones stay, of the others only the newest. */
function thinned(points: readonly PricePoint[]): readonly PricePoint[] {
  if (points.length <= 4) return points;
  return points.filter((point, index) => point.isPrinted || index === points.length - 1);
}

function intervalOf(candles: readonly RecordedCandle[]): number {
  const [first, second] = candles;
  return first === undefined || second === undefined ? MINUTE_MS : second.openTime - first.openTime;
}

function parseCandle(line: string, lineNumber: number): RecordedCandle {
  const [openTime = NaN, open = NaN, high = NaN, low = NaN, close = NaN] = line.split(',').map(Number);
  const prices = [open, high, low, close];
  const isOrdered = low <= Math.min(open, close) && high >= Math.max(open, close);
  if (!Number.isSafeInteger(openTime) || prices.some((price) => !(price > 0)) || !isOrdered) {
    throw new ReplayFormatError(`line ${lineNumber}: not a candle: ${line.slice(0, 80)}`);
  }
  return { openTime, open, high, low, close };
}
