/** One-minute candles of a market and their sums over longer intervals. */
import type { Candle } from '@perps/contracts/hyperliquid';
import type { SeededRandom } from '@perps/runtime/testing';
import { gaussian } from './price-process.ts';
import { formatPx, formatSz, priceFromUsd, sizeFromUsd } from './ticks.ts';
import type { Asset } from './universe.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Minutes kept; older ones are dropped. */
const MINUTES_MAX = 10_000;
/** The venue answers at most the latest 5000 rows. */
const ROWS_MAX = 5_000;
/** Minutes invented before the start, so that charts and the day's change are not empty. */
const HISTORY_MINUTES = 1_440;
/** Monday, 1970-01-05: weeks start on Mondays. */
const WEEK_OFFSET_MS = 4 * DAY_MS;

const INTERVALS_MS: Readonly<Record<string, number>> = {
  '1m': MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '2h': 120 * MINUTE_MS,
  '4h': 240 * MINUTE_MS,
  '8h': 480 * MINUTE_MS,
  '12h': 720 * MINUTE_MS,
  '1d': DAY_MS,
  '3d': 3 * DAY_MS,
  '1w': 7 * DAY_MS,
};

interface Minute {
  readonly start: number;
  readonly open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  volume: bigint;
  trades: number;
}

export interface CandleStore {
  record(trade: { readonly price: bigint; readonly size: bigint; readonly time: number }): void;
  /** Rows of `interval` whose start lies in [from, to], oldest first; undefined for an unknown interval. */
  rows(interval: string, from: number, to: number): readonly Candle[] | undefined;
  /** The forming row of `interval`; undefined before the first trade. */
  latest(interval: string): Candle | undefined;
}

export function createCandleStore(options: {
  readonly asset: Asset;
  readonly random: SeededRandom;
  readonly startAt: number;
  readonly startPrice: number;
  readonly hasHistory: boolean;
}): CandleStore {
  const { asset } = options;
  const live: Minute[] = [];
  let history: readonly Minute[] | undefined;

  const minutes = (): readonly Minute[] => {
    history ??= options.hasHistory ? inventHistory(options) : [];
    return [...history, ...live];
  };
  const rows = (interval: string, from: number, to: number): readonly Candle[] | undefined => {
    if (startOf(interval, 0) === undefined) return undefined;
    const starts = new Map<number, Minute[]>();
    for (const minute of minutes()) {
      const start = startOf(interval, minute.start) ?? minute.start;
      if (start < from || start > to) continue;
      const group = starts.get(start);
      if (group === undefined) starts.set(start, [minute]);
      else group.push(minute);
    }
    return [...starts].slice(-ROWS_MAX).map(([start, group]) => candleOf({ asset, interval, start, group }));
  };
  return {
    record: ({ price, size, time }) => {
      const start = time - (time % MINUTE_MS);
      const last = live.at(-1);
      if (last === undefined || last.start < start) {
        live.push({ start, open: price, high: price, low: price, close: price, volume: size, trades: 1 });
        if (live.length > MINUTES_MAX) live.shift();
        return;
      }
      if (price > last.high) last.high = price;
      if (price < last.low) last.low = price;
      last.close = price;
      last.volume += size;
      last.trades += 1;
    },
    rows,
    latest: (interval) => {
      const last = live.at(-1);
      const start = last === undefined ? undefined : startOf(interval, last.start);
      return start === undefined ? undefined : rows(interval, start, start)?.[0];
    },
  };
}

/** The start of the interval that holds `time`; undefined for an unknown interval. */
function startOf(interval: string, time: number): number | undefined {
  if (interval === '1M') {
    const date = new Date(time);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  const length = INTERVALS_MS[interval];
  if (length === undefined) return undefined;
  const offset = interval === '1w' ? WEEK_OFFSET_MS : 0;
  return time - ((time - offset) % length);
}

function endOf(interval: string, start: number): number {
  if (interval !== '1M') return start + (INTERVALS_MS[interval] ?? MINUTE_MS) - 1;
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - 1;
}

function candleOf(row: {
  readonly asset: Asset;
  readonly interval: string;
  readonly start: number;
  readonly group: readonly Minute[];
}): Candle {
  const { asset, interval, start, group } = row;
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a candle has minutes');
  let { high, low } = first;
  let volume = 0n;
  let trades = 0;
  for (const minute of group) {
    if (minute.high > high) high = minute.high;
    if (minute.low < low) low = minute.low;
    volume += minute.volume;
    trades += minute.trades;
  }
  return {
    t: start,
    T: endOf(interval, start),
    s: asset.name,
    i: interval,
    o: formatPx(asset, first.open),
    c: formatPx(asset, last.close),
    h: formatPx(asset, high),
    l: formatPx(asset, low),
    v: formatSz(asset, volume),
    n: trades,
  };
}

/** A day of minutes that ends at the start price. */
function inventHistory(options: {
  readonly asset: Asset;
  readonly random: SeededRandom;
  readonly startAt: number;
  readonly startPrice: number;
}): readonly Minute[] {
  const { asset, random } = options;
  const minutes: Minute[] = [];
  const spread = asset.hourlyVolatility / Math.sqrt(60);
  let close = options.startPrice;
  const firstStart = options.startAt - (options.startAt % MINUTE_MS);
  for (let back = 1; back <= HISTORY_MINUTES; back += 1) {
    const open = close * Math.exp(-spread * gaussian(random));
    const high = Math.max(open, close) * (1 + (spread / 2) * random.next());
    const low = Math.min(open, close) * (1 - (spread / 2) * random.next());
    const price = priceFromUsd(asset, close);
    minutes.push({
      start: firstStart - back * MINUTE_MS,
      open: priceFromUsd(asset, open),
      high: priceFromUsd(asset, high),
      low: priceFromUsd(asset, low),
      close: price,
      volume: sizeFromUsd(asset, asset.depthUsd * (0.5 + random.next()), price),
      trades: 20 + random.int(200),
    });
    close = open;
  }
  return minutes.reverse();
}

/** What a market traded the day before the start, for the contexts: base lots. */
export const inventedDayVolume = (asset: Asset, price: bigint): bigint =>
  sizeFromUsd(asset, asset.depthUsd * HISTORY_MINUTES, price);
