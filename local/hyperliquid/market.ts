/** One market: its book, its price and what the venue publishes about it. */
import type { AssetCtx, Trade } from '@perps/contracts/hyperliquid';
import { formatDecimal } from '@perps/domain/money';
import { createBook, type Book, type Level, type Side } from './book.ts';
import { inventedDayVolume, type CandleStore } from './candles.ts';
import type { PriceProcess } from './price-process.ts';
import { formatMid, formatMoney, formatPx, formatSz, nearestValid } from './ticks.ts';
import type { Asset } from './universe.ts';

/** Trades replayed to a new subscriber, and the answer to `recentTrades`. */
export const RECENT_TRADES = 30;

/** A market that stands still: oracle, mark and mid are `price`, the best quotes `spread` away from it. */
export interface Hold {
  readonly price: bigint;
  readonly spread: bigint;
}

export interface Market {
  readonly asset: Asset;
  readonly book: Book;
  readonly process: PriceProcess;
  readonly candles: CandleStore;
  /** The price the process stands at, in ticks: the best ask after a rise, the best bid after a fall. */
  price: bigint;
  isRising: boolean;
  /** Simulated liquidity was taken: it comes back with the next block. */
  isThinned: boolean;
  oracle: bigint;
  mark: bigint;
  lastTrade: bigint;
  hold: Hold | undefined;
  /** A mark that is only published: the venue's own sums go on with the real one. */
  falseMark: bigint | undefined;
  /** Hourly rate set from outside, in parts of 10¹⁰; undefined follows the premium. */
  fundingRate: bigint | undefined;
  /** Smoothed distance of mid from oracle (ticks). */
  basis: { numerator: number; denominator: number; at: number };
  /** Venue time of the last block. */
  time: number;
  /** Rises with every change of the book, so that frames are sent only on change. */
  version: number;
  readonly trades: Trade[];
  readonly prevDayPrice: bigint;
  dayVolume: bigint;
  /** 10⁻⁶ USD. */
  dayNotional: bigint;
}

export function createMarket(parts: {
  readonly asset: Asset;
  readonly process: PriceProcess;
  readonly candles: CandleStore;
  readonly price: bigint;
  readonly time: number;
}): Market {
  const { asset, price } = parts;
  const dayVolume = asset.isDelisted ? 0n : inventedDayVolume(asset, price);
  return {
    ...parts,
    book: createBook(),
    isRising: true,
    isThinned: true,
    oracle: price,
    mark: price,
    lastTrade: price,
    hold: undefined,
    falseMark: undefined,
    fundingRate: undefined,
    basis: { numerator: 0, denominator: 0, at: parts.time },
    version: 0,
    trades: [],
    prevDayPrice: asset.isDelisted ? price : nearestValid(asset, (price * 99n) / 100n),
    dayVolume,
    dayNotional: dayVolume * price,
  };
}

/** Notes a trade in everything that counts trades. */
export function recordTrade(market: Market, trade: { price: bigint; size: bigint; wire: Trade }): void {
  market.lastTrade = trade.price;
  market.dayVolume += trade.size;
  market.dayNotional += trade.size * trade.price;
  market.candles.record({ price: trade.price, size: trade.size, time: trade.wire.time });
  market.trades.push(trade.wire);
  if (market.trades.length > RECENT_TRADES) market.trades.shift();
}

const BASIS_WINDOW_MS = 150_000;

/**
 * Moves the mark: the median of the oracle with its smoothed basis, the middle of (bid, ask, last trade)
 * and the price on other venues, which here is the oracle itself.
 */
export function updateMark(market: Market, now: number): void {
  if (market.hold !== undefined) {
    market.mark = market.hold.price;
    market.basis = { numerator: 0, denominator: 0, at: now };
    return;
  }
  const bid = market.book.best('B')?.price ?? market.lastTrade;
  const ask = market.book.best('A')?.price ?? market.lastTrade;
  const mid = (Number(bid) + Number(ask)) / 2;
  const elapsed = Math.max(0, now - market.basis.at);
  const decay = Math.exp(-elapsed / BASIS_WINDOW_MS);
  const sample = mid - Number(market.oracle);
  market.basis = {
    numerator: market.basis.numerator * decay + sample * elapsed,
    denominator: market.basis.denominator * decay + elapsed,
    at: now,
  };
  const basis = market.basis.denominator === 0 ? 0 : market.basis.numerator / market.basis.denominator;
  const smoothed = Number(market.oracle) + basis;
  const local = median(Number(bid), Number(ask), Number(market.lastTrade));
  const mark = median(smoothed, local, Number(market.oracle));
  market.mark = nearestValid(market.asset, BigInt(Math.max(1, Math.round(mark))));
}

