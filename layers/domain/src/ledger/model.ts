import type { Usd } from '../money/index.ts';

/**
 * Ledger accounts of a shard. Users: `user:{accountId}:wallet`, `user:{accountId}:isolated:{positionId}`,
 * `user:{accountId}:hold`. Platform accounts are per shard and may be negative there.
 */
export type PlatformAccount =
  | 'bbook-pnl'
  | 'risk-reserve'
  | 'fees'
  | 'funding'
  | 'venue:hl-trading'
  | 'venue:hl-hedge'
  | 'bad-debt'
  | 'suspense'
  | 'rounding'
  | `chain:${string}`;

export type UserPot = 'wallet' | 'hold' | `isolated:${string}`;

export type TransferType =
  | 'deposit'
  | 'withdrawal'
  | 'margin-lock'
  | 'margin-release'
  | 'realized-pnl'
  | 'fee'
  | 'funding'
  | 'liquidation'
  | 'deviation-cover'
  | 'bad-debt'
  | 'adjustment'
  | 'rebate';

/** One leg of a transfer: the pot of the stream's own user, or a platform account of the shard. Positive = receives. */
export type Posting =
  { readonly pot: UserPot; readonly amount: Usd } | { readonly platform: PlatformAccount; readonly amount: Usd };

/** A balanced movement of money: Σ amounts = 0 (I1). `ref` names the order, position or deposit. */
export interface Transfer {
  readonly type: TransferType;
  readonly ref: string;
  readonly postings: readonly Posting[];
}
