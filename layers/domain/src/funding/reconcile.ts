/** What the venue booked on the trading account against what its holders were charged (SC-FS-005). */
import { usd, type Usd } from '../money/index.ts';

export interface FundingReconciliation {
  /** Booked less mirrored, 10⁻⁶ USD; what rounding leaves is `suspense`'s. */
  readonly difference: Usd;
  /** |difference| / |booked| in parts per 10¹²; undefined where nothing was booked and something was mirrored. */
  readonly rate: bigint | undefined;
  readonly level: 'ok' | 'logged' | 'alert' | 'p0';
}

const PARTS = 10n ** 12n;
const ALERT = PARTS / 100n;
const CRITICAL = PARTS / 20n;

/** Over 1 % is an alert, over 5 % a P0. Amounts are what users received (negative = paid), 10⁻⁶ USD. */
export function reconcileFunding(booked: Usd, mirrored: Usd): FundingReconciliation {
  const difference = usd(booked - mirrored);
  if (difference === 0n) return { difference, rate: 0n, level: 'ok' };
  if (booked === 0n) return { difference, rate: undefined, level: 'p0' };
  const rate = (magnitude(difference) * PARTS) / magnitude(booked);
  return { difference, rate, level: rate > CRITICAL ? 'p0' : rate > ALERT ? 'alert' : 'logged' };
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
