/** Accrued funding becomes money: to the wallet, or to the collateral of an isolated position. */
import { fundingDue, type FundingDue, fundingIndexOf, HOUR_MS } from '../funding/index.ts';
import {
  chargeUser,
  isolatedPot,
  type PlatformAccount,
  toPlatform,
  toPot,
  transfer,
  type Transfer,
  type UserPot,
} from '../ledger/index.ts';
import { negateUsd, usd, type Usd, ZERO_USD } from '../money/index.ts';
import type { Route } from '../routing/model.ts';
import type { AccountCommand } from './commands.ts';
import { type Draft, emit } from './draft.ts';
import type { FundingPayment } from './events.ts';
import type { AccountState, Position } from './model.ts';
import type { Rejection } from './results.ts';
import { realizeGains } from './realize-gains.ts';
import { positionKey, positionOn } from './state.ts';
import { isPaused } from './trading-state.ts';

/** Posts what has accrued on the positions of the routes; where posting is paused it goes on accruing. */
export function postFunding(draft: Draft, routes: readonly Route[]): Rejection | undefined {
  for (const position of Object.values(draft.state.positions)) {
    if (!routes.includes(position.route) || isPaused(draft.context.policy, position.symbol, 'funding')) continue;
    postAccrued(draft, position);
  }
  return undefined;
}

/**
 * Posts what has accrued on a position, as every change of its size must before it; nothing where nothing has grown.
 * What it leaves is in `draft.state`.
 */
export function postAccrued(draft: Draft, position: Position | undefined): void {
  if (position === undefined) return;
  const toIndex = fundingIndexOf(draft.context.funding, position);
  if (toIndex === position.fundingIndex) return;
  const due = fundingDue(position.size, toIndex - position.fundingIndex);
  if (position.marginMode === 'cross') realizeGains(draft, usd(due.amount - draft.state.wallet));
  // Its own entry may just have moved.
  const now = positionOn(draft.state, position.symbol, position.route) ?? position;
  const paid = pay(draft.state, { position: now, due, route: position.route });
  const after = { ...paid.position, fundingIndex: toIndex };
  emit(draft, {
    type: 'FundingPosted',
    hour: Math.floor(draft.at / HOUR_MS) * HOUR_MS,
    payments: [payment(after, { amount: due.amount, fromIndex: position.fundingIndex, toIndex })],
    transfers: paid.transfers,
  });
}

/**
 * Settles one hour that the index could not charge, once. `late`: the account held another size then than when the
 * hour was settled. `rate`: who paid too much or received too little is made good by the reserve; who gained keeps it,
 * and the reserve pays the funding account (SC-EC-007).
 */
export function correctFunding(
  draft: Draft,
  command: Extract<AccountCommand, { type: 'CorrectFunding' }>,
): Rejection | undefined {
  const { symbol, route, hour, size, indexChange } = command;
  const key = positionKey(symbol, route);
  if (draft.state.settledFunding.includes(`${key}:${hour}`)) return undefined;
  const current = positionOn(draft.state, symbol, route);
  // A position opened since is another one: what is owed of the hour is the wallet's.
  const position = current !== undefined && current.openedAt <= hour ? current : undefined;
  const due = fundingDue(size, indexChange);
  if (command.kind === 'late' && potOf(position) === 'wallet')
    realizeGains(draft, usd(due.amount - draft.state.wallet));
  // Its own entry may just have moved.
  const charged = position === undefined ? undefined : positionOn(draft.state, symbol, route);
  const settled =
    command.kind === 'late'
      ? pay(draft.state, { position: charged, due, route, ref: key })
      : makeGood({ position, due, ref: key });
  const amount = command.kind === 'late' || due.amount < 0n ? due.amount : ZERO_USD;
  const base = {
    key,
    positionId: settled.position?.positionId ?? `${draft.state.accountId}:${key}`,
    symbol,
    route,
    size,
  };
  const fromIndex = 0n;
  emit(draft, {
    type: 'FundingPosted',
    hour,
    payments: [
      { ...base, amount, fromIndex, toIndex: indexChange, position: settled.position, correction: command.kind },
    ],
    transfers: settled.transfers,
  });
  return undefined;
}

const payment = (
  position: Position,
  moved: Pick<FundingPayment, 'amount' | 'fromIndex' | 'toIndex'>,
): FundingPayment => ({
  key: positionKey(position.symbol, position.route),
  positionId: position.positionId,
  symbol: position.symbol,
  route: position.route,
  size: position.size,
  ...moved,
  position,
});

interface Paid<Held extends Position | undefined> {
  readonly position: Held;
  readonly transfers: readonly Transfer[];
}

/** Moves funding between the user and the other side of the route. A short pot is made up by `bad-debt`, to be seen. */
function pay<Held extends Position | undefined>(
  state: AccountState,
  owed: { readonly position: Held; readonly due: FundingDue; readonly route: Route; readonly ref?: string },
): Paid<Held> {
  const { position, due, route } = owed;
  const { amount, booked } = due;
  const ref = position?.positionId ?? owed.ref ?? '';
  const pot = potOf(position);
  const balance = position !== undefined && pot !== 'wallet' ? position.isolatedMargin : state.wallet;
  const received = [
    toPlatform(route === 'HYPERLIQUID' ? 'venue:hl-trading' : 'funding', booked),
    toPlatform(leftOver(route), usd(amount - booked)),
  ].filter((posting) => posting.amount !== 0n);
  if (amount > 0n) {
    const charged = chargeUser({ type: 'funding', ref, pot, balance, amount, received });
    return { position: moved(position, { amount, margin: charged.balance }), transfers: charged.transfers };
  }
  const user = amount === 0n ? [] : [toPot(pot, negateUsd(amount))];
  const transfers = booked === 0n ? [] : [transfer('funding', ref, [...user, ...received])];
  return { position: moved(position, { amount, margin: usd(balance - amount) }), transfers };
}

/** The reserve is the other side of an hour accrued at another rate, both ways. */
function makeGood<Held extends Position | undefined>({
  position,
  due,
  ref,
}: {
  readonly position: Held;
  readonly due: FundingDue;
  readonly ref: string;
}): Paid<Held> {
  const { amount, booked } = due;
  const name = position?.positionId ?? ref;
  if (amount > 0n) {
    const received = [toPlatform('funding', booked), toPlatform('rounding', usd(amount - booked))];
    const postings = [
      toPlatform('risk-reserve', negateUsd(amount)),
      ...received.filter((posting) => posting.amount !== 0n),
    ];
    return { position, transfers: [transfer('funding', name, postings)] };
  }
  if (amount === 0n) return { position, transfers: [] };
  const postings = [toPlatform('risk-reserve', amount), toPot(potOf(position), negateUsd(amount))];
  const margin = usd((position?.isolatedMargin ?? 0n) - amount);
  return { position: moved(position, { amount, margin }), transfers: [transfer('funding', name, postings)] };
}

const potOf = (position: Position | undefined): UserPot =>
  position?.marginMode === 'isolated' ? isolatedPot(position.positionId) : 'wallet';

/** Remainders of what mirrors the venue wait in `suspense`: the venue books the account as one. */
const leftOver = (route: Route): PlatformAccount => (route === 'HYPERLIQUID' ? 'suspense' : 'rounding');

function moved<Held extends Position | undefined>(
  position: Held,
  { amount, margin }: { readonly amount: Usd; readonly margin: Usd },
): Held {
  if (position === undefined) return position;
  const isolatedMargin = position.marginMode === 'isolated' ? margin : position.isolatedMargin;
  return { ...position, isolatedMargin, fundingPaid: usd(position.fundingPaid + amount) };
}
