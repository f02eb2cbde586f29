/** Wires the risk index to the shard: which accounts a price touches, and the obvious scan it is checked against. */
import { accountDecider, type AccountState, positionKey, type Pricing, type RiskFigures } from '../account/index.ts';
import {
  bandAccount,
  findingOf,
  initialRiskIndex,
  isLiquidationPaused,
  isScopeFresh,
  keysOf,
  reached,
  type RiskFinding,
  riskFiguresOf,
  riskScopesOf,
  ROUTES,
} from '../liquidation/index.ts';
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
  const episodes = Object.values(after.episodes);
  keep(risk.worried, after.accountId, episodes.length > 0);
  keep(
    risk.liquidating,
    after.accountId,
    episodes.some(({ level }) => level === 'liquidating'),
  );
}

function keep(accounts: Set<string>, accountId: string, isIn: boolean): void {
  if (isIn) accounts.add(accountId);
  else accounts.delete(accountId);
}

/** Everything anew from the accounts, as after a recovery. */
export function rebuildRisk(state: ShardState): void {
  Object.assign(state.risk, initialRiskIndex());
  for (const account of state.accounts.values()) {
    if (hasRisk(account)) followRisk(state, accountDecider.initialState(account.accountId), account);
  }
}

function hasRisk({ positions, episodes }: AccountState): boolean {
  for (const _key in positions) return true;
  for (const _scope in episodes) return true;
  return false;
}

/**
 * Brings the watches of accounts that have changed up to date, at most `max` of them; returns how many were looked at.
 * The host calls it before it asks what a tick touches. Accounts whose market is not known yet stay to be done.
 */
export function refreshRisk(state: ShardState, pricing: Pricing, max = Number.POSITIVE_INFINITY): number {
  const { dirty, lifted, names } = state.risk;
  const limit = Math.min(max, dirty.size + lifted.length);
  let done = 0;
  while (done < limit) {
    const number = lifted.pop();
    if (number === undefined) break;
    done += 1;
    refreshOne(state, names[number] ?? '', pricing);
  }
  for (const accountId of dirty) {
    if (done >= limit) break;
    done += 1;
    dirty.delete(accountId);
    refreshOne(state, accountId, pricing);
  }
  return done;
}

function refreshOne(state: ShardState, accountId: string, pricing: Pricing): void {
  const { risk } = state;
  const account = state.accounts.get(accountId);
  risk.urgent.delete(accountId);
  risk.held.delete(accountId);
  if (account === undefined) return;
  const banded = bandAccount(risk, account, pricing);
  if (banded === 'unpriced') risk.dirty.add(accountId);
  if (banded !== 'near') return;
  const waiting = waitingOf(state, account, pricing);
  if (waiting === undefined) risk.urgent.add(accountId);
  else risk.held.set(accountId, waiting);
}

/** Why nothing can be done about an account now; undefined = something can, or it is not there exactly. */
function waitingOf(state: ShardState, account: AccountState, pricing: Pricing): 'mark' | 'stop' | undefined {
  const all = found(account, pricing);
  let waiting: 'mark' | 'stop' | undefined;
  for (const { scope, finding } of all) {
    const isWarned = finding === 'liquidate' && account.episodes[scope]?.level === 'warned80';
    if (!isWarned && finding !== 'clear') return undefined;
    if (!isScopeFresh(account, scope, pricing)) waiting = 'mark';
    else if (finding === 'clear' || !isStopped(state, account, scope)) return undefined;
    else waiting ??= 'stop';
  }
  return waiting;
}

const isStopped = (state: ShardState, account: AccountState, scope: string): boolean =>
  keysOf(account, scope).every((key) => isLiquidationPaused(state.policy, account.positions[key]?.symbol ?? ''));

/** After a change of the policy: a stop may be over. */
export function releaseHeld({ risk }: ShardState): void {
  for (const accountId of risk.held.keys()) risk.dirty.add(accountId);
}

/** Those who waited for a mark of the symbol and need wait no longer. */
function hurryHeld(state: ShardState, symbol: string, pricing: Pricing): void {
  for (const [accountId, cause] of state.risk.held) {
    const account = state.accounts.get(accountId);
    if (cause !== 'mark' || account === undefined) continue;
    const isHere = ROUTES.some((route) => account.positions[positionKey(symbol, route)] !== undefined);
    if (isHere && waitingOf(state, account, pricing) === undefined) state.risk.urgent.add(accountId);
  }
}

/**
 * Accounts that must be asked `CheckRisk` at the symbol's mark of this pricing, in an order that the same history
 * always gives. Their watches are lifted until the next `refreshRisk`.
 */
export function accountsTouched(state: ShardState, symbol: string, pricing: Pricing): readonly string[] {
  const { risk } = state;
  const view = pricing.markets[symbol];
  const touched: string[] = [];
  for (const number of view === undefined ? [] : reached(risk, view, pricing.funding)) {
    const accountId = risk.names[number] ?? '';
    risk.lifted.push(number);
    if (risk.urgent.size > 0) risk.urgent.delete(accountId);
    touched.push(accountId);
  }
  if (risk.held.size > 0) hurryHeld(state, symbol, pricing);
  for (const accountId of risk.urgent) {
    risk.dirty.add(accountId);
    touched.push(accountId);
  }
  risk.urgent.clear();
  return touched;
}

/**
 * Accounts with a liquidation that can go on at this time (ms), and those at their requirement that wait for a mark or
 * for the end of a stop: to be asked `CheckRisk`, a few times a second.
 */
export function liquidationsDue(state: ShardState, at: number): readonly string[] {
  const { risk } = state;
  const due = new Set(risk.held.keys());
  releaseHeld(state);
  for (const accountId of risk.liquidating) {
    const episodes = Object.values(state.accounts.get(accountId)?.episodes ?? {});
    const isDue = episodes.some(
      ({ level, orderId, retryAt }) =>
        level === 'liquidating' && orderId === undefined && (retryAt === undefined || retryAt <= at),
    );
    if (isDue) due.add(accountId);
  }
  return [...due];
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
