/** What the venue's rate of an hour makes of what was accrued for it. */
import { divide, rate, type Rate } from '../money/index.ts';
import type { Route } from '../routing/model.ts';
import { INDEX_PER_MICRO_USD } from './accrued.ts';
import type { FundingRate, FundingSettlement, PendingFunding } from './model.ts';

/** Rates this near (0.001 %) count as the same (SC-EC-007). */
export const RATE_TOLERANCE: Rate = rate(10_000_000n);

/** undefined = it cannot be said yet: nothing is accrued and the oracle price of the hour is not known. */
export function settlementOf(
  route: Route,
  pending: PendingFunding,
  actual: FundingRate,
): FundingSettlement | undefined {
  const { symbol } = actual;
  if (pending.rate === undefined || pending.oraclePrice === undefined) {
    const indexChange = growthOf(route, pending, actual);
    return indexChange === undefined ? undefined : { symbol, route, kind: 'late', rate: actual.rate, indexChange };
  }
  const difference = actual.rate - pending.rate;
  const isSame = (difference < 0n ? -difference : difference) <= RATE_TOLERANCE;
  return {
    symbol,
    route,
    kind: isSame ? 'confirmed' : 'rate',
    rate: actual.rate,
    accruedRate: pending.rate,
    indexChange: isSame ? 0n : pending.oraclePrice * difference,
  };
}

/** HYPERLIQUID: each lot bears its share of what the venue booked; else oracle × rate. */
function growthOf(
  route: Route,
  pending: PendingFunding,
  { rate: actual, oraclePrice, payment }: FundingRate,
): bigint | undefined {
  if (route === 'HYPERLIQUID' && payment !== undefined && payment.size !== 0n) {
    const sign = payment.size < 0n ? -1n : 1n;
    return divide(-payment.amount * INDEX_PER_MICRO_USD * sign, payment.size * sign, 'halfUp');
  }
  const oracle = pending.oraclePrice ?? oraclePrice;
  return oracle === undefined ? undefined : oracle * actual;
}
