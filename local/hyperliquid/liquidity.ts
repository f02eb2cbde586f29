/** The simulated crowd: makers who quote around the price, takers who trade with whatever rests. */
import type { SeededRandom } from '@perps/runtime/testing';
import type { Side, Taker } from './book.ts';
import type { Market } from './market.ts';
import type { PricePoint } from './price-process.ts';
import { priceFromUsd, priceToUsd, sizeFromUsd, stepAt, tickDown, tickUp } from './ticks.ts';
import type { Asset } from './universe.ts';

/** Addresses of the crowd; they have no account and are never asked for margin. */
export const MAKER_ADDRESS = '0x7a11f0c1d5e2b4a6983c0e1f2d3b4a5968778695';
export const TAKER_ADDRESSES = [
  '0x1c0ffee254729296a45a3885639ac7e10f9d5497',
  '0x2b5ad5c4795c026514f8317c7a215e218dccd6cf',
  '0x3d0768da09ce77d25e2d998e6a7b6ed4b9116c2d',
] as const;

const LEVELS = 26;
const TIGHT_LEVELS = 3;
/** Gap between levels, as a share of the price: 26 levels reach about 1 % from the best. */
const LEVEL_GAP = 0.00035;
/** Deeper levels are thicker. */
const DEPTH_GROWTH = 0.175;
const FLOW_PROBABILITY = 0.12;
/** Levels of a held market are so thick that an order of any size fills at the best price. */
const HELD_DEPTH = 1_000;
/** A taker's typical order, USD. */
const FLOW_USD = 1_500;
const PRINT_USD = 400;

/** How the crowd's takers reach the venue's matching. */
export type TakeForCrowd = (market: Market, taker: Taker) => bigint;

export interface Crowd {
  /** Quotes around the price at which the market is held, or afresh where it was let go. */
  hold(market: Market): void;
  /** Leads the market through a price: quotes move there, and a print is traded where one is asked for. */
  follow(market: Market, point: PricePoint): void;
  /** Refills taken liquidity and sends now and then a taker; a held market has none. */
  idle(market: Market): void;
}

export function createCrowd(random: SeededRandom, take: TakeForCrowd): Crowd {
  let oid = 0;

  const quote = (market: Market): void => {
    market.book.removeAll(MAKER_ADDRESS);
    const { bid, ask } = bestQuotes(market);
    if (bid >= ask) return;
    ladder({ side: 'A', from: ask }, market);
    ladder({ side: 'B', from: bid }, market);
    market.isThinned = false;
    market.version += 1;
  };

  const ladder = (start: { readonly side: Side; readonly from: bigint }, market: Market): void => {
    const { asset, book } = market;
    const sizeOfUsd = 10 ** asset.szDecimals / priceToUsd(asset, start.from);
    for (const [level, price] of ladderPrices(asset, start).entries()) {
      const depth = market.hold === undefined ? 0.25 + level * DEPTH_GROWTH : HELD_DEPTH;
      const usd = asset.depthUsd * depth * (0.6 + 0.8 * random.next());
      const wanted = BigInt(Math.max(1, Math.round(usd * sizeOfUsd)));
      const isCrossing = book.wouldCross(start.side, price);
      const taker = { owner: MAKER_ADDRESS, side: start.side, limit: price, size: wanted };
      const size = isCrossing ? take(market, taker) : wanted;
      oid -= 1;
      if (size > 0n) book.rest({ oid, owner: MAKER_ADDRESS, side: start.side, price, size });
    }
  };

  const trade = (market: Market, side: Side, usd: number): void => {
    const best = market.book.best(side === 'B' ? 'A' : 'B');
    if (best === undefined) return;
    const wanted = sizeFromUsd(market.asset, usd * (0.2 - Math.log(1 - random.next())), best.price);
    // Never beyond the best level: prints of the crowd must not leave the price path.
    const size = wanted < best.size ? wanted : best.size;
    take(market, { owner: random.pick(TAKER_ADDRESSES), side, limit: best.price, size });
  };

  return {
    hold: (market) => {
      market.price = market.hold?.price ?? market.price;
      quote(market);
    },
    follow: (market, point) => {
      const price = priceFromUsd(market.asset, point.usd);
      const hasMoved = price !== market.price;
      if (hasMoved) market.isRising = price > market.price;
      market.price = price;
      if (hasMoved || market.isThinned) quote(market);
      if (point.isPrinted) trade(market, market.isRising ? 'B' : 'A', PRINT_USD);
    },
    idle: (market) => {
      if (market.isThinned) quote(market);
      if (market.hold !== undefined) return;
      if (!random.chance(FLOW_PROBABILITY)) return;
      // In a replay only the side at the recorded price trades: candles must end where the recorded ones end.
      const isBuying = market.process.isRecorded() ? market.isRising : random.chance(0.5);
      trade(market, isBuying ? 'B' : 'A', FLOW_USD);
    },
  };
}

/** The price is the best ask after a rise and the best bid after a fall; a held one is the exact middle. */
function bestQuotes(market: Market): { readonly bid: bigint; readonly ask: bigint } {
  const { asset, price, hold } = market;
  if (hold !== undefined) return { bid: hold.price - hold.spread, ask: hold.price + hold.spread };
  return {
    ask: market.isRising ? price : tickUp(asset, price),
    bid: market.isRising ? tickDown(asset, price) : price,
  };
}

/** Valid prices of a ladder: the first three stand tick by tick, the rest spread out. */
function ladderPrices(asset: Asset, start: { readonly side: Side; readonly from: bigint }): readonly bigint[] {
  const { side, from } = start;
  const step = stepAt(asset, from);
  const gap = (BigInt(Math.round(Number(from) * LEVEL_GAP)) / step) * step;
  const spacing = gap > step ? gap : step;
  const prices: bigint[] = [];
  for (let level = 0; level < LEVELS; level += 1) {
    const distance = level < TIGHT_LEVELS ? BigInt(level) * step : BigInt(level - 2) * spacing + 2n * step;
    const price = roundedAway(asset, { side, price: side === 'A' ? from + distance : from - distance });
    if (price <= 0n) break;
    prices.push(price);
  }
  return prices;
}

/** Asks round up and bids down where the step at their price is wider than at the best. */
function roundedAway(asset: Asset, raw: { readonly side: Side; readonly price: bigint }): bigint {
  const { side, price } = raw;
  if (price <= 0n) return 0n;
  const step = stepAt(asset, price);
  const down = (price / step) * step;
  return side === 'A' && down < price ? down + step : down;
}