function median(...values: readonly [number, number, number]): number {
  return values.toSorted((left, right) => left - right)[1] ?? values[0];
}

/** Notional whose average execution gives the impact prices, USD. */
const IMPACT_USD_MAJOR = 20_000n;
const IMPACT_USD = 6_000n;
const MAJORS: ReadonlySet<string> = new Set(['BTC', 'ETH']);

/** The average price of trading the impact notional against `side`; undefined where the book is too thin. */
function impactPrice(market: Market, side: Side): bigint | undefined {
  const wanted = (MAJORS.has(market.asset.name) ? IMPACT_USD_MAJOR : IMPACT_USD) * 1_000_000n;
  let notional = 0n;
  let size = 0n;
  for (const level of market.book.levels(side, 20)) {
    const left = wanted - notional;
    const all = level.size * level.price;
    if (all >= left) {
      size += left / level.price;
      return size === 0n ? level.price : wanted / size;
    }
    notional += all;
    size += level.size;
  }
  return undefined;
}

const PREMIUM_CLAMP = 0.0005;
const INTEREST = 0.0001;
const HOURLY_CAP = 0.04;

/** The running estimate of the hourly rate from the momentary premium. */
export function fundingOf(premium: number): number {
  const eightHours = premium + Math.min(PREMIUM_CLAMP, Math.max(-PREMIUM_CLAMP, INTEREST - premium));
  return Math.min(HOURLY_CAP, Math.max(-HOURLY_CAP, eightHours / 8));
}

/** The mark as everyone is told. */
export const publishedMark = (market: Market): bigint => market.falseMark ?? market.mark;

/** The hourly rate in force, in parts of 10¹⁰: the one set from outside, or the estimate from the book. */
export function fundingRateOf(market: Market): bigint {
  if (market.fundingRate !== undefined) return market.fundingRate;
  return BigInt(Math.round(fundingOf(premiumOf(market) ?? 0) * 10 ** RATE_DECIMALS));
}

/** Undefined where the book is too thin for impact prices. */
export function premiumOf(market: Market): number | undefined {
  const bid = impactPrice(market, 'B');
  const ask = impactPrice(market, 'A');
  if (bid === undefined || ask === undefined) return undefined;
  const oracle = Number(market.oracle);
  return (Math.max(Number(bid) - oracle, 0) - Math.max(oracle - Number(ask), 0)) / oracle;
}

/** What contexts say of the market; nulls where it is delisted or has no book. `openInterest` in lots. */
export function contextOf(market: Market, openInterest: bigint): AssetCtx {
  const { asset } = market;
  const bid = impactPrice(market, 'B');
  const ask = impactPrice(market, 'A');
  const common = {
    openInterest: formatSz(asset, openInterest),
    prevDayPx: formatPx(asset, market.prevDayPrice),
    dayNtlVlm: formatMoney(market.dayNotional),
    oraclePx: formatPx(asset, market.oracle),
    markPx: formatPx(asset, publishedMark(market)),
    dayBaseVlm: formatSz(asset, market.dayVolume),
  };
  if (bid === undefined || ask === undefined) {
    return { ...common, funding: '0.0', premium: null, midPx: null, impactPxs: null };
  }
  return {
    funding: formatRate(fundingRateOf(market)),
    openInterest: common.openInterest,
    prevDayPx: common.prevDayPx,
    dayNtlVlm: common.dayNtlVlm,
    premium: rateText(premiumOf(market) ?? 0),
    oraclePx: common.oraclePx,
    markPx: common.markPx,
    midPx: midOf(market),
    impactPxs: [formatPx(asset, bid), formatPx(asset, ask)],
    dayBaseVlm: common.dayBaseVlm,
  };
}

/** Decimals of a printed rate. */
export const RATE_DECIMALS = 10;

export const formatRate = (rate: bigint): string => formatDecimal(rate, RATE_DECIMALS);

/** Ten decimals at most, as the venue prints rates. */
export function rateText(value: number): string {
  const text = value.toFixed(10).replace(/0+$/, '');
  return text.endsWith('.') ? `${text}0` : text.replace(/^-0\.0$/, '0.0');
}

/** The mid price, or null without both sides. */
export function midOf(market: Market): string | null {
  const bid = market.book.best('B');
  const ask = market.book.best('A');
  return bid === undefined || ask === undefined ? null : formatMid(market.asset, bid.price, ask.price);
}

export interface WireLevel {
  readonly px: string;
  readonly sz: string;
  readonly n: number;
}

export const wireLevel = (asset: Asset, level: Level): WireLevel => ({
  px: formatPx(asset, level.price),
  sz: formatSz(asset, level.size),
  n: level.count,
});
