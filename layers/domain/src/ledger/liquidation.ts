/** What a liquidation moves beside the loss itself. */
import { negateUsd, type Usd } from '../money/index.ts';
import type { Route } from '../routing/model.ts';
import type { PlatformAccount, Transfer, TransferType, UserPot } from './model.ts';
import { lossReceivers } from './profit-and-loss.ts';
import { isolatedPot, toPlatform, toPot, transfer } from './transfer.ts';

/** Pays an amount (positive, 10⁻⁶ USD) of a platform account into a pot of the user's. */
export const payUser = (payment: {
  readonly type: TransferType;
  readonly ref: string;
  readonly payer: PlatformAccount;
  readonly pot: UserPot;
  readonly amount: Usd;
}): Transfer =>
  transfer(payment.type, payment.ref, [
    toPlatform(payment.payer, negateUsd(payment.amount)),
    toPot(payment.pot, payment.amount),
  ]);

/** Takes what is left of an isolated margin (positive, 10⁻⁶ USD): 80/20 on INTERNAL, all to the reserve on HYPERLIQUID. */
export const forfeitTransfer = (route: Route, positionId: string, amount: Usd): Transfer =>
  transfer('liquidation', positionId, [
    toPot(isolatedPot(positionId), negateUsd(amount)),
    ...(route === 'INTERNAL' ? lossReceivers(route, amount) : [toPlatform('risk-reserve', amount)]),
  ]);
