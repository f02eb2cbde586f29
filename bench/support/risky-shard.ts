/** Shards full of positions whose next levels are spread evenly below (longs) and above (shorts) the mark. */
import { accountDecider, type AccountState, type Position } from '@perps/domain/account';
import type { Instrument, MarketView } from '@perps/domain/market';
import { price, rate, size, usd } from '@perps/domain/money';
import { deserialize, initialShard, serialize, type ShardFacts, type ShardState } from '@perps/domain/shard';
import { BENCH_POLICY, START_AT } from './trading.ts';

export type Mix = 'isolated' | 'cross' | 'mixed';

const COINS = ['BTC', 'ETH', 'SOL', 'HYPE'];
const MARK = 1_000_000n;
/** Coins of one cross account. */
const CROSS_COINS = 4;
/** Distance to the requirement, parts of the mark: from the nearest to the farthest account. */
const NEAREST = 0.03;
const SPREAD = 0.3;

const instrumentOf = (symbol: string, assetId: number): Instrument => ({
  symbol,
  assetId,
  szDecimals: 5,
  maxLeverage: 40,
  marginTableId: 40,
  marginTiers: [],
  isDelisted: false,
  onlyIsolated: false,
});
const INSTRUMENTS = COINS.map(instrumentOf);

/** Every coin at its first mark, moved by so many millionths. */
export function factsAtMove(millionths: number, at = START_AT): ShardFacts {
  const markPrice = price(MARK + (MARK * BigInt(millionths)) / 1_000_000n);
  const level = { price: markPrice, size: size(100_000_000n) };
  const views = INSTRUMENTS.map((instrument): [string, MarketView] => [
    instrument.symbol,
    {
      instrument,
      markPrice,
      oraclePrice: markPrice,
      markAgeMs: 100,
      fundingRate: rate(12_500_000n),
      bbo: { bid: level, ask: level },
      bids: [],
      asks: [],
      quoteAgeMs: 20,
      latencyMs: 30,
      isPriceHeld: false,
    },
  ]);
  const venue = { isAvailable: true, nextNonce: at, slot: 0, expiresAfterMs: 5_000 };
  return { at, markets: Object.fromEntries(views), venue };
}

/** So many open positions; every second account is short. The ledger is balanced by a deposit. */
export function riskyShard(positions: number, mix: Mix): ShardState {
  const state = initialShard(0);
  state.policy = BENCH_POLICY;
  let open = 0;
  let owed = 0n;
  for (let number = 0; open < positions; number += 1) {
    const isCross = mix === 'cross' || (mix === 'mixed' && number % 2 === 1);
    const account = isCross ? crossAccount(number) : isolatedAccount(number);
    open += isCross ? CROSS_COINS : 1;
    owed += account.wallet;
    for (const { isolatedMargin } of Object.values(account.positions)) owed += isolatedMargin;
    state.accounts.set(account.accountId, account);
  }
  state.platform.set('chain:bench', usd(-owed));
  return state;
}

/** The same shard with every index built, as after a recovery. */
export const recovered = (state: ShardState): ShardState => deserialize(serialize(state));

/** Evenly over the range whatever the count: the golden ratio's multiples. */
const distanceOf = (number: number): number => NEAREST + SPREAD * ((number * 0.618_033_988_749_895) % 1);

const opened = { ...accountDecider.initialState(''), owner: `0x${'ab'.repeat(20)}` };

function isolatedAccount(number: number): AccountState {
  const held = positionOf(number, 0, 'isolated');
  // Equity at the requirement after moving that far: distance × notional + maintenance of 1.25 %.
  const needed = Number(held.entryNotional) * (distanceOf(number) + 0.0125);
  const position = { ...held, isolatedMargin: usd(BigInt(Math.round(needed))) };
  return accountOf(number, { wallet: 50_000_000, positions: [position] });
}

function crossAccount(number: number): AccountState {
  const positions = COINS.slice(0, CROSS_COINS).map((_coin, coin) => positionOf(number, coin, 'cross'));
  let needed = 0;
  for (const { entryNotional } of positions) needed += Number(entryNotional) * (distanceOf(number) + 0.0125);
  return accountOf(number, { wallet: Math.round(needed), positions });
}

const accountOf = (
  number: number,
  { wallet, positions }: { readonly wallet: number; readonly positions: readonly Position[] },
): AccountState => ({
  ...opened,
  accountId: `a${number.toString(36).padStart(7, '0')}`,
  wallet: usd(BigInt(wallet)),
  positions: Object.fromEntries(positions.map((position) => [`${position.symbol}:${position.route}`, position])),
});

function positionOf(number: number, coin: number, marginMode: Position['marginMode']): Position {
  const lots = BigInt(100 + (number % 900));
  return {
    positionId: `p${number * CROSS_COINS + coin}`,
    symbol: COINS[coin] ?? '',
    route: 'INTERNAL',
    size: size(number % 2 === 0 ? lots : -lots),
    entryNotional: usd(lots * MARK),
    marginMode,
    leverage: 10,
    isolatedMargin: usd(0n),
    openedAt: START_AT,
    fundingIndex: 0n,
    fundingPaid: usd(0n),
  };
}
