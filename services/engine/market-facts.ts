import type { Markets, VenueContext } from '@perps/domain/account';
import type { MarketView } from '@perps/domain/market';
import type { ShardFacts } from '@perps/domain/shard';
import type { MarketBoard } from '@perps/runtime/markets';
import type { Clock } from '@perps/runtime/ports';

export interface MarketFactsOptions {
  readonly board: MarketBoard;
  readonly clock: Clock;
  readonly venue: () => VenueContext;
}

/**
 * The facts of a decision's moment. Markets are looked up when the decision asks for them: an order touches two or
 * three of two hundred.
 */
export function createMarketFacts({ board, clock, venue }: MarketFactsOptions): () => ShardFacts {
  // The universe may have arrived before the facts were asked for.
  let lookups = lookupsFor(board);
  board.onUniverse(() => {
    lookups = lookupsFor(board);
  });
  return () => {
    const at = clock.now();
    const markets = Object.create(lookups, { now: { value: at } }) as Markets;
    return { at, markets, venue: venue() };
  };
}

/** One getter per symbol; `now` is the moment of the facts that inherit them. Without a prototype, so `constructor` is no symbol. */
function lookupsFor(board: MarketBoard): object {
  const lookups = Object.create(null) as object;
  for (const symbol of board.symbols()) {
    Object.defineProperty(lookups, symbol, {
      enumerable: true,
      get(this: { readonly now: number }): MarketView | undefined {
        return board.view(symbol, this.now);
      },
    });
  }
  return lookups;
}
