/** What an account has → `wallets`, and once an hour → `balance_samples`. */
import type { RiskEpisode } from '@perps/domain/account';
import { ZERO_USD } from '@perps/domain/money';
import { type Draft, sum, write } from './draft.ts';
import type { AccountProjection, RowWrite } from './model.ts';

const HOUR_MS = 3_600_000;

/** Worst last. */
const LEVELS: readonly RiskEpisode['level'][] = ['warned50', 'warned80', 'liquidating', 'takeover'];

/**
 * total = available + frozen + cross used. Frozen is what orders, isolated positions and holds bind; cross used is the
 * initial margin at entry of cross positions (the journal holds no mark prices), so available may be negative.
 */
export function walletRow({ account, at }: Draft): RowWrite {
  const wallet = account.pots['wallet'] ?? ZERO_USD;
  const total = totalOf(account);
  const ordersBind = sum(Object.values(account.orderMargins));
  const crossUsed = sum(Object.values(account.positions).map(({ crossMargin }) => crossMargin));
  const levels = new Set(Object.values(account.risk));
  return {
    table: 'wallets',
    columns: {
      user_id: account.userId,
      total_balance: String(total),
      available_balance: String(wallet - ordersBind - crossUsed),
      frozen_margin: String(total - wallet + ordersBind),
      cross_margin_used: String(crossUsed),
      trading_state: account.tradingState,
      risk_level: LEVELS.findLast((level) => levels.has(level)) ?? null,
      net_deposits: String(account.netDeposits),
      volume: String(account.volume),
      updated_at: at,
    },
  };
}

/** At the first fact of an hour: the account as it was when the hour began. Hours without facts have no row. */
export function sampleHour(draft: Draft): void {
  const { account, at } = draft;
  const hour = at - (at % HOUR_MS);
  if (hour <= account.sampledHour) return;
  draft.account = { ...account, sampledHour: hour };
  write(draft, 'balance_samples', {
    user_id: account.userId,
    sampled_at: hour,
    total_balance: String(totalOf(account)),
    net_deposits: String(account.netDeposits),
    volume: String(account.volume),
  });
}

const totalOf = ({ pots }: AccountProjection): bigint => sum(Object.values(pots));
