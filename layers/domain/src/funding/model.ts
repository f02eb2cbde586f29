/** Funding as positions carry it: one cumulative index per symbol and route instead of a row per holder and hour. */
import type { Price, Rate } from '../money/index.ts';

/**
 * Key `${symbol}:${route}`. Σ over the closed hours of oracle price (ticks) × hourly rate (parts per 10¹²): what a long
 * of one lot has paid since the shard began, in 10⁻¹⁸ USD. Grows when longs pay.
 */
export type FundingIndexes = Readonly<Record<string, bigint>>;

/** What one hour added to the index of a symbol and route. */
export interface FundingAccrual {
  readonly symbol: string;
  readonly oraclePrice: Price;
  /** Hourly; positive = longs pay. */
  readonly rate: Rate;
}

/** The shard's funding: part of its state, changed in place by `apply`. */
export interface FundingBook {
  readonly indexes: Record<string, bigint>;
  /** The newest hour whose holders are fixed (ms, a multiple of an hour); 0 before the first. */
  closedHour: number;
}

export const initialFundingBook = (): FundingBook => ({ indexes: {}, closedHour: 0 });
