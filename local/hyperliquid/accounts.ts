/**
 * Accounts of the simulated venue: raw USD, one net position per coin, leverage, margin.
 * Its arithmetic is its own on purpose: it must not share mistakes with the account decider it tests.
 * Money in 10⁻⁶ USD, prices in ticks, sizes in lots: price × size is money.
 */
import type {
  LedgerUpdate,
  TwapHistoryRow,
  TwapSliceFill,
  UserFill,
  UserFundingRow,
} from '@perps/contracts/hyperliquid';
import type { Market } from './market.ts';
import { tiersOf, type Asset } from './universe.ts';

/** Precision of the stored entry beyond 10⁻⁶ USD: shares of it must not move the displayed entry. */
export const ENTRY_SCALE = 1_000_000_000n;

export interface Position {
  /** Signed. */
  size: bigint;
  /** |size| × average entry, times `ENTRY_SCALE`. */
  entryNotional: bigint;
  /** Collateral minus entry × size of an isolated position; undefined for cross. */
  isolatedRawUsd: bigint | undefined;
  /** Funding paid (10⁻⁶ USD, negative when received) since the position was opened and since its size last changed. */
  funding: { sinceOpen: bigint; sinceChange: bigint };
}

export interface Leverage {
  readonly isCross: boolean;
  readonly value: number;
}

export interface Agent {
  readonly address: string;
  /** Empty for the unnamed agent. */
  readonly name: string;
  readonly validUntil: number;
}

/** What an account was worth at a moment; money in 10⁻⁶ USD. */
export interface Sample {
  readonly time: number;
  readonly perpValue: bigint;
  readonly spotValue: bigint;
  /** Since the beginning: value minus what was paid in. */
  readonly pnl: bigint;
  readonly volume: bigint;
}

export interface Account {
  readonly address: string;
  /** Cross money: deposits minus the cost of what is held; isolated collateral is not in it. */
  rawUsd: bigint;
  /** An account without any deposit does not exist. */
  hasDeposited: boolean;
  readonly positions: Map<number, Position>;
  readonly leverages: Map<number, Leverage>;
  agents: Agent[];
  /** Highest fee per builder, tenths of a basis point. */
  readonly builderFees: Map<string, number>;
  /** Oldest first. */
  readonly fills: UserFill[];
  readonly ledger: LedgerUpdate[];
  /** Oldest first. */
  readonly fundings: UserFundingRow[];
  readonly twapFills: TwapSliceFill[];
  readonly twapHistory: TwapHistoryRow[];
  readonly samples: Sample[];
  /** Funding ever paid, by asset. */
  readonly fundingPaid: Map<number, bigint>;
  /** USDC of the spot wallet. */
  spotUsd: bigint;
  /** Deposits and transfers in, minus those out. */
  netDeposits: bigint;
  volume: bigint;
  requestsUsed: number;
  referrer: string | undefined;
  scheduledCancelAt: number | undefined;
  /** How often the dead man's switch has fired on a day (UTC, days since 1970). */
  scheduledCancels: { day: number; count: number };
  /** When the last partial liquidation was; for a while after it everything is sold at once. */
  partlyLiquidatedAt: number | undefined;
}

const LEVERAGE_DEFAULT_MAX = 20;

export const leverageOf = (account: Account, asset: Asset): Leverage =>
  account.leverages.get(asset.id) ?? { isCross: true, value: Math.min(LEVERAGE_DEFAULT_MAX, asset.maxLeverage) };

export function createAccount(address: string): Account {
  return {
    address,
    rawUsd: 0n,
    hasDeposited: false,
    positions: new Map(),
    leverages: new Map(),
    agents: [],
    builderFees: new Map(),
    fills: [],
    ledger: [],
    fundings: [],
    twapFills: [],
    twapHistory: [],
    samples: [],
    fundingPaid: new Map(),
    spotUsd: 0n,
    netDeposits: 0n,
    volume: 0n,
    requestsUsed: 0,
    referrer: undefined,
    scheduledCancelAt: undefined,
    scheduledCancels: { day: 0, count: 0 },
    partlyLiquidatedAt: undefined,
  };
}

export const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

export const positionSize = (account: Account, asset: Asset): bigint => account.positions.get(asset.id)?.size ?? 0n;

/** The average entry as displayed: cut to the tick. */
export const displayedEntry = (position: Position): bigint =>
  position.entryNotional / ENTRY_SCALE / absolute(position.size);

export interface FillEffect {
  readonly startPosition: bigint;
  readonly dir: string;
  /** Gross of fees. */
  readonly closedPnl: bigint;
}

/** Books a fill of signed size `delta` at `price` and takes `fee` from the cross money. */
export function applyFill(
  account: Account,
  asset: Asset,
  fill: { readonly delta: bigint; readonly price: bigint; readonly fee: bigint },
): FillEffect {
  const { delta, price } = fill;
  const leverage = leverageOf(account, asset);
  const before = account.positions.get(asset.id);
  const startPosition = before?.size ?? 0n;
  const isOpposite = startPosition !== 0n && startPosition > 0n !== delta > 0n;
  const closing = isOpposite ? minimum(absolute(delta), absolute(startPosition)) : 0n;
  const opening = absolute(delta) - closing;
  let closedPnl = 0n;
  account.rawUsd -= fill.fee;
  if (before !== undefined && closing > 0n) {
    const direction = startPosition > 0n ? 1n : -1n;
    closedPnl = direction * (price - displayedEntry(before)) * closing;
    closePart({ account, asset, position: before, closing, price });
  }
  if (opening > 0n) openPart({ account, asset, leverage, price, signedSize: delta > 0n ? opening : -opening });
  return { startPosition, closedPnl, dir: directionText(startPosition, startPosition + delta) };
}

