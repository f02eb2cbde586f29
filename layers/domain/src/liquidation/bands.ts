/**
 * How far the marks of a scope may move before its next level can be reached. Doubles, and therefore always a little
 * early: whether anything happens is decided exactly, by `requirement.ts`.
 */
import type { RiskEpisode } from '../account/model.ts';
import { type Instrument, maintenanceDeduction, tiersOf } from '../market/index.ts';

/** What the bands need of an instrument's margin tiers, as doubles. */
export interface TierFacts {
  readonly instrument: Instrument;
  /** Maintenance = the largest of notional × rate − deduction over the tiers (10⁻⁶ USD). */
  readonly rates: readonly number[];
  readonly deductions: readonly number[];
  readonly rateMax: number;
}

export function tierFactsOf(instrument: Instrument): TierFacts {
  const tiers = tiersOf(instrument);
  const rates = tiers.map(({ maxLeverage }) => 1 / (2 * maxLeverage));
  const deductions = tiers.map((_tier, index) => {
    const { numerator, denominator } = maintenanceDeduction(tiers, index);
    return Number(numerator) / Number(denominator);
  });
  return { instrument, rates, deductions, rateMax: Math.max(...rates) };
}

export const isSameInstrument = (left: Instrument, right: Instrument): boolean =>
  left === right ||
  (left.maxLeverage === right.maxLeverage &&
    left.szDecimals === right.szDecimals &&
    left.marginTiers.length === right.marginTiers.length &&
    left.marginTiers.every(
      (tier, index) =>
        tier.lowerBound === right.marginTiers[index]?.lowerBound &&
        tier.maxLeverage === right.marginTiers[index]?.maxLeverage,
    ));

/** Rounded up to the whole 10⁻⁶ USD and over. */
export function maintenanceNear({ rates, deductions }: TierFacts, notional: number): number {
  let most = 0;
  for (let tier = 0; tier < rates.length; tier += 1) {
    const needed = notional * (rates[tier] ?? 0) - (deductions[tier] ?? 0);
    if (needed > most) most = needed;
  }
  return most + 1;
}

/** Equity below this multiple of the maintenance is the next level; undefined = no level is left to reach. */
export function nextLevelOf(episode: RiskEpisode | undefined): number | undefined {
  if (episode === undefined) return 2;
  if (episode.level === 'warned50') return 1.25;
  return episode.level === 'warned80' ? 1 : undefined;
}

/** Equity over this multiple of the maintenance ends an episode. */
export const CLEAR_LEVEL = 2;

/** What doubles may be wrong by. */
export const toleranceOf = (equity: number, notional: number): number => 2 + (Math.abs(equity) + notional) * 1e-9;

/**
 * The mark at which the equity behind one isolated position is `level` times its maintenance, solved in every tier: of a
 * long the highest, of a short the lowest, because the requirement is the largest of the tiers' lines.
 */
export function isolatedPrice(
  { rates, deductions }: TierFacts,
  held: { readonly size: number; readonly mark: number; readonly equity: number },
  level: number,
): number {
  const { size, mark, equity } = held;
  const isLong = size > 0;
  let found = isLong ? 0 : Number.POSITIVE_INFINITY;
  for (let tier = 0; tier < rates.length; tier += 1) {
    const slope = size - level * Math.abs(size) * (rates[tier] ?? 0);
    if (slope === 0 || slope > 0 !== isLong) continue;
    const root = (size * mark - equity - level * (deductions[tier] ?? 0)) / slope;
    if (isLong ? root > found : root < found) found = root;
  }
  return found;
}
