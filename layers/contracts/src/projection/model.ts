/**
 * The read tables: what history looks like to queries. Names of tables and columns are the data dictionary's.
 * Amounts are strings of integers at the domain's fixed scale (USD 10⁻⁶, prices in ticks, sizes in lots); times ms.
 */
import type { Usd } from '@perps/domain/money';

export type ReadTable = 'wallets' | 'balance_logs' | 'orders' | 'positions' | 'fills';

export const READ_TABLES: readonly ReadTable[] = ['wallets', 'balance_logs', 'orders', 'positions', 'fills'];

/** Key attributes of each table. */
export const READ_TABLE_KEYS = {
  wallets: ['user_id'],
  balance_logs: ['user_id', 'seq'],
  orders: ['id'],
  positions: ['id'],
  fills: ['id'],
} as const satisfies Readonly<Record<ReadTable, readonly string[]>>;

/** null = there is no such thing for this row (`hl_fill_price` of an internal fill). */
export type Column = string | number | boolean | null;

/** Sets these columns of one row, keys included; other columns stay. The first write of a row sets all of them. */
export interface RowWrite {
  readonly table: ReadTable;
  readonly columns: Readonly<Record<string, Column>>;
}

/** What the fold of one account remembers between its entries; stored with the account's `wallets` row. */
export interface AccountProjection {
  readonly userId: string;
  /** Balance by pot, as in the ledger; empty pots are left out. */
  readonly pots: Readonly<Record<string, Usd>>;
  /** Margin set aside, by live order. */
  readonly orderMargins: Readonly<Record<string, Usd>>;
  /** Open positions by `${symbol}:${route}`: which row, and the initial margin at entry where it is cross. */
  readonly positions: Readonly<Record<string, { readonly id: string; readonly crossMargin: Usd }>>;
  /** Rows written to `balance_logs` so far: the next one's seq. */
  readonly logCount: number;
}

/** An account nothing is known of yet. */
export const emptyProjection = (userId: string): AccountProjection => ({
  userId,
  pots: {},
  orderMargins: {},
  positions: {},
  logCount: 0,
});
