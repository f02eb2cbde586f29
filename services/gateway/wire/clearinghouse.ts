/** An account in Hyperliquid's shape: one position per coin, whatever routes it lives on (reference §4, identities). */
import type { ActiveAssetData, ClearinghouseState, MarginSummary, WirePosition } from '@perps/contracts/hyperliquid';
import type { AccountState, LeverageSetting, Position } from '@perps/domain/account';
import type { Instrument, MarketView } from '@perps/domain/market';
import {
  divide,
  formatDecimal,
  formatPrice,
  formatSize,
  formatUsd,
  maxUsd,
  price,
  PRICE_AND_SIZE_DECIMALS,
  type Price,
  size,
  usd,
  type Usd,
  ZERO_USD,
} from '@perps/domain/money';

/** Decimals of returnOnEquity. */
const ROE_DECIMALS = 10;
const ROE_SCALE = 10n ** BigInt(ROE_DECIMALS);

export type MarketViewOf = (symbol: string) => MarketView | undefined;

/** The routes' positions of one coin, added up. Amounts in 10⁻⁶ USD. */
interface CoinPosition {
  readonly instrument: Instrument;
  readonly markPrice: Price;
  readonly size: bigint;
  /** Σ side · entry notional: what the position cost, negative for shorts. */
  readonly cost: bigint;
  readonly collateral: bigint;
  readonly isCross: boolean;
  readonly leverage: number;
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const signedValue = (position: CoinPosition): bigint => position.size * position.markPrice;
const notionalOf = (position: CoinPosition): bigint => magnitude(signedValue(position));
const unrealized = (position: CoinPosition): bigint => signedValue(position) - position.cost;

/** undefined where a held market has no mark: nobody is shown numbers that are not known. */
export function toClearinghouseState(
  account: AccountState | undefined,
  markets: MarketViewOf,
  now: number,
): ClearinghouseState | undefined {
  const positions = coinPositions(account, markets);
  if (positions === undefined) return undefined;
  const cross = positions.filter(({ isCross }) => isCross);
  const wallet = account?.wallet ?? ZERO_USD;
  const crossValue = wallet + sum(cross, unrealized);
  const crossMaintenance = sum(cross, maintenance);
  const all = summary(positions, wallet + sum(positions, unrealized) + sum(positions, ({ collateral }) => collateral));
  return {
    marginSummary: all,
    crossMarginSummary: summary(cross, crossValue),
    crossMaintenanceMarginUsed: formatUsd(usd(crossMaintenance)),
    withdrawable: formatUsd(free(account, cross, crossValue)),
    assetPositions: positions
      .filter(({ size }) => size !== 0n)
      .map((position) => ({
        type: 'oneWay',
        position: toWirePosition(position, { crossValue, crossMaintenance }),
      })),
    time: now,
  };
}

/** Adds up a coin's routes, in the order of the universe. */
function coinPositions(account: AccountState | undefined, markets: MarketViewOf): CoinPosition[] | undefined {
  const bySymbol = new Map<string, Position[]>();
  for (const position of Object.values(account?.positions ?? {})) {
    bySymbol.set(position.symbol, [...(bySymbol.get(position.symbol) ?? []), position]);
  }
  const merged: CoinPosition[] = [];
  for (const [symbol, parts] of bySymbol) {
    const market = markets(symbol);
    const [first] = parts;
    if (market === undefined || first === undefined) return undefined;
    merged.push({
      instrument: market.instrument,
      markPrice: market.markPrice,
      size: parts.reduce((total, part) => total + part.size, 0n),
      cost: parts.reduce((total, part) => total + (part.size > 0n ? part.entryNotional : 0n - part.entryNotional), 0n),
      collateral: parts.reduce((total, part) => total + part.isolatedMargin, 0n),
      isCross: first.marginMode === 'cross',
      leverage: first.leverage,
    });
  }
  return merged.sort((left, right) => left.instrument.assetId - right.instrument.assetId);
}

const sum = (positions: readonly CoinPosition[], of: (position: CoinPosition) => bigint): bigint =>
  positions.reduce((total, position) => total + of(position), 0n);

function summary(positions: readonly CoinPosition[], accountValue: bigint): MarginSummary {
  return {
    accountValue: formatUsd(usd(accountValue)),
    totalNtlPos: formatUsd(usd(sum(positions, notionalOf))),
    totalRawUsd: formatUsd(usd(accountValue - sum(positions, signedValue))),
    totalMarginUsed: formatUsd(usd(sum(positions, marginUsed))),
  };
}

/** Cross: initial margin at the chosen leverage. Isolated: collateral plus unrealized PnL. */
function marginUsed(position: CoinPosition): bigint {
  if (!position.isCross) return position.collateral + unrealized(position);
  return divide(notionalOf(position), BigInt(position.leverage), 'up');
}

/** Σ over the tiers of the notional inside each, at half of the initial fraction at the tier's highest leverage. */
function maintenance(position: CoinPosition): bigint {
  const notional = notionalOf(position);
  const tiers = position.instrument.marginTiers;
  return tiers.reduce((total, tier, index) => {
    const upper = tiers[index + 1]?.lowerBound;
    const top = upper === undefined || notional < upper ? notional : upper;
    if (top <= tier.lowerBound) return total;
    return total + divide(top - tier.lowerBound, 2n * BigInt(tier.maxLeverage), 'up');
  }, 0n);
}

/** What may leave or open something new: resting orders have their margin set aside. */
function free(account: AccountState | undefined, cross: readonly CoinPosition[], crossValue: bigint): Usd {
  const initial = sum(cross, marginUsed);
  const tenth = divide(sum(cross, notionalOf), 10n, 'up');
  const forOrders = Object.values(account?.orders ?? {}).reduce((total, { orderMargin }) => total + orderMargin, 0n);
  return maxUsd(ZERO_USD, usd(crossValue - (initial > tenth ? initial : tenth) - forOrders));
}

function toWirePosition(
  position: CoinPosition,
  cross: { readonly crossValue: bigint; readonly crossMaintenance: bigint },
): WirePosition {
  const { instrument, leverage } = position;
  const profit = unrealized(position);
  const entryNotional = magnitude(position.cost);
  const equity = position.isCross ? cross.crossValue : position.collateral + profit;
  const others = position.isCross ? cross.crossMaintenance - maintenance(position) : 0n;
  return {
    coin: instrument.symbol,
    szi: formatSize(size(position.size), instrument.szDecimals),
    leverage: position.isCross
      ? { type: 'cross', value: leverage }
      : { type: 'isolated', value: leverage, rawUsd: formatUsd(usd(position.collateral - position.cost)) },
    entryPx: formatPrice(price(entryNotional / magnitude(position.size)), instrument.szDecimals),
    positionValue: formatUsd(usd(notionalOf(position))),
    unrealizedPnl: formatUsd(usd(profit)),
    returnOnEquity:
      entryNotional === 0n
        ? '0.0'
        : formatDecimal(divide(profit * BigInt(leverage) * ROE_SCALE, entryNotional, 'halfUp'), ROE_DECIMALS),
    liquidationPx: liquidationPrice(position, equity - others),
    marginUsed: formatUsd(usd(marginUsed(position))),
    maxLeverage: instrument.maxLeverage,
    cumFunding: { allTime: '0.0', sinceOpen: '0.0', sinceChange: '0.0' },
  };
}

/**
 * The mark at which equity meets maintenance, in the tier that holds there; null where there is none above zero.
 * In tier n with rate 1/2L and deduction d: equity + size·(p − mark) = |size|·p/2L − d.
 */
function liquidationPrice(position: CoinPosition, equity: bigint): string | null {
  const { instrument } = position;
  const amount = magnitude(position.size);
  let below = 0n;
  for (const [index, tier] of instrument.marginTiers.entries()) {
    const doubled = 2n * BigInt(tier.maxLeverage);
    // Maintenance inside the tier is below + (|size|·p − lowerBound)/2L.
    const numerator = doubled * (signedValue(position) - equity + below) - tier.lowerBound;
    const denominator = position.size * doubled - amount;
    const scaled = denominator === 0n ? 0n : numerator / denominator;
    const upper = instrument.marginTiers[index + 1]?.lowerBound;
    if (scaled > 0n && amount * scaled >= tier.lowerBound && (upper === undefined || amount * scaled < upper)) {
      return formatDecimal(scaled, PRICE_AND_SIZE_DECIMALS - instrument.szDecimals);
    }
    if (upper !== undefined) below += divide(upper - tier.lowerBound, doubled, 'up');
  }
  return null;
}

/** What `activeAssetData` tells of a coin; `setting` is the account's leverage for it. */
export function toActiveAssetData(
  account: AccountState | undefined,
  about: { readonly user: string; readonly market: MarketView; readonly markets: MarketViewOf },
): ActiveAssetData | undefined {
  const { instrument, markPrice } = about.market;
  const positions = coinPositions(account, about.markets);
  if (positions === undefined) return undefined;
  const cross = positions.filter(({ isCross }) => isCross);
  const setting: LeverageSetting = account?.leverage[instrument.symbol] ?? defaultLeverage(instrument);
  const own = positions.find(({ instrument: { symbol } }) => symbol === instrument.symbol);
  const available = free(account, cross, (account?.wallet ?? 0n) + sum(cross, unrealized));
  const maxSize = size((available * BigInt(setting.leverage)) / markPrice);
  return {
    user: about.user,
    coin: instrument.symbol,
    leverage:
      setting.marginMode === 'cross'
        ? { type: 'cross', value: setting.leverage }
        : {
            type: 'isolated',
            value: setting.leverage,
            rawUsd: formatUsd(usd((own?.collateral ?? 0n) - (own?.cost ?? 0n))),
          },
    maxTradeSzs: [formatSize(maxSize, instrument.szDecimals), formatSize(maxSize, instrument.szDecimals)],
    availableToTrade: [formatUsd(available), formatUsd(available)],
    markPx: formatPrice(markPrice, instrument.szDecimals),
  };
}

/** As at the venue: cross, and twenty times at most until the account says otherwise. */
const LEVERAGE_DEFAULT = 20;
const defaultLeverage = ({ maxLeverage, onlyIsolated }: Instrument): LeverageSetting => ({
  marginMode: onlyIsolated ? 'isolated' : 'cross',
  leverage: Math.min(maxLeverage, LEVERAGE_DEFAULT),
});
