/** Recorded candles as a market: ticks inside each candle, judged by the price sanity rule, with a book around the mark. */
import { initialPriceState, type Instrument, jumpBoundBps, judgePrice, type MarketView } from '@perps/domain/market';
import { parseFeedPrice, price, type Price, rate, size } from '@perps/domain/money';
import type { SeededRandom } from '@perps/runtime/testing';
import { candlePath, type RecordedCandle } from '../../local/hyperliquid/replay.ts';

export interface CrashMarket {
  readonly symbol: string;
  readonly candles: readonly RecordedCandle[];
}

/** One print of a market. */
export interface Tick {
  readonly symbol: string;
  readonly at: number;
  readonly mark: Price;
  /** Where it differs from the mark: a bad print leaves the oracle where it was. */
  readonly oracle: Price;
}

export interface ReplayMarkets {
  readonly views: Record<string, MarketView>;
  readonly instruments: ReadonlyMap<string, Instrument>;
  /** Judges the tick; true where its mark was accepted. */
  take(tick: Tick): boolean;
}

const MINUTE_MS = 60_000;
/** Half the spread around the mark, basis points. */
const HALF_SPREAD_BPS = 2n;
const DEPTH_LOTS = size(10_000_000_000n);

/** Decimals and leverage as the venue has them for coins of such a price. */
export function instrumentOf(symbol: string, usd: number, assetId: number): Instrument {
  const szDecimals = usd > 10_000 ? 5 : usd > 1_000 ? 4 : usd > 50 ? 2 : usd > 1 ? 1 : 0;
  const maxLeverage = symbol === 'BTC' ? 40 : symbol === 'ETH' ? 25 : symbol === 'SOL' ? 20 : 10;
  const rules = { marginTableId: maxLeverage, marginTiers: [], isDelisted: false, onlyIsolated: false };
  return { symbol, assetId, szDecimals, maxLeverage, ...rules };
}

/** Every tick of the markets in the order of time. */
export function ticksOf(
  markets: readonly CrashMarket[],
  instruments: ReadonlyMap<string, Instrument>,
  random: SeededRandom,
): readonly Tick[] {
  const ticks: Tick[] = [];
  for (const { symbol, candles } of markets) {
    const instrument = instruments.get(symbol);
    if (instrument === undefined) continue;
    const candleMs = (candles[1]?.openTime ?? MINUTE_MS) - (candles[0]?.openTime ?? 0);
    for (const candle of candles) {
      for (const { share, usd } of candlePath(candle, random)) {
        const mark = markOf(usd, instrument);
        ticks.push({ symbol, at: candle.openTime + Math.floor(share * candleMs), mark, oracle: mark });
      }
    }
  }
  return ticks.sort((left, right) => left.at - right.at || (left.symbol < right.symbol ? -1 : 1));
}

/** A recorded price in the instrument's ticks, at least one. */
function markOf(usd: number, { szDecimals }: Instrument): Price {
  const mark = parseFeedPrice(usd.toFixed(6), szDecimals);
  return mark === undefined || mark <= 0n ? price(1n) : mark;
}

export function createReplayMarkets(instruments: ReadonlyMap<string, Instrument>): ReplayMarkets {
  const views: Record<string, MarketView> = {};
  const states = new Map([...instruments.keys()].map((symbol) => [symbol, initialPriceState]));
  return {
    views,
    instruments,
    take({ symbol, at, mark, oracle }) {
      const instrument = instruments.get(symbol);
      const state = states.get(symbol);
      if (instrument === undefined || state === undefined) return false;
      const step = judgePrice(state, { markPrice: mark, oraclePrice: oracle, at }, jumpBoundBps(symbol));
      states.set(symbol, step.state);
      const { accepted, held } = step.state;
      if (accepted !== undefined) {
        views[symbol] = viewOf(instrument, accepted, { isPriceHeld: held !== undefined, at });
      }
      return step.verdict === 'accepted';
    },
  };
}

function viewOf(
  instrument: Instrument,
  accepted: { readonly markPrice: Price; readonly oraclePrice: Price; readonly markAt: number },
  now: { readonly isPriceHeld: boolean; readonly at: number },
): MarketView {
  const { markPrice, oraclePrice, markAt } = accepted;
  const half = (markPrice * HALF_SPREAD_BPS) / 10_000n;
  const bid = { price: price(markPrice - half > 0n ? markPrice - half : markPrice), size: DEPTH_LOTS };
  const ask = { price: price(markPrice + half), size: DEPTH_LOTS };
  return {
    instrument,
    markPrice,
    oraclePrice,
    markAgeMs: now.at - markAt,
    fundingRate: rate(12_500_000n),
    bbo: { bid, ask },
    bids: [bid],
    asks: [ask],
    quoteAgeMs: 20,
    latencyMs: 30,
    isPriceHeld: now.isPriceHeld,
  };
}
