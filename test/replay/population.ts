/** Generated traders: balances, leverages and positions as a busy venue has them, all from one seed. */
import type { OrderRequest } from '@perps/domain/account';
import { type MarketView, maxLeverageAt, tiersOf } from '@perps/domain/market';
import { type Price, price, size, usd, type Usd } from '@perps/domain/money';
import type { SeededRandom } from '@perps/runtime/testing';

export interface PlannedPosition {
  readonly symbol: string;
  readonly marginMode: 'cross' | 'isolated';
  readonly leverage: number;
  readonly order: OrderRequest;
}

export interface PlannedTrader {
  readonly accountId: string;
  readonly owner: string;
  readonly balance: Usd;
  readonly positions: readonly PlannedPosition[];
}

/** Balances of 100 to 20,000 USD; most of the money is at work, at leverages up to the highest. */
export function planTrader(
  index: number,
  views: Readonly<Record<string, MarketView>>,
  random: SeededRandom,
): PlannedTrader {
  const balance = 100 + Math.floor(19_900 * random.next() ** 3);
  const symbols = Object.keys(views);
  const count = 1 + random.int(Math.min(3, symbols.length));
  const chosen = new Set(Array.from({ length: count }, () => random.pick(symbols)));
  const share = (0.4 + 0.55 * random.next()) / chosen.size;
  const positions = [...chosen].flatMap((symbol) => {
    const view = views[symbol];
    return view === undefined ? [] : [planPosition(symbol, view, { margin: balance * share, random })];
  });
  return {
    accountId: `r${index}`,
    owner: `0x${index.toString(16).padStart(40, '0')}`,
    balance: usd(BigInt(balance) * 1_000_000n),
    positions: positions.filter(({ order }) => order.size > 0n),
  };
}

function planPosition(
  symbol: string,
  view: MarketView,
  of: { readonly margin: number; readonly random: SeededRandom },
): PlannedPosition {
  const { random } = of;
  const leverage = 1 + random.int(maxLeverageAt(usd(0n), tiersOf(view.instrument)));
  const notional = BigInt(Math.floor(of.margin * leverage * 0.95 * 1_000_000));
  const isBuy = random.chance(0.6);
  return {
    symbol,
    marginMode: random.chance(0.5) ? 'isolated' : 'cross',
    leverage,
    order: {
      symbol,
      side: isBuy ? 'buy' : 'sell',
      size: size(notional / view.markPrice),
      limitPrice: aggressive(view.markPrice, isBuy),
      timeInForce: 'IOC',
      reduceOnly: false,
    },
  };
}

/** Three per cent beyond the mark, on a price step that every instrument takes (five significant figures). */
function aggressive(mark: Price, isBuy: boolean): Price {
  const raw = isBuy ? (mark * 103n) / 100n : (mark * 97n) / 100n;
  let step = 1n;
  while (raw / step >= 100_000n) step *= 10n;
  return price((raw / step) * step);
}
