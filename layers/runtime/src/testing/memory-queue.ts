import type { Clock, CommandQueue } from '@perps/runtime/ports';

interface Held {
  readonly id: string;
  readonly body: string;
  readonly groupId: string;
  attempts: number;
  visibleAt: number;
  receipt: string;
}

const VISIBILITY_MS = 5_000;

/** FIFO queues in memory: a group with a message in hand delivers no other until it is deleted or visible again. */
export function createMemoryQueue(clock: Pick<Clock, 'now' | 'sleep'>): CommandQueue {
  const shards = new Map<number, Held[]>();
  let receipts = 0;
  const queueOf = (shard: number): Held[] => {
    const known = shards.get(shard) ?? [];
    shards.set(shard, known);
    return known;
  };
  const take = (shard: number, max: number): Held[] => {
    const blocked = new Set<string>();
    const taken: Held[] = [];
    for (const held of queueOf(shard)) {
      if (taken.length === max) break;
      if (held.visibleAt > clock.now()) blocked.add(held.groupId);
      if (blocked.has(held.groupId)) continue;
      receipts += 1;
      held.receipt = `receipt-${receipts}`;
      held.attempts += 1;
      held.visibleAt = clock.now() + VISIBILITY_MS;
      taken.push(held);
    }
    return taken;
  };
  return {
    receive: async ({ shard, max, waitMs, signal }) => {
      const first = take(shard, max);
      if (first.length > 0 || waitMs === 0) return first.map((held) => ({ ...held }));
      await clock.sleep(waitMs, signal);
      return take(shard, max).map((held) => ({ ...held }));
    },
    delete: async ({ shard, receipt }) => {
      const queue = queueOf(shard);
      const index = queue.findIndex((held) => held.receipt === receipt);
      if (index >= 0) queue.splice(index, 1);
    },
    extend: async ({ shard, receipt, seconds }) => {
      const held = queueOf(shard).find((candidate) => candidate.receipt === receipt);
      if (held !== undefined) held.visibleAt = clock.now() + seconds * 1_000;
    },
    send: async ({ shard, groupId, commandId, body }) => {
      queueOf(shard).push({ id: commandId, body, groupId, attempts: 0, visibleAt: 0, receipt: '' });
    },
  };
}
