import { divide, type Size, usd, type Usd } from '../money/index.ts';
import type { FundingIndexes } from './model.ts';

/** One index unit of one lot is 10⁻¹⁸ USD. */
const PER_MICRO_USD = 10n ** 12n;

interface Holding {
  readonly symbol: string;
  readonly route: string;
  readonly size: Size;
  readonly fundingIndex: bigint;
}

/** What a position owes since its funding was last posted (10⁻⁶ USD, positive = the user pays); rounded against the user. */
export function accruedFunding(position: Holding, indexes: FundingIndexes): Usd {
  const grown = fundingIndexOf(indexes, position) - position.fundingIndex;
  return grown === 0n ? usd(0n) : usd(divide(position.size * grown, PER_MICRO_USD, 'up'));
}

/** The index a position of the symbol and route is posted up to when it is posted now. */
export const fundingIndexOf = (
  indexes: FundingIndexes,
  { symbol, route }: { readonly symbol: string; readonly route: string },
): bigint => indexes[`${symbol}:${route}`] ?? 0n;
