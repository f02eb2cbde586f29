/** `clearinghouseState` and what else follows from positions and marks. */
import type {
  ActiveAssetData,
  ClearinghouseState,
  MarginSummary,
  WireLeverage,
  WirePosition,
} from '@perps/contracts/hyperliquid';
import {
  absolute,
  accountNotionals,
  crossSummary,
  displayedEntry,
  ENTRY_SCALE,
  leverageOf,
  maintenanceMargin,
  maxLeverageAt,
  type Account,
  type Position,
} from '../accounts.ts';
import { withdrawable } from '../exchange/transfers.ts';
import { publishedMark, type Market } from '../market.ts';
import { formatMoney, formatPx, formatSz } from '../ticks.ts';
import type { Venue } from '../venue.ts';

/** The state of an account; every identity of recorded states holds in it. */
export function clearinghouseState(venue: Venue, account: Account): ClearinghouseState {
  const { markets } = venue;
  const cross = crossSummary(account, markets);
  const all = accountNotionals(account, markets);
  const open = [...account.positions].flatMap(([assetId, position]) => {
    const market = markets[assetId];
    return market === undefined ? [] : [{ market, position }];
  });
  const marginUsed = open.reduce((sum, { market, position }) => sum + marginUsedOf(account, market, position), 0n);
  return {
    marginSummary: summary({ ...all, marginUsed }),
    crossMarginSummary: summary({
      accountValue: cross.accountValue,
      notional: cross.notional,
      rawUsd: account.rawUsd,
      marginUsed: cross.initialMargin,
    }),
    crossMaintenanceMarginUsed: formatMoney(cross.maintenanceMargin),
    withdrawable: formatMoney(withdrawable(venue, account)),
    assetPositions: open.map(({ market, position }) => ({
      type: 'oneWay',
      position: wirePosition(venue, account, { market, position }),
    })),
    time: venue.clock.now(),
  };
}

function summary(values: {
  readonly accountValue: bigint;
  readonly notional: bigint;
  readonly rawUsd: bigint;
  readonly marginUsed: bigint;
}): MarginSummary {
  return {
    accountValue: formatMoney(values.accountValue),
    totalNtlPos: formatMoney(values.notional),
    totalRawUsd: formatMoney(values.rawUsd),
    totalMarginUsed: formatMoney(values.marginUsed),
  };
}

function marginUsedOf(account: Account, market: Market, position: Position): bigint {
  if (position.isolatedRawUsd !== undefined) return position.isolatedRawUsd + position.size * market.mark;
  return (absolute(position.size) * market.mark) / BigInt(leverageOf(account, market.asset).value);
}

function wirePosition(
  venue: Venue,
  account: Account,
  held: { readonly market: Market; readonly position: Position },
): WirePosition {
  const { market, position } = held;
  const { asset } = market;
  const leverage = leverageOf(account, asset);
  const value = absolute(position.size) * market.mark;
  const entryNotional = position.entryNotional / ENTRY_SCALE;
  const pnl = position.size > 0n ? value - entryNotional : entryNotional - value;
  const liquidation = liquidationPrice(venue, account, held);
  return {
    coin: asset.name,
    szi: formatSz(asset, position.size),
    leverage: wireLeverage(account, market),
    entryPx: formatPx(asset, displayedEntry(position)),
    positionValue: formatMoney(value),
    unrealizedPnl: formatMoney(pnl),
    returnOnEquity: ratioText(Number(pnl) / (Number(entryNotional) / leverage.value)),
    liquidationPx: liquidation,
    marginUsed: formatMoney(marginUsedOf(account, market, position)),
    maxLeverage: asset.maxLeverage,
    cumFunding: {
      allTime: formatMoney(account.fundingPaid.get(asset.id) ?? 0n),
      sinceOpen: formatMoney(position.funding.sinceOpen),
      sinceChange: formatMoney(position.funding.sinceChange),
    },
  };
}

function wireLeverage(account: Account, market: Market): WireLeverage {
  const { isCross, value } = leverageOf(account, market.asset);
  if (isCross) return { type: 'cross', value };
  const rawUsd = account.positions.get(market.asset.id)?.isolatedRawUsd ?? 0n;
  return { type: 'isolated', value, rawUsd: formatMoney(rawUsd) };
}

/** mark − side · available / |size| / (1 − l · side), l = 1/(2 · max leverage); null where it is not positive. */
function liquidationPrice(
  venue: Venue,
  account: Account,
  held: { readonly market: Market; readonly position: Position },
): string | null {
  const { market, position } = held;
  const cross = crossSummary(account, venue.markets);
  const value = absolute(position.size) * market.mark;
  const available =
    position.isolatedRawUsd === undefined
      ? cross.accountValue - cross.maintenanceMargin
      : marginUsedOf(account, market, position) - maintenanceMargin(market.asset, value);
  const side = position.size > 0n ? 1 : -1;
  const rate = 1 / (2 * maxLeverageAt(market.asset, value));
  const distance = Number(available) / Number(absolute(position.size)) / (1 - rate * side);
  const price = Number(market.mark) - side * distance;
  return price > 0 ? decimalText(price / 10 ** (6 - market.asset.szDecimals), 10) : null;
}

/** Ten decimals at most, one at least. */
const ratioText = (value: number): string => decimalText(value, 10);

function decimalText(value: number, decimals: number): string {
  const text = value.toFixed(decimals).replace(/0+$/, '');
  return text.endsWith('.') ? `${text}0` : text;
}

/** Leverage and what may still be traded in a coin; first elements for buys, second for sells. */
export function activeAssetData(venue: Venue, account: Account, market: Market): ActiveAssetData {
  const { asset } = market;
  const leverage = leverageOf(account, asset);
  const available = withdrawable(venue, account);
  const size = (available * BigInt(leverage.value)) / market.mark;
  const position = account.positions.get(asset.id)?.size ?? 0n;
  const closable = { buy: position < 0n ? -position : 0n, sell: position > 0n ? position : 0n };
  return {
    user: account.address,
    coin: asset.name,
    leverage: wireLeverage(account, market),
    maxTradeSzs: [formatSz(asset, size + closable.buy), formatSz(asset, size + closable.sell)],
    availableToTrade: [formatMoney(available), formatMoney(available)],
    markPx: formatPx(asset, publishedMark(market)),
  };
}
