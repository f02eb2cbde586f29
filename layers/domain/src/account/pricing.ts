import type { FundingIndexes } from '../funding/index.ts';
import type { MarketView } from '../market/index.ts';

export type Markets = Readonly<Record<string, MarketView>>;

/** What positions are valued with: marks, and the funding that has accrued but is not posted. */
export interface Pricing {
  readonly markets: Markets;
  readonly funding: FundingIndexes;
}
