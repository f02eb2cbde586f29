/** Market pictures in Hyperliquid's shapes. */
import type { BboFrame, BookFrame } from '@perps/contracts/feed';
import type { L2Book, L2Level } from '@perps/contracts/hyperliquid';
import type { BookLevel, Instrument } from '@perps/domain/market';
import { formatPrice, formatSize, price, PRICE_AND_SIZE_DECIMALS, type Price, size } from '@perps/domain/money';

/** Levels a side in a book, as at the venue. */
const LEVELS_MAX = 20;

export interface Aggregation {
  readonly nSigFigs: number | null;
  readonly mantissa: number | null;
}

/** A book at full depth, or with prices grouped to `nSigFigs` significant figures (bids down, asks up). */
export function toL2Book(frame: BookFrame, instrument: Instrument, aggregation: Aggregation): L2Book {
  const { szDecimals } = instrument;
  const side = (levels: readonly BookLevel[], isBid: boolean): L2Level[] =>
    grouped(levels, { aggregation, isBid, szDecimals })
      .slice(0, LEVELS_MAX)
      .map((level) => ({
        px: formatPrice(level.price, szDecimals),
        sz: formatSize(level.size, szDecimals),
        n: level.count,
      }));
  return { coin: frame.symbol, time: frame.venueTime, levels: [side(frame.bids, true), side(frame.asks, false)] };
}

interface CountedLevel extends BookLevel {
  readonly count: number;
}

function grouped(
  levels: readonly BookLevel[],
  how: { readonly aggregation: Aggregation; readonly isBid: boolean; readonly szDecimals: number },
): CountedLevel[] {
  const { nSigFigs, mantissa } = how.aggregation;
  const best = levels[0];
  if (nSigFigs === null || best === undefined) return levels.map((level) => ({ ...level, count: 1 }));
  const step = stepOf(best.price, nSigFigs) * BigInt(mantissa ?? 1);
  const groups: CountedLevel[] = [];
  for (const level of levels) {
    const at = price(((level.price + (how.isBid ? 0n : step - 1n)) / step) * step);
    const last = groups.at(-1);
    if (last?.price !== at) groups.push({ price: at, size: level.size, count: 1 });
    else groups[groups.length - 1] = { price: at, size: size(last.size + level.size), count: last.count + 1 };
  }
  return groups;
}

/** The distance of two prices of so many significant figures, in ticks. */
function stepOf(best: Price, nSigFigs: number): bigint {
  const surplus = best.toString().length - nSigFigs;
  return surplus > 0 ? 10n ** BigInt(surplus) : 1n;
}

/** A side of a `bbo` frame. */
const toLevel = (level: BookLevel | undefined, szDecimals: number): L2Level | null =>
  level === undefined
    ? null
    : { px: formatPrice(level.price, szDecimals), sz: formatSize(level.size, szDecimals), n: 1 };

/** The data of a `bbo` frame. */
export function toBbo({ symbol, bbo, venueTime }: BboFrame, { szDecimals }: Instrument): unknown {
  return { coin: symbol, time: venueTime, bbo: [toLevel(bbo.bid, szDecimals), toLevel(bbo.ask, szDecimals)] };
}

/** Price decimals of an instrument. */
export const priceDecimals = ({ szDecimals }: Instrument): number => PRICE_AND_SIZE_DECIMALS - szDecimals;
