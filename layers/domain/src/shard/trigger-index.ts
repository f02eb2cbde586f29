/** Armed triggers by symbol and the way they fire, by price, then time, so that a mark touches only what it reaches. */
import { type AccountState, firesAtOrBelow, isTriggerHeld, type TriggerOrder } from '../account/index.ts';
import type { Price } from '../money/index.ts';
import type { RoutingPolicy } from '../routing/index.ts';
import { addSorted, countSorted, emptyList, removeSorted, type SortedList, takeFront } from './sorted-list.ts';

export interface IndexedTrigger {
  readonly accountId: string;
  readonly orderId: number;
  readonly price: Price;
}

/** First to fire first: a falling mark reaches the highest price first, a rising one the lowest. */
export interface TriggerSides {
  /** Fire at mark ≤ price. */
  readonly falling: SortedList<IndexedTrigger>;
  /** Fire at mark ≥ price. */
  readonly rising: SortedList<IndexedTrigger>;
}

export type TriggerIndex = Map<string, TriggerSides>;

/** What of a shard's state the question needs. */
interface TriggeredState {
  readonly triggers: TriggerIndex;
  readonly policy: RoutingPolicy;
  readonly accounts: ReadonlyMap<string, AccountState>;
}

/** Fired at most by one turn; the rest comes with the next one, so that a gap cannot block the shard. */
export const REACHED_MAX = 1_000;

/** Keeps the index in step with a trigger; only armed ones are in it. */
export function followTrigger(
  index: TriggerIndex,
  accountId: string,
  trigger: { readonly before: TriggerOrder | undefined; readonly after: TriggerOrder | undefined },
): void {
  const { before, after } = trigger;
  if (before?.isArmed === true) removeSorted(listOf(index, before), entryOf(accountId, before));
  if (after?.isArmed === true) addSorted(listOf(index, after), entryOf(accountId, after));
}

/**
 * Triggers that a mark between `low` and `high` reaches, by price, then time; falling ones first. What a pause or a
 * halt holds is left out: it neither fires nor keeps others from firing, and is found again once it is released.
 */
export function reachedTriggers(
  state: TriggeredState,
  symbol: string,
  marks: { readonly low: Price; readonly high: Price; readonly max?: number },
): readonly { readonly accountId: string; readonly orderId: number }[] {
  const sides = state.triggers.get(symbol);
  if (sides === undefined) return [];
  const { low, high, max = REACHED_MAX } = marks;
  const isWanted = ({ accountId, orderId }: IndexedTrigger): boolean => {
    const account = state.accounts.get(accountId);
    const trigger = account?.triggers[orderId];
    return account !== undefined && trigger !== undefined && !isTriggerHeld(state.policy, account, trigger);
  };
  const falling = takeFront(sides.falling, { max, isWanted, isReached: ({ price }) => low <= price });
  const left = max - falling.length;
  const rising = takeFront(sides.rising, { max: left, isWanted, isReached: ({ price }) => high >= price });
  return [...falling, ...rising];
}

/** How many triggers are indexed. */
export function countTriggers(index: TriggerIndex): number {
  let count = 0;
  for (const { falling, rising } of index.values()) count += countSorted(falling) + countSorted(rising);
  return count;
}

const entryOf = (accountId: string, { orderId, trigger }: TriggerOrder): IndexedTrigger => ({
  accountId,
  orderId,
  price: trigger.price,
});

function listOf(index: TriggerIndex, trigger: TriggerOrder): SortedList<IndexedTrigger> {
  let sides = index.get(trigger.symbol);
  if (sides === undefined) {
    sides = { falling: emptyList(highestFirst), rising: emptyList(lowestFirst) };
    index.set(trigger.symbol, sides);
  }
  return firesAtOrBelow(trigger) ? sides.falling : sides.rising;
}

/** Equal prices by order id, which grows with time. */
function lowestFirst(left: IndexedTrigger, right: IndexedTrigger): number {
  if (left.price === right.price) return left.orderId - right.orderId;
  return left.price < right.price ? -1 : 1;
}

function highestFirst(left: IndexedTrigger, right: IndexedTrigger): number {
  if (left.price === right.price) return left.orderId - right.orderId;
  return left.price > right.price ? -1 : 1;
}
