/** The account as its owner sees it: one position per coin, as Hyperliquid's format demands. Amounts in 10⁻⁶ USD. */
import { CROSS, maintenanceAt, riskFiguresOf } from '../liquidation/requirement.ts';
import { type MarketView, tiersOf } from '../market/index.ts';
import {
  absoluteNotional,
  averagePrice,
  divide,
  magnitude,
  maxUsd,
  type Price,
  type Rate,
  rate,
  RATE_DECIMALS,
  type Size,
  size,
  usd,
  type Usd,
  ZERO_USD,
} from '../money/index.ts';
import { liquidationPrice } from './liquidation-price.ts';
import { accruedFunding } from '../funding/index.ts';
import { crossSums, marginAt, orderMargins, unrealizedPnl } from './margin.ts';
import type { Pricing } from './pricing.ts';
import type { AccountState, LeverageSetting, MarginMode, Position, Side } from './model.ts';
import { leverageSettingOf } from './state.ts';

/** The user's positions of one coin over both routes, shown as one. */
export interface PositionView {
  readonly symbol: string;
  /** Signed. */
  readonly size: Size;
  readonly marginMode: MarginMode;
  readonly leverage: number;
  /** Exact, absolute. */
  readonly entryNotional: Usd;
  /** Truncated to the tick, as Hyperliquid displays it. */
  readonly entryPrice: Price;
  readonly markPrice: Price;
  /** |size| × mark. */
  readonly notional: Usd;
  readonly unrealizedPnl: Usd;
  /** uPnL / (entry notional / leverage), parts per 10¹². */
  readonly returnOnEquity: Rate;
  /** Cross: notional / leverage. Isolated: collateral + uPnL. */
  readonly marginUsed: Usd;
  /** Collateral locked; zero when cross. */
  readonly isolatedMargin: Usd;
  /** Accrued and not posted; positive = the user owes it. Part of equity, not of `unrealizedPnl`. */
  readonly accruedFunding: Usd;
  /** Posted and accrued since it was opened; positive = paid. */
  readonly fundingSinceOpen: Usd;
  readonly maintenanceMargin: Usd;
  readonly liquidationPrice: Price | undefined;
  readonly maxLeverage: number;
}

export interface AccountView {
  /** wallet + isolated collateral + all uPnL. */
  readonly equity: Usd;
  /** wallet + cross uPnL. */
  readonly crossEquity: Usd;
  /** Σ |size| × mark, all and cross. */
  readonly totalNotional: Usd;
  readonly crossNotional: Usd;
  /** Σ marginUsed, all and cross. */
  readonly totalMarginUsed: Usd;
  readonly crossInitialMargin: Usd;
  readonly crossMaintenance: Usd;
  readonly orderMargin: Usd;
  /** Free for new orders, at least zero. */
  readonly available: Usd;
  /** max(0, cross equity − max(cross initial margin, 10 % of cross notional) − order margins). */
  readonly withdrawable: Usd;
  /** By symbol, ascending. */
  readonly positions: readonly PositionView[];
}

/** The whole account at these marks. A position whose market is not known is left out: its value is not known either. */
export function accountView(state: AccountState, pricing: Pricing): AccountView {
  const merged = mergedBySymbol(state, pricing);
  const known = valued(state, pricing);
  const crossMaintenance = riskFiguresOf(known, CROSS, pricing)?.maintenance ?? ZERO_USD;
  const cross = crossSums(known, pricing) ?? NO_CROSS;
  const crossEquity = usd(state.wallet + cross.unrealizedPnl);
  const positions = merged.map((one) => positionView(one, { crossEquity, crossMaintenance }));
  const orderMargin = orderMargins(state);
  const loss = cross.unrealizedPnl < 0n ? cross.unrealizedPnl : ZERO_USD;
  const tenth = usd(divide(cross.notional, 10n, 'up'));
  const locked = maxUsd(cross.initialMargin, tenth);
  return {
    equity: usd(crossEquity + isolatedEquity(known, pricing)),
    crossEquity,
    totalNotional: sumOf(positions, (position) => position.notional),
    crossNotional: sumOf(positions, (position) => (position.marginMode === 'cross' ? position.notional : ZERO_USD)),
    totalMarginUsed: sumOf(positions, (position) => position.marginUsed),
    crossInitialMargin: cross.initialMargin,
    crossMaintenance,
    orderMargin,
    available: maxUsd(ZERO_USD, usd(state.wallet - cross.initialMargin - orderMargin + loss)),
    withdrawable: maxUsd(ZERO_USD, usd(crossEquity - locked - orderMargin)),
    positions,
  };
}

/** The user's position in one coin over both routes; undefined when flat (also when the routes cancel out). */
export const mergedPosition = (state: AccountState, pricing: Pricing, symbol: string): PositionView | undefined =>
  accountView(state, pricing).positions.find((position) => position.symbol === symbol);

/** What the user could trade of a symbol now; index 0 for buys, 1 for sells, as Hyperliquid's `activeAssetData`. */
export interface TradeLimits {
  readonly setting: LeverageSetting;
  /** 10⁻⁶ USD of margin: what is available and, against a position, what closing it gives back. */
  readonly availableToTrade: readonly [buy: Usd, sell: Usd];
  readonly maxTradeSizes: readonly [buy: Size, sell: Size];
}

