/**
 * Fixed-point quantities. Hyperliquid's own rule makes rounding vanish: a price has at most `6 − szDecimals` decimals
 * and a size `szDecimals`, so price (in ticks) × size (in lots) is an exact integer of 10⁻⁶ USD.
 */
declare const unit: unique symbol;

/** Money, signed, in 10⁻⁶ USD. */
export type Usd = bigint & { readonly [unit]: 'Usd' };
/** A price, positive, in ticks of 10^−(6 − szDecimals) USD of its instrument. */
export type Price = bigint & { readonly [unit]: 'Price' };
/** A base amount in lots of 10^−szDecimals of its instrument; signed in positions, positive in orders. */
export type Size = bigint & { readonly [unit]: 'Size' };
/** A rate in parts per 10¹² (funding: hourly; positive = longs pay). */
export type Rate = bigint & { readonly [unit]: 'Rate' };

export const usd = (microUsd: bigint): Usd => microUsd as Usd;
export const price = (ticks: bigint): Price => ticks as Price;
export const size = (lots: bigint): Size => lots as Size;
export const rate = (partsPerTrillion: bigint): Rate => partsPerTrillion as Rate;

export const ZERO_USD = usd(0n);
export const ZERO_SIZE = size(0n);

/** Decimals of money on the wire. */
export const USD_DECIMALS = 6;
/** Decimals a perp price may have at most, together with the size's (Hyperliquid tick and lot rule). */
export const PRICE_AND_SIZE_DECIMALS = 6;
/** Decimals of a rate. */
export const RATE_DECIMALS = 12;
