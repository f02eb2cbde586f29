/** USDC between the perpetuals' and the spot wallet, and between spot wallets; other tokens are not simulated. */
import {
  errAnswer,
  errorTexts,
  okDefault,
  type ExchangeActionOf,
  type ExchangeAnswer,
} from '@perps/contracts/hyperliquid';
import { parseDecimal } from '@perps/domain/money';
import type { Account } from '../accounts.ts';
import { noteLedger } from '../ledger.ts';
import { formatMoney } from '../ticks.ts';
import { accountOf, type Venue } from '../venue.ts';
import type { ActionContext } from './index.ts';
import { normalAddress, withdrawable } from './transfers.ts';

const USD_DECIMALS = 6;
/** The perpetuals' dex has the empty name. */
type Wallet = '' | 'spot';

const isUsdc = (token: string): boolean => token === 'USDC' || token.startsWith('USDC:');

const readAmount = (text: string): bigint | undefined => {
  const amount = parseDecimal(text, USD_DECIMALS);
  return amount !== undefined && amount > 0n ? amount : undefined;
};

const balanceOf = (venue: Venue, account: Account, wallet: Wallet): bigint =>
  wallet === 'spot' ? account.spotUsd : withdrawable(venue, account);

function move(account: Account, wallet: Wallet, amount: bigint): void {
  if (wallet === 'spot') account.spotUsd += amount;
  else account.rawUsd += amount;
}

/** Moves USDC between the two wallets of an account. */
export function usdClassTransfer(context: ActionContext, action: ExchangeActionOf<'usdClassTransfer'>): ExchangeAnswer {
  const { venue, account, hash } = context;
  const [text = '', subAccount] = action.amount.split(' subaccount:');
  if (subAccount !== undefined) return errAnswer(errorTexts.vaultNotRegistered(subAccount));
  const amount = readAmount(text);
  if (amount === undefined) return errAnswer(errorTexts.invalidSend);
  const from: Wallet = action.toPerp ? 'spot' : '';
  if (amount > balanceOf(venue, account, from)) return errAnswer(errorTexts.withdrawalBalance);
  move(account, from, -amount);
  move(account, action.toPerp ? '' : 'spot', amount);
  const delta = { type: 'accountClassTransfer' as const, usdc: formatMoney(amount), toPerp: action.toPerp };
  noteLedger(venue, account, { time: venue.clock.now(), hash, delta });
  return okDefault();
}

/** Sends spot USDC to another account. */
export function spotSend(context: ActionContext, action: ExchangeActionOf<'spotSend'>): ExchangeAnswer {
  const { venue, account, hash } = context;
  const amount = readAmount(action.amount);
  if (amount === undefined || !isUsdc(action.token)) return errAnswer(errorTexts.invalidSend);
  if (amount > account.spotUsd) return errAnswer(errorTexts.withdrawalBalance);
  const destination = accountOf(venue, normalAddress(action.destination));
  pass({ from: account, fromWallet: 'spot', to: destination, toWallet: 'spot', amount });
  const text = formatMoney(amount);
  noteBoth(venue, [account, destination], {
    time: venue.clock.now(),
    hash,
    delta: {
      type: 'spotTransfer',
      token: 'USDC',
      amount: text,
      usdcValue: text,
      user: account.address,
      destination: destination.address,
      fee: '0.0',
      nativeTokenFee: '0.0',
      nonce: null,
      feeToken: '',
    },
  });
  return okDefault();
}

/** Sends USDC between any two wallets. */
export function sendAsset(context: ActionContext, action: ExchangeActionOf<'sendAsset'>): ExchangeAnswer {
  const { venue, account, hash } = context;
  const amount = readAmount(action.amount);
  const { sourceDex, destinationDex } = action;
  if (amount === undefined || !isUsdc(action.token) || !isWallet(sourceDex) || !isWallet(destinationDex)) {
    return errAnswer(errorTexts.invalidSend);
  }
  if (amount > balanceOf(venue, account, sourceDex)) return errAnswer(errorTexts.withdrawalBalance);
  const destination = accountOf(venue, normalAddress(action.destination));
  pass({ from: account, fromWallet: sourceDex, to: destination, toWallet: destinationDex, amount });
  const text = formatMoney(amount);
  noteBoth(venue, [account, destination], {
    time: venue.clock.now(),
    hash,
    delta: {
      type: 'send',
      user: account.address,
      destination: destination.address,
      sourceDex,
      destinationDex,
      token: 'USDC',
      amount: text,
      usdcValue: text,
      fee: '0.0',
      nativeTokenFee: '0.0',
      nonce: action.nonce,
      feeToken: '',
    },
  });
  return okDefault();
}

const isWallet = (dex: string): dex is Wallet => dex === '' || dex === 'spot';

function pass(transfer: {
  readonly from: Account;
  readonly fromWallet: Wallet;
  readonly to: Account;
  readonly toWallet: Wallet;
  readonly amount: bigint;
}): void {
  const { from, to, amount } = transfer;
  move(from, transfer.fromWallet, -amount);
  move(to, transfer.toWallet, amount);
  from.netDeposits -= amount;
  to.netDeposits += amount;
  to.hasDeposited = true;
}

function noteBoth(venue: Venue, accounts: readonly [Account, Account], update: Parameters<typeof noteLedger>[2]): void {
  for (const account of new Set(accounts)) noteLedger(venue, account, update);
}