export function tradeLimits(state: AccountState, pricing: Pricing, symbol: string): TradeLimits | undefined {
  const market = pricing.markets[symbol];
  if (market === undefined) return undefined;
  const setting = leverageSettingOf(state, market.instrument);
  const view = accountView(state, pricing);
  const position = view.positions.find((held) => held.symbol === symbol);
  const limitOf = (side: Side): { readonly margin: Usd; readonly size: Size } => {
    const isClosing = position !== undefined && position.size > 0n !== (side === 'buy');
    const given = isClosing ? maxUsd(ZERO_USD, position.marginUsed) : ZERO_USD;
    const margin = usd(view.available + given);
    const opened = divide(margin * BigInt(setting.leverage), market.markPrice, 'down');
    return { margin, size: size(opened + (isClosing ? magnitude(position.size) : 0n)) };
  };
  const buy = limitOf('buy');
  const sell = limitOf('sell');
  return { setting, availableToTrade: [buy.margin, sell.margin], maxTradeSizes: [buy.size, sell.size] };
}

export const maxTradeSizes = (state: AccountState, pricing: Pricing, symbol: string): TradeLimits['maxTradeSizes'] =>
  tradeLimits(state, pricing, symbol)?.maxTradeSizes ?? [size(0n), size(0n)];

interface Merged {
  readonly position: Position;
  /** Lots of both routes, absolute: what maintenance is taken on. */
  readonly gross: Size;
  readonly view: MarketView;
  readonly accrued: Usd;
}

const NO_CROSS = { initialMargin: ZERO_USD, unrealizedPnl: ZERO_USD, notional: ZERO_USD };

/** The state without positions whose market is not known. */
function valued(state: AccountState, { markets }: Pricing): AccountState {
  const known = Object.entries(state.positions).filter(([, { symbol }]) => markets[symbol] !== undefined);
  return { ...state, positions: Object.fromEntries(known) };
}

function mergedBySymbol(state: AccountState, { markets, funding }: Pricing): readonly Merged[] {
  const bySymbol = new Map<string, Merged>();
  const held = Object.values(state.positions).sort((left, right) => (left.symbol < right.symbol ? -1 : 1));
  for (const position of held) {
    const view = markets[position.symbol];
    if (view === undefined) continue;
    const other = bySymbol.get(position.symbol);
    const accrued = usd(accruedFunding(position, funding) + (other?.accrued ?? 0n));
    const merged = other === undefined ? position : merge(other.position, position);
    const gross = size((other?.gross ?? 0n) + magnitude(position.size));
    bySymbol.set(position.symbol, { view, position: merged, gross, accrued });
  }
  return [...bySymbol.values()].filter(({ position }) => position.size !== 0n);
}

/** Sizes and entries add with their signs; both routes of a coin share mode and leverage. */
function merge(left: Position, right: Position): Position {
  const entry = signedEntry(left) + signedEntry(right);
  const merged = size(left.size + right.size);
  return {
    ...left,
    size: merged,
    entryNotional: usd(merged > 0n ? entry : -entry),
    isolatedMargin: usd(left.isolatedMargin + right.isolatedMargin),
    fundingPaid: usd(left.fundingPaid + right.fundingPaid),
  };
}

const signedEntry = ({ size: held, entryNotional }: Position): bigint =>
  held > 0n ? 1n * entryNotional : -1n * entryNotional;

function positionView(
  { position, gross, view, accrued }: Merged,
  account: { readonly crossEquity: Usd; readonly crossMaintenance: Usd },
): PositionView {
  const { instrument, markPrice } = view;
  const value = absoluteNotional(markPrice, position.size);
  const pnl = unrealizedPnl(position, markPrice);
  const maintenance = maintenanceAt(view, gross);
  const isCross = position.marginMode === 'cross';
  const isolatedEquity = usd(position.isolatedMargin + pnl - accrued);
  return {
    symbol: position.symbol,
    size: position.size,
    marginMode: position.marginMode,
    leverage: position.leverage,
    entryNotional: position.entryNotional,
    entryPrice: averagePrice(position.entryNotional, position.size),
    markPrice,
    notional: value,
    unrealizedPnl: pnl,
    returnOnEquity: returnOnEquity(position, pnl),
    marginUsed: isCross ? marginAt(instrument, value, position.leverage) : isolatedEquity,
    isolatedMargin: position.isolatedMargin,
    accruedFunding: accrued,
    fundingSinceOpen: usd(position.fundingPaid + accrued),
    maintenanceMargin: maintenance,
    liquidationPrice: liquidationPrice({
      size: position.size,
      grossSize: gross,
      markPrice,
      equity: isCross ? account.crossEquity : isolatedEquity,
      otherMaintenance: isCross ? usd(account.crossMaintenance - maintenance) : ZERO_USD,
      tiers: tiersOf(instrument),
    }),
    maxLeverage: instrument.maxLeverage,
  };
}

function returnOnEquity({ entryNotional, leverage }: Position, pnl: Usd): Rate {
  if (entryNotional <= 0n) return rate(0n);
  return rate(divide(pnl * BigInt(leverage) * 10n ** BigInt(RATE_DECIMALS), entryNotional, 'towardZero'));
}

/** Of every route: two that cancel out are shown as flat, but their collateral is the user's still. */
const isolatedEquity = ({ positions }: AccountState, { markets, funding }: Pricing): Usd =>
  sumOf(Object.values(positions), (position) => {
    const view = markets[position.symbol];
    if (position.marginMode !== 'isolated' || view === undefined) return ZERO_USD;
    return usd(position.isolatedMargin + unrealizedPnl(position, view.markPrice) - accruedFunding(position, funding));
  });

function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => Usd): Usd {
  let sum = 0n;
  for (const item of items) sum += amountOf(item);
  return usd(sum);
}
