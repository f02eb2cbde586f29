/** What the comparison with the venue's books asks of the world. */
import type { BookedExecution, DeviationFinding, DeviationWindow, Execution } from '@perps/domain/deviation';
import type { Usd } from '@perps/domain/money';

/** One side's books of the trading account. Complete or an error: what is left out would be taken for missing. */
export interface BooksOf<Fill extends Execution> {
  executions(window: DeviationWindow): Promise<readonly Fill[]>;
  /** Received at the hour (start, ms), by symbol; 10⁻⁶ USD, negative = paid. */
  funding(hour: number): Promise<ReadonlyMap<string, Usd>>;
}

export type VenueBooks = BooksOf<Execution>;
export type OwnBooks = BooksOf<BookedExecution>;

/** OPEN waits for people; COVERED needs nobody; RESOLVED was looked at, or has explained itself since. */
export type DeviationStatus = 'OPEN' | 'COVERED' | 'RESOLVED';

export interface DeviationRow extends DeviationFinding {
  readonly status: DeviationStatus;
  /** When it was written, ms. */
  readonly createdAt: number;
  readonly resolvedAt: number | undefined;
  readonly note: string | undefined;
}

export interface DeviationLog {
  /** Writes a row that is not there; answers with the one that is there now. */
  put(row: DeviationRow): Promise<DeviationRow>;
  find(id: string): Promise<DeviationRow | undefined>;
  /** Rows of a status written at `from` (ms) or later, oldest first; moments behind what was written. */
  withStatus(status: DeviationStatus, from: number): Promise<readonly DeviationRow[]>;
  /** Rows of a symbol, newest first, at most `limit`; moments behind. */
  newestOf(symbol: string, limit: number): Promise<readonly DeviationRow[]>;
  /** Closes an OPEN row; the row as it is then, undefined where it is unknown or not OPEN. */
  resolve(id: string, end: { readonly at: number; readonly note: string }): Promise<DeviationRow | undefined>;
}

/** Up to when windows were compared, ms. */
export interface DeviationCheckpoint {
  read(): Promise<number | undefined>;
  /** Moves it where it still stands at `from`; false = somebody else moved it. */
  advance(from: number | undefined, to: number): Promise<boolean>;
}
