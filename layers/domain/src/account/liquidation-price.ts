/** The mark at which a position, or a cross account through one of its positions, meets its maintenance requirement. */
import { maintenanceDeduction, type MarginTier, tierIndexAt } from '../market/index.ts';
import { divide, magnitude, price, type Price, type Size, usd, type Usd } from '../money/index.ts';

export interface LiquidationFacts {
  /** Signed. */
  readonly size: Size;
  /** Lots that maintenance is taken on, where both routes of a coin are held: neither nets the other. */
  readonly grossSize?: Size;
  readonly markPrice: Price;
  /** What stands behind it at mark: collateral + uPnL when isolated, cross equity when cross. 10⁻⁶ USD. */
  readonly equity: Usd;
  /** Maintenance of everything else that the same equity carries; zero when isolated. */
  readonly otherMaintenance: Usd;
  readonly tiers: readonly MarginTier[];
}

/**
 * Solves equity(p) = maintenance(p), both on the mark notional, in the tier the position is in at that price.
 * Rounded toward the user's loss: a long's price up, a short's down. undefined where no positive price does it.
 * @see spec 00, "Where the written sources are wrong", 1
 */
export function liquidationPrice(facts: LiquidationFacts): Price | undefined {
  for (let index = facts.tiers.length - 1; index >= 0; index -= 1) {
    const candidate = solve(facts, index);
    if (candidate === undefined) continue;
    const value = usd(candidate * grossOf(facts));
    if (tierIndexAt(value, facts.tiers) === index) return candidate;
  }
  // Rounding can put a solution a tick beside its tier's edge; the tier of today is then the honest answer.
  return solve(facts, tierIndexAt(usd(facts.markPrice * grossOf(facts)), facts.tiers));
}

const grossOf = ({ size, grossSize }: LiquidationFacts): Size => grossSize ?? magnitude(size);

/** p = (s·mark − equity + others − deduction) / (s − gross·rate), with rate = 1 / (2 × max leverage). */
function solve(facts: LiquidationFacts, index: number): Price | undefined {
  const { size, markPrice, equity, otherMaintenance, tiers } = facts;
  const twice = 2n * BigInt(tiers[index]?.maxLeverage ?? 1);
  const deduction = maintenanceDeduction(tiers, index);
  const atMark = (markPrice * size - equity + otherMaintenance) * deduction.denominator - deduction.numerator;
  const slope = (twice * size - grossOf(facts)) * deduction.denominator;
  // Positive: a fall reaches it. A long that is hedged on the other route can be reached by a rise.
  const isBelow = slope > 0n;
  const numerator = isBelow ? twice * atMark : -twice * atMark;
  if (numerator <= 0n || slope === 0n) return undefined;
  return price(divide(numerator, isBelow ? slope : -slope, isBelow ? 'up' : 'down'));
}