function closePart(part: {
  readonly account: Account;
  readonly asset: Asset;
  readonly position: Position;
  readonly closing: bigint;
  readonly price: bigint;
}): void {
  const { account, asset, position, closing, price } = part;
  const size = absolute(position.size);
  const proceeds = position.size > 0n ? closing * price : -closing * price;
  if (position.isolatedRawUsd === undefined) {
    account.rawUsd += proceeds;
  } else {
    // The closed share of the isolated equity at this price goes back to the account.
    const equity = position.isolatedRawUsd + position.size * price;
    const released = (equity * closing) / size;
    position.isolatedRawUsd += proceeds - released;
    account.rawUsd += released;
  }
  position.entryNotional = (position.entryNotional * (size - closing)) / size;
  position.size += position.size > 0n ? -closing : closing;
  position.funding.sinceChange = 0n;
  if (position.size === 0n) account.positions.delete(asset.id);
}

function openPart(part: {
  readonly account: Account;
  readonly asset: Asset;
  readonly leverage: Leverage;
  readonly price: bigint;
  readonly signedSize: bigint;
}): void {
  const { account, asset, leverage, price, signedSize } = part;
  const position = account.positions.get(asset.id) ?? {
    size: 0n,
    entryNotional: 0n,
    isolatedRawUsd: leverage.isCross ? undefined : 0n,
    funding: { sinceOpen: 0n, sinceChange: 0n },
  };
  const cost = signedSize * price;
  position.entryNotional += absolute(cost) * ENTRY_SCALE;
  position.size += signedSize;
  position.funding.sinceChange = 0n;
  if (position.isolatedRawUsd === undefined) {
    account.rawUsd -= cost;
  } else {
    const collateral = ceilDivide(absolute(cost), BigInt(leverage.value));
    position.isolatedRawUsd += collateral - cost;
    account.rawUsd -= collateral;
  }
  account.positions.set(asset.id, position);
}

function directionText(start: bigint, end: bigint): string {
  if (start > 0n && end < 0n) return 'Long > Short';
  if (start < 0n && end > 0n) return 'Short > Long';
  const isOpening = absolute(end) > absolute(start);
  if (isOpening) return end > 0n ? 'Open Long' : 'Open Short';
  return start > 0n ? 'Close Long' : 'Close Short';
}

/** Maintenance requirement of a position by its tiers; continuous over the bounds. */
export function maintenanceMargin(asset: Asset, notional: bigint): bigint {
  const tiers = tiersOf(asset);
  if (tiers.length === 1) return notional / (2n * BigInt(asset.maxLeverage));
  let deduction = 0n;
  let previous: bigint | undefined;
  // Rates 1/(2 × leverage) as multiples of 1/1200, which every leverage of the tables divides: deductions stay exact.
  const scale = 1_200n;
  let rate = 0n;
  for (const tier of tiers) {
    if (tier.lowerBound > notional) break;
    rate = scale / (2n * BigInt(tier.maxLeverage));
    if (previous !== undefined) deduction += tier.lowerBound * (rate - previous);
    previous = rate;
  }
  return (notional * rate - deduction) / scale;
}

/** The highest leverage the tiers allow at this notional. */
export function maxLeverageAt(asset: Asset, notional: bigint): number {
  let { maxLeverage } = asset;
  for (const tier of tiersOf(asset)) if (tier.lowerBound <= notional) maxLeverage = tier.maxLeverage;
  return maxLeverage;
}

export interface CrossSummary {
  /** Raw USD plus the signed value of cross positions. */
  readonly accountValue: bigint;
  readonly notional: bigint;
  readonly initialMargin: bigint;
  readonly maintenanceMargin: bigint;
}

/** Cross margin at the marks of `markets` (by asset id). */
export function crossSummary(account: Account, markets: readonly Market[]): CrossSummary {
  let accountValue = account.rawUsd;
  let notional = 0n;
  let initialMargin = 0n;
  let maintenance = 0n;
  for (const [assetId, position] of account.positions) {
    const market = markets[assetId];
    if (market === undefined || position.isolatedRawUsd !== undefined) continue;
    const value = absolute(position.size) * market.mark;
    accountValue += position.size * market.mark;
    notional += value;
    initialMargin += ceilDivide(value, BigInt(leverageOf(account, market.asset).value));
    maintenance += maintenanceMargin(market.asset, value);
  }
  return { accountValue, notional, initialMargin, maintenanceMargin: maintenance };
}

/** The fee of the venue: the floor of a float64 product. `rate` is a fraction (0.00045). */
export const feeOf = (notional: bigint, rate: number): bigint => BigInt(Math.floor(Number(notional) * rate));

export const minimum = (left: bigint, right: bigint): bigint => (left < right ? left : right);
export const maximum = (left: bigint, right: bigint): bigint => (left > right ? left : right);
export const ceilDivide = (numerator: bigint, denominator: bigint): bigint =>
  (numerator + denominator - 1n) / denominator;

/** Sums over all positions, isolated ones included. */
export function accountNotionals(
  account: Account,
  markets: readonly Market[],
): { readonly accountValue: bigint; readonly notional: bigint; readonly rawUsd: bigint } {
  let { rawUsd } = account;
  let value = 0n;
  let notional = 0n;
  for (const [assetId, position] of account.positions) {
    const market = markets[assetId];
    if (market === undefined) continue;
    rawUsd += position.isolatedRawUsd ?? 0n;
    value += position.size * market.mark;
    notional += absolute(position.size) * market.mark;
  }
  return { accountValue: rawUsd + value, notional, rawUsd };
}
