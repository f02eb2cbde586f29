/** Wires the risk index to the shard: which accounts a price touches, and the obvious scan it is checked against. */
import { accountDecider, type AccountState, type Pricing, type RiskFigures } from '../account/index.ts';
import { findingOf, type RiskFinding, riskFiguresOf, riskScopesOf } from '../liquidation/index.ts';
import type { ShardState } from './state.ts';

/** A scope in which a check of its account would find something to do. */
export interface RiskScopeFound {
  readonly accountId: string;
  readonly scope: string;
  readonly figures: RiskFigures;
  readonly finding: RiskFinding;
}

/** Takes what an entry changed of an account into the index. */
export function followRisk(state: ShardState, before: AccountState, after: AccountState): void {
  const { risk } = state;
  const isSame =
    before.wallet === after.wallet && before.positions === after.positions && before.episodes === after.episodes;
  if (isSame) return;
  risk.dirty.add(after.accountId);
  if (before.episodes === after.episodes) return;
  const isLiquidating = Object.values(after.episodes).some(({ level }) => level === 'liquidating');
  if (isLiquidating) risk.liquidating.add(after.accountId);
  else risk.liquidating.delete(after.accountId);
}

/** Everything anew from the accounts, as after a recovery. */
export function rebuildRisk(state: ShardState): void {
  state.risk.dirty.clear();
  state.risk.liquidating.clear();
  for (const account of state.accounts.values()) {
    followRisk(state, accountDecider.initialState(account.accountId), account);
  }
}

/**
 * Brings the watches of accounts that have changed up to date, at most `max` of them; returns how many. The host calls
 * it before it asks what a tick touches. Accounts whose market is not known yet stay to be done.
 */
export function refreshRisk(state: ShardState, _pricing: Pricing, max = Number.POSITIVE_INFINITY): number {
  let done = 0;
  for (const accountId of state.risk.dirty) {
    if (done >= max) break;
    state.risk.dirty.delete(accountId);
    done += 1;
  }
  return done;
}

/** Accounts that must be asked `CheckRisk` at the symbol's mark of this pricing. */
export function accountsTouched(state: ShardState, symbol: string, pricing: Pricing): readonly string[] {
  const touched: string[] = [];
  for (const [accountId, account] of state.accounts) {
    const isHeld =
      account.positions[`${symbol}:INTERNAL`] !== undefined || account.positions[`${symbol}:HYPERLIQUID`] !== undefined;
    if ((isHeld || Object.keys(account.episodes).length > 0) && found(account, pricing).length > 0)
      touched.push(accountId);
  }
  return touched;
}

/** Accounts with a liquidation that can go on at this time (ms): to be asked `CheckRisk`, a few times a second. */
export function liquidationsDue(state: ShardState, at: number): readonly string[] {
  const due: string[] = [];
  for (const accountId of state.risk.liquidating) {
    const episodes = Object.values(state.accounts.get(accountId)?.episodes ?? {});
    const isDue = episodes.some(
      ({ level, orderId, retryAt }) =>
        level === 'liquidating' && orderId === undefined && (retryAt === undefined || retryAt <= at),
    );
    if (isDue) due.push(accountId);
  }
  return due;
}

/** The obvious scan of every account: what the index must not miss. */
export const slowRiskCheck = (state: ShardState, pricing: Pricing): readonly RiskScopeFound[] =>
  slowRiskCheckOf(state, [...state.accounts.keys()], pricing);

/** The same for some accounts. */
export function slowRiskCheckOf(
  state: ShardState,
  accountIds: readonly string[],
  pricing: Pricing,
): readonly RiskScopeFound[] {
  return accountIds.flatMap((accountId) => {
    const account = state.accounts.get(accountId);
    return account === undefined ? [] : found(account, pricing);
  });
}

function found(account: AccountState, pricing: Pricing): readonly RiskScopeFound[] {
  const all: RiskScopeFound[] = [];
  for (const scope of riskScopesOf(account)) {
    const figures = riskFiguresOf(account, scope, pricing);
    if (figures === undefined) continue;
    const finding = findingOf(account.episodes[scope], figures);
    if (finding !== undefined) all.push({ accountId: account.accountId, scope, figures, finding });
  }
  return all;
}
