/** Accounts, orders and the facts of a moment for benchmarks of the shard machine. */
import { createHash } from 'node:crypto';
import { price, rate, size, usd } from '@perps/domain/money';
import type { Instrument, MarketView } from '@perps/domain/market';
import { DEFAULT_ROUTING_POLICY, type RoutingPolicy } from '@perps/domain/routing';
import type { ShardCommand, ShardFacts } from '@perps/domain/shard';
import type { TradingCommand } from '../../services/engine/trading-machine.ts';

/** The moment of the first order; every further order comes one millisecond later. */
export const START_AT = 1_790_000_000_000;
const BTC_MARK = 1_000_000n;
const BALANCE = usd(100_000_000_000n);
/** 0.001 BTC at 100,000 USD: 100 USD, far below the threshold. */
const ORDER_LOTS = size(100n);

const BTC: Instrument = {
  symbol: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  marginTableId: 40,
  marginTiers: [],
  isDelisted: false,
  onlyIsolated: false,
};
const quote = { price: price(BTC_MARK), size: size(100_000_000n) };
const BTC_VIEW: MarketView = {
  instrument: BTC,
  markPrice: price(BTC_MARK),
  oraclePrice: price(BTC_MARK),
  markAgeMs: 100,
  fundingRate: rate(12_500_000n),
  bbo: { bid: quote, ask: quote },
  bids: [quote],
  asks: [quote],
  quoteAgeMs: 20,
  latencyMs: 30,
  isPriceHeld: false,
};

/** NORMAL_MODE with BTC internalised, without limits that a long run would reach. */
export const BENCH_POLICY: RoutingPolicy = {
  ...DEFAULT_ROUTING_POLICY,
  version: 1,
  symbols: { BTC: { isInternalised: true } },
};

export const factsAt = (at: number): ShardFacts => ({
  at,
  markets: { BTC: BTC_VIEW },
  venue: { isAvailable: true, nextNonce: at, slot: 0, expiresAfterMs: 5_000 },
});

/** Hex that compresses as little as real addresses and hashes do, computed once. */
const hexes = new Map<number, string>();
function hexOf(seed: number): string {
  const known = hexes.get(seed);
  if (known !== undefined) return known;
  const hex = createHash('sha256').update(String(seed)).digest('hex');
  hexes.set(seed, hex);
  return hex;
}
const HASHES = 16_384;

export const ownerOf = (account: number): string => `0x${hexOf(account).slice(0, 40)}`;
export const hashAt = (index: number): string => hexOf(-1 - (index % HASHES));
export const accountIdAt = (account: number): string => `a${account.toString(36).padStart(7, '0')}`;

/** Open positions that a benchmark of a full shard holds: 100,000 unless `PERPS_BENCH_POSITIONS` says otherwise. */
export function positionsWanted(): number {
  const wanted = Number(process.env['PERPS_BENCH_POSITIONS'] ?? 100_000);
  if (!Number.isSafeInteger(wanted) || wanted < 1_000) throw new Error('PERPS_BENCH_POSITIONS is a number from 1,000.');
  return wanted;
}

/** What makes a shard ready to trade: policy, accounts, deposits. */
export function* openingCommands(accounts: number): Generator<ShardCommand> {
  const receivedAt = START_AT;
  yield { type: 'SetRoutingPolicy', commandId: 'policy:1', shard: 0, receivedAt, policy: BENCH_POLICY };
  for (let account = 0; account < accounts; account += 1) {
    const accountId = accountIdAt(account);
    const owner = ownerOf(account);
    yield { type: 'OpenAccount', commandId: `open:${accountId}`, accountId, receivedAt, owner };
    const deposit = { depositId: `deposit:${accountId}`, chain: 'bench', amount: BALANCE };
    yield { type: 'CreditDeposit', commandId: `deposit:${accountId}`, accountId, receivedAt, ...deposit };
  }
}

/**
 * The INTERNAL IOC order number `index`: accounts take turns, each one buys and sells alternately, neighbours the
 * opposite way, so that neither a position nor the platform's exposure grows without bound.
 */
export function internalOrder(index: number, accounts: number): ShardCommand {
  const account = index % accounts;
  const turn = Math.floor(index / accounts);
  const at = START_AT + index;
  const signer = ownerOf(account);
  const isBuy = (account + turn) % 2 === 0;
  return {
    type: 'PlaceOrders',
    commandId: `${signer}:${at}`,
    accountId: accountIdAt(account),
    receivedAt: at,
    signed: { signer, nonce: at, hash: hashAt(index) },
    orders: [
      {
        symbol: 'BTC',
        side: isBuy ? 'buy' : 'sell',
        size: ORDER_LOTS,
        limitPrice: price(isBuy ? BTC_MARK + 10_000n : BTC_MARK - 10_000n),
        timeInForce: 'IOC',
        reduceOnly: false,
      },
    ],
  };
}

/** A command with the facts of its moment, as the engine's host takes it. */
export const withFacts = (command: ShardCommand, at: number): TradingCommand => ({ command, facts: factsAt(at) });
