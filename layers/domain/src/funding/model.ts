/** Funding as positions carry it: one cumulative index per symbol and route instead of a row per holder and hour. */
import type { Price, Rate, Size, Usd } from '../money/index.ts';
import type { Route } from '../routing/model.ts';

export const HOUR_MS = 3_600_000;
/** Hours whose rates may still come (a week); what is older than that is given up, oldest first. */
export const OPEN_HOURS_MAX = 168;

/**
 * Key `${symbol}:${route}`. Σ over the closed hours of oracle price (ticks) × hourly rate (parts per 10¹²): what a long
 * of one lot has paid since the shard began, in 10⁻¹⁸ USD. Grows when longs pay.
 */
export type FundingIndexes = Readonly<Record<string, bigint>>;

/** What one hour added to the INTERNAL index of a symbol, at the rate known at that moment. */
export interface FundingAccrual {
  readonly symbol: string;
  readonly oraclePrice: Price;
  /** Hourly; positive = longs pay. */
  readonly rate: Rate;
}

/** Holders of an hour that is not charged yet: its rate, or the venue's payment, is still to come. */
export interface OpenFunding {
  readonly symbol: string;
  readonly route: Route;
  /** As it stood at the hour; absent where no fresh market was known. */
  readonly oraclePrice?: Price;
}

/** One hour of a symbol as the venue published it. */
export interface FundingRate {
  readonly symbol: string;
  /** Hourly; positive = longs pay. */
  readonly rate: Rate;
  /** Where it is known: of that hour. */
  readonly oraclePrice?: Price;
  /** What the venue booked on the trading account: 10⁻⁶ USD, negative = paid, for this signed size. */
  readonly payment?: { readonly amount: Usd; readonly size: Size };
}

/**
 * `confirmed`: the accrued rate was right (within the tolerance). `late`: the hour is charged now. `rate`: it was
 * accrued at another rate and is corrected per position.
 */
export interface FundingSettlement {
  readonly symbol: string;
  readonly route: Route;
  readonly kind: 'confirmed' | 'late' | 'rate';
  readonly rate: Rate;
  /** The rate it was accrued at; absent where it was open. */
  readonly accruedRate?: Rate;
  /** What one lot's holder owes more than is accrued, 10⁻¹⁸ USD. */
  readonly indexChange: bigint;
}

/** An hour of a symbol and route whose settlement is still to come. */
export interface PendingFunding {
  readonly oraclePrice?: Price;
  /** Accrued at this rate; absent = nothing is accrued. */
  readonly rate?: Rate;
}

/** Positions that changed between the hour and the next one, with the size they had at the hour (zero = none). */
export interface OpenHour {
  readonly hour: number;
  /** By symbol and route. */
  readonly pending: Map<string, PendingFunding>;
  /** By symbol and route, then account. */
  readonly changed: Map<string, Map<string, Size>>;
}

export type CorrectionKind = 'late' | 'rate';

/** One settled hour that the index could not charge: these accounts are settled one by one, by `CorrectFunding`. */
export interface FundingCorrections {
  readonly symbol: string;
  readonly route: Route;
  readonly hour: number;
  readonly kind: CorrectionKind;
  readonly indexChange: bigint;
  /** Account and the signed lots that owe the change; a list, because a map of a million takes a second to build. */
  readonly sizes: readonly (readonly [accountId: string, size: Size])[];
  /** Those before this one are corrected, and these of the others. */
  head: number;
  readonly done: Set<string>;
}

/** A run that posts what has accrued: begun, and not told to be over. */
export interface FundingPosting {
  readonly hour: number;
  readonly routes: readonly Route[];
}

/** The shard's funding: part of its state, changed in place by `apply`. */
export interface FundingBook {
  readonly indexes: Record<string, bigint>;
  /** The newest hour whose holders are fixed (ms, a multiple of an hour); 0 before the first. */
  closedHour: number;
  /** Open positions by symbol and route. */
  readonly holders: Map<string, number>;
  /** From the oldest hour that is not settled on; oldest first. */
  hours: OpenHour[];
  /** Oldest first. */
  corrections: FundingCorrections[];
  posting: FundingPosting | undefined;
  /** The newest hour a posting was begun for, by route. */
  readonly postedHours: Partial<Record<Route, number>>;
}

export const initialFundingBook = (): FundingBook => ({
  indexes: {},
  closedHour: 0,
  holders: new Map(),
  hours: [],
  corrections: [],
  posting: undefined,
  postedHours: {},
});

export const fundingKey = ({ symbol, route }: { readonly symbol: string; readonly route: Route }): string =>
  `${symbol}:${route}`;
