import { invariant } from '../kernel/index.ts';
import { negateUsd, shareOf, usd, type Usd } from '../money/index.ts';
import type { Route } from '../routing/model.ts';
import type { Posting, Transfer } from './model.ts';
import { toPlatform, toPot, transfer } from './transfer.ts';

/** The part of a client's INTERNAL loss that builds the risk reserve, percent; the rest is B-book profit (spec 02). */
export const RESERVE_PERCENT = 20;

/** Who receives a user's loss (positive, 10⁻⁶ USD): the venue on HYPERLIQUID, B-book and reserve on INTERNAL. */
export function lossReceivers(route: Route, loss: Usd, reservePercent = RESERVE_PERCENT): readonly Posting[] {
  invariant(loss > 0n, 'a loss is positive');
  if (route === 'HYPERLIQUID') return [toPlatform('venue:hl-trading', loss)];
  const reserve = shareOf(loss, { numerator: BigInt(reservePercent), denominator: 100n }, 'down');
  return [toPlatform('bbook-pnl', usd(loss - reserve)), toPlatform('risk-reserve', reserve)];
}

/** Pays a user's gain (positive, 10⁻⁶ USD) into the wallet: from the venue's account, or from the B-book's. */
export function gainTransfer(route: Route, ref: string, gain: Usd): Transfer {
  const payer = route === 'HYPERLIQUID' ? 'venue:hl-trading' : 'bbook-pnl';
  return transfer('realized-pnl', ref, [toPlatform(payer, negateUsd(gain)), toPot('wallet', gain)]);
}

/** Who receives a fee (positive): we on INTERNAL, the venue (which charges the builder part too) on HYPERLIQUID. */
export const feeReceivers = (route: Route, fee: Usd): readonly Posting[] => [
  toPlatform(route === 'HYPERLIQUID' ? 'venue:hl-trading' : 'fees', fee),
];

/** Pays a maker rebate (positive) of the venue into the wallet. */
export const rebateTransfer = (ref: string, amount: Usd): Transfer =>
  transfer('rebate', ref, [toPlatform('venue:hl-trading', negateUsd(amount)), toPot('wallet', amount)]);
