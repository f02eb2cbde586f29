/** A sorted list in short runs: adding or removing moves one run, never the whole list, however long it is. */

export interface SortedList<Item> {
  /** Ascending, none empty. */
  readonly runs: Item[][];
  /** Total order: negative where `left` comes first; zero only for the same item. */
  readonly compare: (left: Item, right: Item) => number;
}

/** A run is halved when it grows beyond this: long enough for few runs, short enough to move at once. */
const RUN_MAX = 512;

export const emptyList = <Item>(compare: SortedList<Item>['compare']): SortedList<Item> => ({ runs: [], compare });

export function addSorted<Item>(list: SortedList<Item>, item: Item): void {
  const { runs, compare } = list;
  // Behind the last run there is none: what is greatest goes to its end.
  const at = Math.min(
    firstWhere(runs, (run) => compare(lastOf(run) ?? item, item) >= 0),
    runs.length - 1,
  );
  const run = runs[at];
  if (run === undefined) {
    runs.push([item]);
    return;
  }
  run.splice(
    firstWhere(run, (held) => compare(held, item) >= 0),
    0,
    item,
  );
  if (run.length > RUN_MAX) runs.splice(at + 1, 0, run.splice(run.length >> 1));
}

/** Nothing happens where the item is not there. */
export function removeSorted<Item>(list: SortedList<Item>, item: Item): void {
  const { runs, compare } = list;
  const at = firstWhere(runs, (run) => compare(lastOf(run) ?? item, item) >= 0);
  const run = runs[at];
  if (run === undefined) return;
  const index = firstWhere(run, (held) => compare(held, item) >= 0);
  const found = run[index];
  if (found === undefined || compare(found, item) !== 0) return;
  run.splice(index, 1);
  if (run.length === 0) runs.splice(at, 1);
}

/** The items at the front that `isWanted` takes; it ends at the first that `isReached` does not hold for. */
export function takeFront<Item>(
  list: SortedList<Item> | undefined,
  by: {
    readonly max: number;
    readonly isReached: (item: Item) => boolean;
    readonly isWanted?: (item: Item) => boolean;
  },
): Item[] {
  const taken: Item[] = [];
  for (const run of list?.runs ?? []) {
    for (const item of run) {
      if (taken.length >= by.max || !by.isReached(item)) return taken;
      if (by.isWanted === undefined || by.isWanted(item)) taken.push(item);
    }
  }
  return taken;
}

export function countSorted({ runs }: { readonly runs: readonly (readonly unknown[])[] }): number {
  let count = 0;
  for (const run of runs) count += run.length;
  return count;
}

const lastOf = <Item>(run: readonly Item[]): Item | undefined => run[run.length - 1];

/** Index of the first item that `holds` is true of, the length where it is of none; `holds` never turns false again. */
function firstWhere<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && !holds(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
