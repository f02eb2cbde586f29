/** History of an account by time, from the read tables: complete, but some moments behind the journal. */
import type { TransferType } from '@perps/domain/ledger';
import type { Price, Rate, Size, Usd } from '@perps/domain/money';
import type { Route } from '@perps/domain/routing';
import type { FillRecord } from '@perps/domain/shard';

/** Times in ms, both inclusive. */
export interface HistoryRange {
  readonly from: number;
  readonly to: number;
  /** Rows answered at most, the first ones in the asked order. */
  readonly limit: number;
  /** Absent = oldest first. */
  readonly isNewestFirst?: boolean;
}

/** Funding posted to one position. */
export interface FundingSettlement {
  readonly id: string;
  readonly at: number;
  /** Start of the newest hour it covers. */
  readonly hour: number;
  readonly positionId: string;
  readonly symbol: string;
  readonly route: Route;
  readonly size: Size;
  /** 10⁻⁶ USD, negative = the user paid. */
  readonly payment: Usd;
  /** Mean hourly rate of the hours it covers; undefined where the journal does not say. */
  readonly rate: Rate | undefined;
  /** Hours it covers; undefined where the journal does not say. */
  readonly hours: number | undefined;
  readonly isCorrection: boolean;
}

/** One movement of money in one pot of the user's. */
export interface LedgerEntry {
  readonly seq: number;
  readonly at: number;
  readonly type: TransferType;
  readonly pot: string;
  readonly amount: Usd;
  readonly before: Usd;
  readonly after: Usd;
  readonly ref: string;
}

/** One step of a liquidation. */
export interface LiquidationStep {
  readonly id: string;
  readonly at: number;
  readonly liquidationId: string;
  readonly step: number;
  /** `cross`, or the key of an isolated position. */
  readonly scope: string;
  readonly positionId: string;
  readonly symbol: string;
  readonly route: Route;
  /** Signed, before the step. */
  readonly size: Size;
  readonly closedSize: Size;
  readonly markPrice: Price;
  readonly closePrice: Price;
  readonly equityBefore: Usd;
  readonly badDebt: Usd;
}

/** An account as it was at the start of an hour in which something happened to it. */
export interface BalanceSample {
  readonly at: number;
  /** All pots; without unrealized profit. */
  readonly balance: Usd;
  /** Deposited less withdrawn until then. */
  readonly netDeposits: Usd;
  /** Σ price × size of the fills until then. */
  readonly volume: Usd;
}

/** Reads only; troubles of the store are thrown. */
export interface HistoryStore {
  fundingOf(userId: string, range: HistoryRange): Promise<readonly FundingSettlement[]>;
  /** Every movement; `external` = deposits, withdrawals and adjustments alone. */
  ledgerOf(userId: string, range: HistoryRange & { readonly only?: 'external' }): Promise<readonly LedgerEntry[]>;
  liquidationsOf(userId: string, range: HistoryRange): Promise<readonly LiquidationStep[]>;
  /** Executions of orders, as the engine's own list has the newest of them. */
  fillsOf(userId: string, range: HistoryRange): Promise<readonly FillRecord[]>;
  samplesOf(userId: string, range: HistoryRange): Promise<readonly BalanceSample[]>;
}
