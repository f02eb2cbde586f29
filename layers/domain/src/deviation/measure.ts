/** How far two figures are apart, and what that calls for (spec 03). */
import { usd, type Usd, ZERO_USD } from '../money/index.ts';
import type { Cash, DeviationLevel, Execution, Measure } from './model.ts';

/** Below this a deviation is logged and covered, whatever its rate. 10⁻⁶ USD. */
export const DEVIATION_USD_MIN: Usd = usd(10_000_000n);
const ALERT_PERCENT = 1n;
const CRITICAL_PERCENT = 5n;
/** Of a day's Σ |deviation|, 10⁻⁶ USD. */
export const DAY_REVIEW_OVER: Usd = usd(1_000_000_000n);
export const DAY_CRITICAL_OVER: Usd = usd(5_000_000_000n);

const PARTS = 10n ** 12n;

export const NO_CASH: Cash = { traded: ZERO_USD, fees: ZERO_USD, funding: ZERO_USD };

/** What an execution brought (a sale) or cost (a purchase), and its fee. */
export const cashOf = ({ side, price, size, fee }: Execution): Cash => ({
  traded: usd(side === 'buy' ? -price * size : price * size),
  fees: usd(-fee),
  funding: ZERO_USD,
});

export const addCash = (left: Cash, right: Cash): Cash => ({
  traded: usd(left.traded + right.traded),
  fees: usd(left.fees + right.fees),
  funding: usd(left.funding + right.funding),
});

export const totalOf = ({ traded, fees, funding }: Cash): Usd => usd(traded + fees + funding);

/**
 * Measures each part (executions, fees, funding) and the whole against the venue's own figure of the same, and takes the
 * worst: a fee that is a tenth too high is not lost in the notional it was paid on, and parts that cancel out are seen.
 * The rate is |ours − venue's| / |venue's|; where the venue has nothing, any deviation is beyond every rate. A part
 * counts from 10 USD on; `deviationRate` is that of the worst part that counts, else of the whole.
 */
export function measure(platform: Cash, venue: Cash): Measure {
  const whole = { ours: totalOf(platform), theirs: totalOf(venue) };
  const parts = [
    whole,
    { ours: platform.traded, theirs: venue.traded },
    { ours: platform.fees, theirs: venue.fees },
    { ours: platform.funding, theirs: venue.funding },
  ].filter((part) => part === whole || magnitude(part.ours - part.theirs) >= DEVIATION_USD_MIN);
  const worst = parts.reduce((found, part) => (isWorse(part, found) ? part : found));
  return {
    platformPnl: whole.ours,
    hlActualPnl: whole.theirs,
    deviation: usd(whole.ours - whole.theirs),
    deviationRate: rateOf(worst),
    level: levelOf(worst),
  };
}

/** What a day's Σ |deviation| (10⁻⁶ USD) calls for; undefined = nothing. */
export function dayLevel(total: Usd): Extract<DeviationLevel, 'review' | 'p0'> | undefined {
  if (total > DAY_CRITICAL_OVER) return 'p0';
  return total > DAY_REVIEW_OVER ? 'review' : undefined;
}

interface Pair {
  readonly ours: bigint;
  readonly theirs: bigint;
}

const SEVERITY = { logged: 0, alert: 1, p0: 2 } as const;

function isWorse(part: Pair, than: Pair): boolean {
  const difference = SEVERITY[levelOf(part)] - SEVERITY[levelOf(than)];
  if (difference !== 0) return difference > 0;
  const rate = rateOf(part);
  const other = rateOf(than);
  return other !== undefined && (rate === undefined || rate > other);
}

/** By cross-multiplication: a rate exactly at its limit is within it. */
function levelOf({ ours, theirs }: Pair): Measure['level'] {
  const apart = magnitude(ours - theirs);
  if (apart < DEVIATION_USD_MIN) return 'logged';
  const base = magnitude(theirs);
  if (apart * 100n > base * CRITICAL_PERCENT) return 'p0';
  return apart * 100n > base * ALERT_PERCENT ? 'alert' : 'logged';
}

function rateOf({ ours, theirs }: Pair): bigint | undefined {
  if (ours === theirs) return 0n;
  return theirs === 0n ? undefined : (magnitude(ours - theirs) * PARTS) / magnitude(theirs);
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
