/** Facts of a whole shard's funding. Types only; a stored `type` is never renamed. */
import type { Route } from '../routing/model.ts';
import type { FundingAccrual, FundingSettlement, OpenFunding } from './model.ts';

export type FundingEvent =
  /** Holders of the hour are fixed. INTERNAL ones owe these accruals; the `open` ones are charged when they are settled. */
  | {
      readonly type: 'HourClosed';
      readonly hour: number;
      readonly accruals: readonly FundingAccrual[];
      readonly open?: readonly OpenFunding[];
    }
  /** The venue's rates of an hour came. */
  | {
      readonly type: 'FundingSettled';
      readonly hour: number;
      readonly settlements: readonly FundingSettlement[];
      /** Where the rates are from. */
      readonly source: string;
    }
  | { readonly type: 'FundingPostingStarted'; readonly hour: number; readonly routes: readonly Route[] }
  | { readonly type: 'FundingPostingDone'; readonly hour: number };
