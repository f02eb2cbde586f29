/** An account in Hyperliquid's shape: one position per coin, whatever routes it lives on (reference §4, identities). */
import type { AccountPicture } from '@perps/contracts/engine';
import type { ActiveAssetData, ClearinghouseState, WireLeverage, WirePosition } from '@perps/contracts/hyperliquid';
import {
  type AccountState,
  type AccountView,
  accountView,
  type Markets,
  type PositionView,
  tradeLimits,
} from '@perps/domain/account';
import type { MarketView } from '@perps/domain/market';
import { formatDecimal, formatPrice, formatSize, formatUsd, RATE_DECIMALS, usd, type Usd } from '@perps/domain/money';

export type MarketViewOf = (symbol: string) => MarketView | undefined;

/** Decimals of returnOnEquity. */
const ROE_DECIMALS = 10;
const ROE_SURPLUS = 10n ** BigInt(RATE_DECIMALS - ROE_DECIMALS);
const NO_FUNDING = { allTime: '0.0', sinceOpen: '0.0', sinceChange: '0.0' };

/** undefined where a held market has no mark: nobody is shown numbers that are not known. */
export function toClearinghouseState(
  account: AccountPicture,
  marketOf: MarketViewOf,
  now: number,
): ClearinghouseState | undefined {
  const markets = marketsOf(account, marketOf);
  if (markets === undefined) return undefined;
  const view = accountView(account, { markets, funding: account.funding });
  const cross = view.positions.filter(({ marginMode }) => marginMode === 'cross');
  return {
    marginSummary: {
      accountValue: formatUsd(view.equity),
      totalNtlPos: formatUsd(view.totalNotional),
      totalRawUsd: formatUsd(rawUsd(view.equity, view.positions)),
      totalMarginUsed: formatUsd(view.totalMarginUsed),
    },
    crossMarginSummary: {
      accountValue: formatUsd(view.crossEquity),
      totalNtlPos: formatUsd(view.crossNotional),
      totalRawUsd: formatUsd(rawUsd(view.crossEquity, cross)),
      totalMarginUsed: formatUsd(view.crossInitialMargin),
    },
    crossMaintenanceMarginUsed: formatUsd(view.crossMaintenance),
    withdrawable: formatUsd(view.withdrawable),
    assetPositions: assetPositions(view, markets),
    time: now,
  };
}

/** The markets of what the account holds; undefined where one of them has no mark. */
function marketsOf(account: AccountState, marketOf: MarketViewOf): Markets | undefined {
  const markets: Record<string, MarketView> = {};
  for (const { symbol } of Object.values(account.positions)) {
    const market = marketOf(symbol);
    if (market === undefined) return undefined;
    markets[symbol] = market;
  }
  return markets;
}

/** Signed value at mark. */
const valueOf = ({ size, markPrice }: PositionView): bigint => size * markPrice;

/** accountValue = rawUsd + Σ szi·mark. */
const rawUsd = (equity: Usd, positions: readonly PositionView[]): Usd =>
  usd(positions.reduce((left, position) => left - valueOf(position), BigInt(equity)));

function assetPositions(view: AccountView, markets: Markets): ClearinghouseState['assetPositions'] {
  return view.positions.flatMap((position) => {
    const market = markets[position.symbol];
    return market === undefined ? [] : [{ type: 'oneWay', position: toWirePosition(position, market) } as const];
  });
}

function toWirePosition(position: PositionView, { instrument }: MarketView): WirePosition {
  const { szDecimals } = instrument;
  return {
    coin: position.symbol,
    szi: formatSize(position.size, szDecimals),
    leverage: toWireLeverage(position),
    entryPx: formatPrice(position.entryPrice, szDecimals),
    positionValue: formatUsd(position.notional),
    unrealizedPnl: formatUsd(position.unrealizedPnl),
    returnOnEquity: formatDecimal(position.returnOnEquity / ROE_SURPLUS, ROE_DECIMALS),
    liquidationPx: position.liquidationPrice === undefined ? null : formatPrice(position.liquidationPrice, szDecimals),
    marginUsed: formatUsd(position.marginUsed),
    maxLeverage: position.maxLeverage,
    cumFunding: { ...NO_FUNDING, sinceOpen: formatUsd(position.fundingSinceOpen) },
  };
}

/** Isolated: rawUsd = marginUsed − szi·mark, the collateral less what the position cost. */
const toWireLeverage = (position: PositionView): WireLeverage =>
  position.marginMode === 'cross'
    ? { type: 'cross', value: position.leverage }
    : {
        type: 'isolated',
        value: position.leverage,
        rawUsd: formatUsd(usd(position.marginUsed - valueOf(position))),
      };

/** What `activeAssetData` tells of a coin; undefined where it or a held market has no mark. */
export function toActiveAssetData(
  account: AccountPicture,
  about: { readonly user: string; readonly coin: string },
  marketOf: MarketViewOf,
): ActiveAssetData | undefined {
  const { user, coin } = about;
  const market = marketOf(coin);
  const held = marketsOf(account, marketOf);
  if (market === undefined || held === undefined) return undefined;
  const pricing = { markets: { ...held, [coin]: market }, funding: account.funding };
  const limits = tradeLimits(account, pricing, coin);
  if (limits === undefined) return undefined;
  const { szDecimals } = market.instrument;
  const own = accountView(account, pricing).positions.find(({ symbol }) => symbol === coin);
  const { marginMode, leverage } = limits.setting;
  const [buySize, sellSize] = limits.maxTradeSizes;
  const [buyMargin, sellMargin] = limits.availableToTrade;
  return {
    user,
    coin,
    leverage:
      marginMode === 'cross'
        ? { type: 'cross', value: leverage }
        : {
            type: 'isolated',
            value: leverage,
            rawUsd: own === undefined ? '0.0' : formatUsd(usd(own.marginUsed - valueOf(own))),
          },
    maxTradeSzs: [formatSize(buySize, szDecimals), formatSize(sellSize, szDecimals)],
    availableToTrade: [formatUsd(buyMargin), formatUsd(sellMargin)],
    markPx: formatPrice(market.markPrice, szDecimals),
  };
}
