import { divide, type Size, usd, type Usd } from '../money/index.ts';
import type { FundingIndexes } from './model.ts';

/** One index unit of one lot is 10⁻¹⁸ USD. */
export const INDEX_PER_MICRO_USD = 10n ** 12n;

interface Holding {
  readonly symbol: string;
  readonly route: string;
  readonly size: Size;
  readonly fundingIndex: bigint;
}

/** What a size owes for a growth of the index: the user's part rounded against the user, and the rest of it. */
export interface FundingDue {
  /** 10⁻⁶ USD, positive = the user pays; rounded up: paid up, received down. */
  readonly amount: Usd;
  /** The same rounded down: what the other side gets; 0 or 1 less than the amount. */
  readonly booked: Usd;
}

/** What so many signed lots owe for a growth of the index (10⁻¹⁸ USD a lot). */
export function fundingDue(lots: Size, growth: bigint): FundingDue {
  const exact = lots * growth;
  return {
    amount: usd(divide(exact, INDEX_PER_MICRO_USD, 'up')),
    booked: usd(divide(exact, INDEX_PER_MICRO_USD, 'down')),
  };
}

/** What a position owes since its funding was last posted (10⁻⁶ USD, positive = the user pays); rounded against the user. */
export function accruedFunding(position: Holding, indexes: FundingIndexes): Usd {
  const grown = fundingIndexOf(indexes, position) - position.fundingIndex;
  return grown === 0n ? usd(0n) : fundingDue(position.size, grown).amount;
}

/** The index a position of the symbol and route is posted up to when it is posted now. */
export const fundingIndexOf = (
  indexes: FundingIndexes,
  { symbol, route }: { readonly symbol: string; readonly route: string },
): bigint => indexes[`${symbol}:${route}`] ?? 0n;
