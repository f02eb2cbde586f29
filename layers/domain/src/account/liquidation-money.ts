/** The money of a position that is liquidated: PnL and fee out of its own pot, then what is left of that. */
import {
  chargeUser,
  feeReceivers,
  forfeitTransfer,
  isolatedPot,
  lossReceivers,
  marginRelease,
  payUser,
  type PlatformAccount,
  type Posting,
  type Transfer,
  type TransferType,
  type UserPot,
} from '../ledger/index.ts';
import {
  absoluteNotional,
  divide,
  magnitude,
  negateSize,
  negateUsd,
  type Price,
  type Size,
  size,
  usd,
  type Usd,
  ZERO_USD,
} from '../money/index.ts';
import type { LiquidationPolicy } from '../routing/model.ts';
import type { Position } from './model.ts';

export interface Liquidated {
  /** As it is afterwards; undefined = gone. */
  readonly position: Position | undefined;
  readonly transfers: readonly Transfer[];
  /** Gross of the fee. */
  readonly pnl: Usd;
  /** Isolated and closed whole: what was left of the margin. */
  readonly remainder: Usd;
  readonly badDebt: Usd;
}

interface Closing {
  readonly position: Position;
  /** Lots, at most the position's. */
  readonly closed: Size;
  readonly price: Price;
  /** What a cross position's loss is charged to; an isolated one has its own pot. */
  readonly wallet: Usd;
  /** The venue's; negative = rebate. */
  readonly fee: Usd;
  readonly remainder: LiquidationPolicy['remainder'];
}

/**
 * Closes part or all of a position. Collateral of an isolated one stays whole until the last lot, and is then forfeited
 * or returned; a loss beyond the pot is bad debt (I8). The entry's share is rounded against the user.
 */
export function closeLiquidated(closing: Closing): Liquidated {
  const { position, closed, price, fee } = closing;
  const { route, positionId } = position;
  const isLong = position.size > 0n;
  const whole = magnitude(position.size);
  const isIsolated = position.marginMode === 'isolated';
  const entryShare = usd(divide(position.entryNotional * closed, whole, isLong ? 'up' : 'down'));
  const proceeds = absoluteNotional(price, closed);
  const pnl = usd(isLong ? proceeds - entryShare : entryShare - proceeds);
  const pot = openPot(positionId, isIsolated ? position.isolatedMargin : closing.wallet, isIsolated);
  const counterparty = route === 'INTERNAL' ? 'bbook-pnl' : 'venue:hl-trading';
  // What comes in comes first, so that nothing is bad debt that the same step pays.
  if (pnl > 0n) pay(pot, pnl, { type: 'realized-pnl', payer: counterparty });
  if (fee < 0n) pay(pot, negateUsd(fee), { type: 'rebate', payer: 'venue:hl-trading' });
  if (pnl < 0n) {
    const loss = negateUsd(pnl);
    charge(pot, loss, { type: 'realized-pnl', received: lossReceivers(route, loss) });
  }
  if (fee > 0n) charge(pot, fee, { type: 'fee', received: feeReceivers(route, fee) });
  const done = { transfers: pot.transfers, pnl, badDebt: pot.badDebt };
  const left = size(whole - closed);
  if (left > 0n) {
    const after = {
      ...position,
      size: isLong ? left : negateSize(left),
      entryNotional: usd(position.entryNotional - entryShare),
      isolatedMargin: isIsolated ? pot.balance : position.isolatedMargin,
    };
    return { ...done, position: after, remainder: ZERO_USD };
  }
  const remainder = isIsolated ? pot.balance : ZERO_USD;
  if (remainder > 0n) {
    const isForfeit = closing.remainder === 'FORFEIT';
    pot.transfers.push(
      isForfeit ? forfeitTransfer(route, positionId, remainder) : marginRelease(positionId, remainder),
    );
  }
  return { ...done, position: undefined, remainder };
}

interface Pot {
  readonly pot: UserPot;
  readonly ref: string;
  readonly transfers: Transfer[];
  balance: Usd;
  badDebt: Usd;
}

const openPot = (positionId: string, balance: Usd, isIsolated: boolean): Pot => ({
  pot: isIsolated ? isolatedPot(positionId) : 'wallet',
  ref: positionId,
  transfers: [],
  balance,
  badDebt: ZERO_USD,
});

function pay(into: Pot, amount: Usd, by: { readonly type: TransferType; readonly payer: PlatformAccount }): void {
  into.transfers.push(payUser({ ...by, ref: into.ref, pot: into.pot, amount }));
  into.balance = usd(into.balance + amount);
}

function charge(
  from: Pot,
  amount: Usd,
  to: { readonly type: TransferType; readonly received: readonly Posting[] },
): void {
  if (amount > from.balance) from.badDebt = usd(from.badDebt + amount - from.balance);
  const charged = chargeUser({ ...to, ref: from.ref, pot: from.pot, balance: from.balance, amount });
  from.transfers.push(...charged.transfers);
  from.balance = charged.balance;
}
