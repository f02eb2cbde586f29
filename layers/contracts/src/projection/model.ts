/**
 * The read tables: what history looks like to queries. Names of tables and columns are the data dictionary's.
 * Amounts are strings of integers at the domain's fixed scale (USD 10⁻⁶, prices in ticks, sizes in lots); times ms.
 */
import type { RiskEpisode } from '@perps/domain/account';
import { type Usd, ZERO_USD } from '@perps/domain/money';
import type { TradingState } from '@perps/domain/routing';

export const READ_TABLES = [
  'wallets',
  'balance_logs',
  'balance_samples',
  'orders',
  'positions',
  'fills',
  'liquidations',
  'funding_settlements',
] as const;

export type ReadTable = (typeof READ_TABLES)[number];

/** Key attributes of each table. */
export const READ_TABLE_KEYS = {
  wallets: ['user_id'],
  balance_logs: ['user_id', 'seq'],
  balance_samples: ['user_id', 'sampled_at'],
  orders: ['id'],
  positions: ['id'],
  fills: ['id'],
  liquidations: ['id'],
  funding_settlements: ['id'],
} as const satisfies Readonly<Record<ReadTable, readonly string[]>>;

/** null = there is no such thing for this row (`hl_fill_price` of an internal fill). */
export type Column = string | number | boolean | null;

/** Sets these columns of one row, keys included; other columns stay. The first write of a row sets all of them. */
export interface RowWrite {
  readonly table: ReadTable;
  readonly columns: Readonly<Record<string, Column>>;
}

/** What the fold knows of an open position beside its row. */
export interface OpenPosition {
  /** Its row. */
  readonly id: string;
  /** Initial margin at entry where it is cross. */
  readonly crossMargin: Usd;
  /** The newest hour whose funding is posted, or the one it was opened in (start, ms). */
  readonly fundedHour: number;
}

/** What the fold of one account remembers between its entries; stored with the account's `wallets` row. */
export interface AccountProjection {
  readonly userId: string;
  /** Balance by pot, as in the ledger; empty pots are left out. */
  readonly pots: Readonly<Record<string, Usd>>;
  /** Margin set aside, by live order. */
  readonly orderMargins: Readonly<Record<string, Usd>>;
  /** Open positions by `${symbol}:${route}`. */
  readonly positions: Readonly<Record<string, OpenPosition>>;
  /** Rows written to `balance_logs` so far: the next one's seq. */
  readonly logCount: number;
  /** Client order id of live orders that have one, by order. */
  readonly cloids: Readonly<Record<string, string>>;
  readonly tradingState: TradingState;
  /** Highest step of the risk episode, by scope (`cross`, or a position's key). */
  readonly risk: Readonly<Record<string, RiskEpisode['level']>>;
  /** Deposited less withdrawn, adjustments included: what of the balance was not earned. */
  readonly netDeposits: Usd;
  /** Σ price × size of the fills. */
  readonly volume: Usd;
  /** Start of the newest hour that has a row in `balance_samples`, ms; 0 = none. */
  readonly sampledHour: number;
}

/** An account nothing is known of yet. */
export const emptyProjection = (userId: string): AccountProjection => ({
  userId,
  pots: {},
  orderMargins: {},
  positions: {},
  logCount: 0,
  cloids: {},
  tradingState: 'ACTIVE',
  risk: {},
  netDeposits: ZERO_USD,
  volume: ZERO_USD,
  sampledHour: 0,
});
