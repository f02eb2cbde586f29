/** What waits for its outcome (a venue order), by id; whoever learns the outcome first resolves it, once. */
export interface PendingRegistry<Item> {
  /** False where the id waits already: the first record stands. */
  add(id: string, item: Item): boolean;
  get(id: string): Item | undefined;
  /** The item, to the first caller only; undefined to every later one and for ids never seen. */
  resolve(id: string): Item | undefined;
  /** At most `max` items since before `before` (ms), oldest first. */
  olderThan(before: number, max: number): readonly Item[];
  /** Ms since when the oldest waits; undefined where nothing does. */
  oldestSince(): number | undefined;
  size(): number;
}

/** Items in order of their times; `sinceOf` answers the ms since when one waits (journal time, so that it survives a restart). */
export function createPendingRegistry<Item>(sinceOf: (item: Item) => number): PendingRegistry<Item> {
  const items = new Map<string, Item>();
  const byAge = (): Item[] => [...items.values()].sort((left, right) => sinceOf(left) - sinceOf(right));
  return {
    add: (id, item) => {
      if (items.has(id)) return false;
      items.set(id, item);
      return true;
    },
    get: (id) => items.get(id),
    resolve: (id) => {
      const item = items.get(id);
      items.delete(id);
      return item;
    },
    olderThan: (before, max) =>
      byAge()
        .filter((item) => sinceOf(item) < before)
        .slice(0, max),
    oldestSince: () => {
      let oldest: number | undefined;
      for (const item of items.values()) oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, sinceOf(item));
      return oldest;
    },
    size: () => items.size,
  };
}
