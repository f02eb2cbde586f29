import { divide, usd, type Usd } from '../money/index.ts';
import { invariant } from '../kernel/index.ts';
import type { Instrument, MarginTier } from './model.ts';

/** Initial margin of a notional (absolute, 10⁻⁶ USD) at a leverage; rounded up. */
export const initialMargin = (notional: Usd, leverage: number): Usd => usd(divide(notional, BigInt(leverage), 'up'));

/** The tier a notional falls in; an exact boundary belongs to the higher one. */
export function tierIndexAt(notional: Usd, tiers: readonly MarginTier[]): number {
  let index = tiers.length - 1;
  while (index > 0 && notional < (tiers[index]?.lowerBound ?? 0n)) index -= 1;
  return index;
}

/** The highest leverage a position of this notional may have. */
export const maxLeverageAt = (notional: Usd, tiers: readonly MarginTier[]): number =>
  tierAt(tiers, tierIndexAt(notional, tiers)).maxLeverage;

/** The tiers of an instrument; one that lists none has a single tier at its highest leverage. */
export const tiersOf = (instrument: Instrument): readonly MarginTier[] =>
  instrument.marginTiers.length > 0
    ? instrument.marginTiers
    : [{ lowerBound: usd(0n), maxLeverage: instrument.maxLeverage }];

/**
 * Maintenance requirement of a notional (absolute, 10⁻⁶ USD), rounded up: half the tier's initial fraction, less the
 * deduction that makes the requirement continuous across tiers.
 * @see https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers
 */
export function maintenanceMargin(notional: Usd, tiers: readonly MarginTier[]): Usd {
  const index = tierIndexAt(notional, tiers);
  const single = tiers.length === 1 ? tiers[0] : undefined;
  if (single !== undefined) return usd(divide(notional, 2n * BigInt(single.maxLeverage), 'up'));
  const { numerator, denominator } = maintenanceDeduction(tiers, index);
  const rateDenominator = 2n * BigInt(tierAt(tiers, index).maxLeverage);
  return usd(divide(notional * denominator - numerator * rateDenominator, rateDenominator * denominator, 'up'));
}

/** Deduction of a tier as an exact fraction of 10⁻⁶ USD: Σ lowerBound(n) × (rate(n) − rate(n−1)). */
export function maintenanceDeduction(
  tiers: readonly MarginTier[],
  index: number,
): { readonly numerator: bigint; readonly denominator: bigint } {
  let numerator = 0n;
  let denominator = 1n;
  for (let tier = 1; tier <= index; tier += 1) {
    const rate = 2n * BigInt(tierAt(tiers, tier).maxLeverage);
    const rateBefore = 2n * BigInt(tierAt(tiers, tier - 1).maxLeverage);
    const step = tierAt(tiers, tier).lowerBound * (rateBefore - rate);
    numerator = numerator * rate * rateBefore + step * denominator;
    denominator *= rate * rateBefore;
  }
  return { numerator, denominator };
}

function tierAt(tiers: readonly MarginTier[], index: number): MarginTier {
  const tier = tiers[index];
  invariant(tier !== undefined, 'an instrument has at least one margin tier');
  return tier;
}
