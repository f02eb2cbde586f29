import { usd, type Usd } from '../money/index.ts';
import type { Transfer } from './model.ts';

/** The pots an account's state carries itself; collateral of isolated positions is carried by the positions. */
export interface UserBalances {
  readonly wallet: Usd;
  readonly hold: Usd;
}

/** The user's balances after the transfers. Isolated pots are told by the position facts of the same event. */
export function applyTransfers(balances: UserBalances, transfers: readonly Transfer[]): UserBalances {
  let wallet: bigint = balances.wallet;
  let hold: bigint = balances.hold;
  for (const { postings } of transfers) {
    for (const posting of postings) {
      if (!('pot' in posting)) continue;
      if (posting.pot === 'wallet') wallet += posting.amount;
      else if (posting.pot === 'hold') hold += posting.amount;
    }
  }
  return { wallet: usd(wallet), hold: usd(hold) };
}
