/** Answers about markets. */
import {
  isSupportedAggregation,
  type AllMids,
  type AssetCtx,
  type FundingHistoryRow,
  type InfoRequestOf,
  type L2Book,
  type PredictedFundings,
} from '@perps/contracts/hyperliquid';
import type { Level } from '../book.ts';
import { absolute } from '../accounts.ts';
import { HOUR_MS, stampDelay } from '../funding.ts';
import { contextOf, midOf, wireLevel, type Market } from '../market.ts';
import { formatPx } from '../ticks.ts';
import { marketOfCoin, type Venue } from '../venue.ts';

const LEVELS_MAX = 20;
/** Hours of funding history that can be asked for. */
const FUNDING_ROWS_MAX = 500;
const INTEREST_FLOOR = '0.0000125';

/** Open interest beyond the simulated accounts: the crowd's. */
const crowdInterest = (market: Market): bigint => (market.asset.isDelisted ? 0n : market.dayVolume / 4n);

export function contexts(venue: Venue): readonly AssetCtx[] {
  const held = new Map<number, bigint>();
  for (const account of venue.accounts.values()) {
    for (const [assetId, position] of account.positions) {
      held.set(assetId, (held.get(assetId) ?? 0n) + absolute(position.size));
    }
  }
  return venue.markets.map((market) => contextOf(market, crowdInterest(market) + (held.get(market.asset.id) ?? 0n)));
}

/** Mids of live markets, and the spot pair under its index. */
export function allMids(venue: Venue): AllMids {
  const mids: Record<string, string> = {};
  for (const market of venue.markets) {
    const mid = midOf(market) ?? (market.asset.isDelisted ? undefined : formatPx(market.asset, market.lastTrade));
    if (mid !== undefined) mids[market.asset.name] = mid;
  }
  mids['PURR/USDC'] = '0.18';
  return mids;
}

/** The book as published: at most twenty levels, coarsened to `nSigFigs` figures on demand. */
export function l2Book(
  market: Market,
  aggregation: { readonly nSigFigs?: number | null | undefined; readonly mantissa?: number | null | undefined } = {},
): L2Book {
  const levels = (side: 'B' | 'A'): readonly Level[] => {
    const figures = aggregation.nSigFigs ?? null;
    const raw = market.book.levels(side, figures === null ? LEVELS_MAX : Number.MAX_SAFE_INTEGER);
    if (figures === null) return raw;
    return coarsened({ levels: raw, side, figures, mantissa: BigInt(aggregation.mantissa ?? 1) }).slice(0, LEVELS_MAX);
  };
  const wire = (side: 'B' | 'A'): L2Book['levels'][0] => levels(side).map((level) => wireLevel(market.asset, level));
  return { coin: market.asset.name, time: market.time, levels: [wire('B'), wire('A')] };
}

/** Bids round down, asks up, so that a coarse book never looks better than it is. */
function coarsened(book: {
  readonly levels: readonly Level[];
  readonly side: 'B' | 'A';
  readonly figures: number;
  readonly mantissa: bigint;
}): readonly Level[] {
  const merged: { price: bigint; size: bigint; count: number }[] = [];
  for (const level of book.levels) {
    const digits = level.price.toString().length;
    const step = digits <= book.figures ? 1n : 10n ** BigInt(digits - book.figures) * book.mantissa;
    const down = (level.price / step) * step;
    const price = book.side === 'A' && down < level.price ? down + step : down;
    const last = merged.at(-1);
    if (last?.price === price) {
      last.size += level.size;
      last.count += level.count;
    } else merged.push({ price, size: level.size, count: level.count });
  }
  return merged;
}

/** `null` for an unknown coin; undefined where the aggregation is one the venue fails on. */
export function answerL2Book(venue: Venue, request: InfoRequestOf<'l2Book'>): L2Book | null | undefined {
  if (!isSupportedAggregation(request)) return undefined;
  const market = marketOfCoin(venue, request.coin);
  return market === undefined ? null : l2Book(market, request);
}

/** Hours before the simulation began paid the interest floor; stamps fall a little after the hour, as recorded. */
export function fundingHistory(venue: Venue, request: InfoRequestOf<'fundingHistory'>): readonly FundingHistoryRow[] {
  const market = marketOfCoin(venue, request.coin);
  if (market === undefined || market.asset.isDelisted) return [];
  const end = Math.min(request.endTime ?? venue.clock.now(), venue.clock.now());
  const rows: FundingHistoryRow[] = [];
  const settled = venue.fundingHours.get(market.asset.id) ?? [];
  const firstSettled = settled[0]?.time ?? Number.MAX_SAFE_INTEGER;
  for (let hour = Math.ceil(request.startTime / HOUR_MS); rows.length < FUNDING_ROWS_MAX; hour += 1) {
    const time = hour * HOUR_MS + stampDelay(market.asset, hour);
    if (time > end || hour > venue.firstHour || time >= firstSettled) break;
    if (time < request.startTime) continue;
    rows.push({ coin: request.coin, fundingRate: INTEREST_FLOOR, premium: '-0.0001', time });
  }
  const inside = settled.filter(({ time }) => time >= request.startTime && time <= end);
  return [...rows, ...inside].slice(0, FUNDING_ROWS_MAX);
}

export function predictedFundings(venue: Venue): PredictedFundings {
  const nextHour = (Math.floor(venue.clock.now() / HOUR_MS) + 1) * HOUR_MS;
  const rates = contexts(venue);
  return venue.markets.flatMap((market, index): PredictedFundings[number][] => {
    if (market.asset.isDelisted) return [];
    const fundingRate = rates[index]?.funding ?? INTEREST_FLOOR;
    return [
      [
        market.asset.name,
        [
          ['BinPerp', { fundingRate: '0.0001', nextFundingTime: nextHour, fundingIntervalHours: 8 }],
          ['HlPerp', { fundingRate, nextFundingTime: nextHour, fundingIntervalHours: 1 }],
          ['BybitPerp', { fundingRate: '0.0001', nextFundingTime: nextHour, fundingIntervalHours: 8 }],
        ],
      ],
    ];
  });
}
