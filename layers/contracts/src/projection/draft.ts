/** The fold in progress, and what every part of it does: write rows, move money. */
import type { AccountEvent } from '@perps/domain/account';
import type { Transfer, TransferType } from '@perps/domain/ledger';
import { type Usd, usd, ZERO_USD } from '@perps/domain/money';
import type { AccountProjection, RowWrite } from './model.ts';
import type { FundingRates } from './rates.ts';

export type Fact<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

/** Local to one call of `project`. */
export interface Draft {
  account: AccountProjection;
  readonly at: number;
  readonly rates: FundingRates;
  readonly writes: RowWrite[];
}

/** Money that comes or goes by no doing of the market: what a ledger of deposits and withdrawals lists. */
const EXTERNAL: ReadonlySet<TransferType> = new Set(['deposit', 'withdrawal', 'adjustment']);

export const write = (draft: Draft, table: RowWrite['table'], columns: RowWrite['columns']): void =>
  void draft.writes.push({ table, columns });

export const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

export function without<Value>(record: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> {
  const { [key]: _removed, ...rest } = record;
  return rest;
}

/** One `balance_logs` row per posting to a pot of the user's. */
export function move(draft: Draft, transfers: readonly Transfer[]): void {
  for (const transfer of transfers) {
    const external = externalAmount(transfer);
    draft.account = { ...draft.account, netDeposits: usd(draft.account.netDeposits + external) };
    for (const posting of transfer.postings) {
      if ('pot' in posting) post(draft, transfer, { ...posting, isExternal: external !== 0n });
    }
  }
}

function post(
  draft: Draft,
  { type, ref }: Transfer,
  { pot, amount, isExternal }: { readonly pot: string; readonly amount: Usd; readonly isExternal: boolean },
): void {
  const { userId, pots, logCount } = draft.account;
  const before = pots[pot] ?? ZERO_USD;
  const after = usd(before + amount);
  draft.account = { ...draft.account, pots: put(pots, pot, after), logCount: logCount + 1 };
  write(draft, 'balance_logs', {
    user_id: userId,
    seq: logCount + 1,
    type,
    amount: String(amount),
    before: String(before),
    after: String(after),
    ref_id: ref,
    pot,
    created_at: draft.at,
    // Absent on all other rows: the index over it has the deposits and withdrawals alone, among many more fees.
    ...(isExternal ? { external_at: draft.at } : {}),
  });
}

/** What the user has more or less after it; zero where money only changes pots, and for what the market does. */
const externalAmount = ({ type, postings }: Transfer): bigint =>
  EXTERNAL.has(type) ? sum(postings.map((posting) => ('pot' in posting ? posting.amount : 0n))) : 0n;

const put = (pots: AccountProjection['pots'], pot: string, amount: Usd): AccountProjection['pots'] =>
  amount === 0n ? without(pots, pot) : { ...pots, [pot]: amount };
