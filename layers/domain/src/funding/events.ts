/** Facts of a whole shard's funding. Types only; a stored `type` is never renamed. */
import type { FundingAccrual } from './model.ts';

export type FundingEvent =
  /** Holders of the hour are fixed: whoever holds INTERNAL now owes these accruals. */
  { readonly type: 'HourClosed'; readonly hour: number; readonly accruals: readonly FundingAccrual[] };
