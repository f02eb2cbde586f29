import { invariant } from '../kernel/index.ts';
import { negateUsd, usd, type Usd } from '../money/index.ts';
import type { PlatformAccount, Posting, Transfer, TransferType, UserPot } from './model.ts';

export const isolatedPot = (positionId: string): UserPot => `isolated:${positionId}`;
export const toPot = (pot: UserPot, amount: Usd): Posting => ({ pot, amount });
export const toPlatform = (platform: PlatformAccount, amount: Usd): Posting => ({ platform, amount });

/** A movement of money; throws `InvariantViolation` unless its postings sum to zero (I1). */
export function transfer(type: TransferType, ref: string, postings: readonly Posting[]): Transfer {
  let sum = 0n;
  for (const posting of postings) sum += posting.amount;
  invariant(sum === 0n, 'the postings of a transfer sum to zero');
  return { type, ref, postings };
}

/** Credits the wallet against the clearing account of the chain it came by. */
export const depositTransfer = (deposit: {
  readonly ref: string;
  readonly chain: string;
  readonly amount: Usd;
}): Transfer =>
  transfer('deposit', deposit.ref, [
    toPlatform(`chain:${deposit.chain}`, negateUsd(deposit.amount)),
    toPot('wallet', deposit.amount),
  ]);

/** Wallet → collateral of an isolated position. */
export const marginLock = (positionId: string, amount: Usd): Transfer =>
  transfer('margin-lock', positionId, [toPot('wallet', negateUsd(amount)), toPot(isolatedPot(positionId), amount)]);

/** Collateral of an isolated position → wallet. */
export const marginRelease = (positionId: string, amount: Usd): Transfer =>
  transfer('margin-release', positionId, [toPot(isolatedPot(positionId), negateUsd(amount)), toPot('wallet', amount)]);

/**
 * Pays an amount (positive) out of a user's pot and, where that holds less, the rest out of `bad-debt`: a user is
 * never below zero (I8), and the shortfall is seen. `received` says what each counterparty gets; it sums to the amount.
 */
export function chargeUser(charge: {
  readonly type: TransferType;
  readonly ref: string;
  readonly pot: UserPot;
  readonly balance: Usd;
  readonly amount: Usd;
  readonly received: readonly Posting[];
}): { readonly transfers: readonly Transfer[]; readonly balance: Usd } {
  const { type, ref, pot, balance, amount, received } = charge;
  if (balance >= amount) {
    return {
      transfers: [transfer(type, ref, [toPot(pot, negateUsd(amount)), ...received])],
      balance: usd(balance - amount),
    };
  }
  const paid = balance > 0n ? balance : usd(0n);
  const shortfall = usd(amount - paid);
  return {
    transfers: [
      transfer('bad-debt', ref, [toPlatform('bad-debt', negateUsd(shortfall)), toPot(pot, shortfall)]),
      transfer(type, ref, [toPot(pot, negateUsd(amount)), ...received]),
    ],
    balance: usd(balance - paid),
  };
}
