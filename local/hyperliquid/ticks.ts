/** Prices in ticks of 10^−(6 − szDecimals) USD and the venue's rule of five significant figures. */
import { formatDecimal, parseDecimal } from '@perps/domain/money';
import type { Asset } from './universe.ts';

const SIGNIFICANT_FIGURES = 5;
const DECIMALS_MAX = 6;

export const priceDecimals = (asset: Asset): number => DECIMALS_MAX - asset.szDecimals;

const POWERS = Array.from({ length: 20 }, (_, exponent) => 10n ** BigInt(exponent));

/** The distance between neighbouring valid prices at `price`; whole dollars are always valid. */
export function stepAt(asset: Asset, price: bigint): bigint {
  const wholeDollarDecimals = priceDecimals(asset);
  let exponent = 0;
  while (exponent < wholeDollarDecimals && price >= (POWERS[exponent + SIGNIFICANT_FIGURES] ?? price + 1n))
    exponent += 1;
  return POWERS[exponent] ?? 1n;
}

export const isOnTick = (asset: Asset, price: bigint): boolean => price % stepAt(asset, price) === 0n;

/** The valid price nearest to an amount of USD, at least one tick. */
export function priceFromUsd(asset: Asset, usd: number): bigint {
  const ticks = BigInt(Math.max(1, Math.round(usd * 10 ** priceDecimals(asset))));
  return nearestValid(asset, ticks);
}

export const priceToUsd = (asset: Asset, price: bigint): number => Number(price) / 10 ** priceDecimals(asset);

/** The valid price nearest to `ticks`. */
export function nearestValid(asset: Asset, ticks: bigint): bigint {
  const step = stepAt(asset, ticks);
  const rounded = ((ticks + step / 2n) / step) * step;
  return rounded > 0n ? rounded : 1n;
}

/** The next valid price above. */
export const tickUp = (asset: Asset, price: bigint): bigint => price + stepAt(asset, price);

/** The next valid price below; the smallest price is its own neighbour. */
export function tickDown(asset: Asset, price: bigint): bigint {
  const below = price - 1n;
  if (below <= 0n) return 1n;
  const step = stepAt(asset, below);
  return (below / step) * step;
}

/** A size in lots worth about `usd` at `price`, at least one lot. */
export function sizeFromUsd(asset: Asset, usd: number, price: bigint): bigint {
  const lots = Math.round((usd / priceToUsd(asset, price)) * 10 ** asset.szDecimals);
  return BigInt(Math.max(1, lots));
}

export const formatPx = (asset: Asset, price: bigint): string => formatDecimal(price, priceDecimals(asset));
export const formatSz = (asset: Asset, size: bigint): string => formatDecimal(size, asset.szDecimals);
export const formatMoney = (microUsd: bigint): string => formatDecimal(microUsd, DECIMALS_MAX);
export const parsePx = (asset: Asset, text: string): bigint | undefined => parseDecimal(text, priceDecimals(asset));
export const parseSz = (asset: Asset, text: string): bigint | undefined => parseDecimal(text, asset.szDecimals);

/** The mean of two prices with half a tick kept, as the venue prints mids. */
export const formatMid = (asset: Asset, bid: bigint, ask: bigint): string =>
  formatDecimal((bid + ask) * 5n, priceDecimals(asset) + 1);
