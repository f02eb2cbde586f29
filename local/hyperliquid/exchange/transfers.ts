/** Money that leaves the venue or changes its owner in the perpetuals' wallet. */
import {
  errAnswer,
  errorTexts,
  okDefault,
  type ExchangeActionOf,
  type ExchangeAnswer,
} from '@perps/contracts/hyperliquid';
import { parseDecimal } from '@perps/domain/money';
import { crossSummary, maximum, type Account } from '../accounts.ts';
import { noteLedger } from '../ledger.ts';
import { restingMargin } from '../matching.ts';
import { formatMoney } from '../ticks.ts';
import { accountOf, deposit, type Venue } from '../venue.ts';
import type { ActionContext } from './index.ts';

const USD_DECIMALS = 6;
const WITHDRAWAL_FEE = 1_000_000n;

/** What may leave: cross equity minus the larger of initial margin and a tenth of the notional, minus what orders reserve. */
export function withdrawable(venue: Venue, account: Account): bigint {
  const cross = crossSummary(account, venue.markets);
  const kept = maximum(cross.initialMargin, cross.notional / 10n);
  return maximum(0n, cross.accountValue - kept - restingMargin(venue, account));
}

/** Sends USD to another account of the venue, at once and free. */
export function sendUsd(context: ActionContext, action: ExchangeActionOf<'usdSend'>): ExchangeAnswer {
  const { venue, account, hash } = context;
  const amount = parseDecimal(action.amount, USD_DECIMALS);
  if (amount === undefined || amount <= 0n) return errAnswer(errorTexts.invalidSend);
  if (amount > withdrawable(venue, account)) return errAnswer(errorTexts.withdrawalBalance);
  account.rawUsd -= amount;
  account.netDeposits -= amount;
  const destination = normalAddress(action.destination);
  deposit(venue, destination, amount);
  const delta = {
    type: 'internalTransfer' as const,
    usdc: formatMoney(amount),
    user: account.address,
    destination,
    fee: '0.0',
  };
  const update = { time: venue.clock.now(), hash, delta };
  noteLedger(venue, account, update);
  if (destination !== account.address) noteLedger(venue, accountOf(venue, destination), update);
  return okDefault();
}

/** Sends USD to the bridge; the fee of 1 USD is taken from the amount. */
export function withdraw(context: ActionContext, action: ExchangeActionOf<'withdraw3'>): ExchangeAnswer {
  const { venue, account, hash, nonce } = context;
  const amount = parseDecimal(action.amount, USD_DECIMALS);
  if (amount === undefined || amount <= WITHDRAWAL_FEE) return errAnswer(errorTexts.withdrawalBalance);
  if (amount > withdrawable(venue, account)) return errAnswer(errorTexts.withdrawalBalance);
  account.rawUsd -= amount;
  account.netDeposits -= amount;
  noteLedger(venue, account, {
    time: venue.clock.now(),
    hash,
    delta: { type: 'withdraw', usdc: formatMoney(amount - WITHDRAWAL_FEE), nonce, fee: formatMoney(WITHDRAWAL_FEE) },
  });
  return okDefault();
}

export const normalAddress = (text: string): string => `0x${text.slice(-40).toLowerCase()}`;
