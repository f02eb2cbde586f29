/** What comes due by time alone: dead-man's switches, lifetimes of orders, slices of TWAPs and of large orders. */
import { type AccountState, isActive, nextSliceAt, nextVenueSliceAt, type Order, type Twap } from '../account/index.ts';
import { addSorted, emptyList, removeSorted, type SortedList, takeFront } from './sorted-list.ts';

export type DueTimer =
  | { readonly kind: 'cancelAll'; readonly accountId: string }
  | { readonly kind: 'expire'; readonly accountId: string; readonly orderId: number }
  | { readonly kind: 'venueSlice'; readonly accountId: string; readonly orderId: number }
  | { readonly kind: 'twap'; readonly accountId: string; readonly twapId: number };

interface Timer {
  readonly at: number;
  readonly accountId: string;
  /** Zero: the account's switch. TWAPs have ids of the same numbers. */
  readonly orderId: number;
  readonly isTwap?: true;
  /** The order's next child at the venue; orders that are sliced have no lifetime. */
  readonly isSlice?: true;
}

export type TimerIndex = SortedList<Timer>;

/** Told at most by one call; the rest with the next. */
export const DUE_MAX = 1_000;

export const initialTimers = (): TimerIndex => emptyList(soonestFirst);

/** Timers that are due at `at` (ms), soonest first; costs nothing where none is. */
export const dueTimers = (state: { readonly timers: TimerIndex }, at: number, max = DUE_MAX): readonly DueTimer[] =>
  takeFront(state.timers, { max, isReached: (timer) => timer.at <= at }).map(dueOf);

function dueOf({ accountId, orderId, isTwap, isSlice }: Timer): DueTimer {
  if (isSlice === true) return { kind: 'venueSlice', accountId, orderId };
  if (isTwap === true) return { kind: 'twap', accountId, twapId: orderId };
  return orderId === 0 ? { kind: 'cancelAll', accountId } : { kind: 'expire', accountId, orderId };
}

/** Keeps the switch of an account in step. */
export function followSwitch(timers: TimerIndex, before: AccountState | undefined, after: AccountState): void {
  const was = before?.cancelAllAt;
  const is = after.cancelAllAt;
  if (was === is) return;
  const { accountId } = after;
  if (was !== undefined) removeSorted(timers, { at: was, accountId, orderId: 0 });
  if (is !== undefined) addSorted(timers, { at: is, accountId, orderId: 0 });
}

/** Keeps the lifetime of an order, or its next child at the venue, in step; what is asked to cancel has no timer. */
export function followExpiry(
  timers: TimerIndex,
  accountId: string,
  order: { readonly before: Order | undefined; readonly after: Order | undefined },
): void {
  const was = timerOf(order.before);
  const is = timerOf(order.after);
  if (was?.at === is?.at) return;
  const orderId = order.before?.orderId ?? order.after?.orderId ?? 0;
  if (was !== undefined) removeSorted(timers, { ...was, accountId, orderId });
  if (is !== undefined) addSorted(timers, { ...is, accountId, orderId });
}

/** Keeps the next slice of a TWAP in step. */
export function followTwap(
  timers: TimerIndex,
  accountId: string,
  twap: { readonly before: Twap | undefined; readonly after: Twap | undefined },
): void {
  const was = twap.before === undefined ? undefined : nextSliceAt(twap.before);
  const is = twap.after === undefined ? undefined : nextSliceAt(twap.after);
  if (was === is) return;
  const orderId = twap.before?.twapId ?? twap.after?.twapId ?? 0;
  if (was !== undefined) removeSorted(timers, { at: was, accountId, orderId, isTwap: true });
  if (is !== undefined) addSorted(timers, { at: is, accountId, orderId, isTwap: true });
}

/** Timers that an account's state calls for. */
export function timersOf(account: AccountState): number {
  let count = account.cancelAllAt === undefined ? 0 : 1;
  for (const order of account.orders) count += timerOf(order) === undefined ? 0 : 1;
  for (const twap of account.twaps?.running ?? []) count += nextSliceAt(twap) === undefined ? 0 : 1;
  return count;
}

function timerOf(order: Order | undefined): Pick<Timer, 'at' | 'isSlice'> | undefined {
  if (order === undefined) return undefined;
  const sliceAt = nextVenueSliceAt(order);
  if (sliceAt !== undefined) return { at: sliceAt, isSlice: true };
  return order.expiresAt !== undefined && isActive(order) ? { at: order.expiresAt } : undefined;
}

function soonestFirst(left: Timer, right: Timer): number {
  if (left.at !== right.at) return left.at - right.at;
  if (left.orderId !== right.orderId) return left.orderId - right.orderId;
  return left.accountId < right.accountId ? -1 : left.accountId > right.accountId ? 1 : 0;
}
