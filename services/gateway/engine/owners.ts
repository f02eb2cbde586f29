/** Which process owns a shard, as the lease table says; looked up again on demand and every now and then. */
import { shardResource } from '@perps/contracts/engine';
import type { Lease, LeaseStore, Logger } from '@perps/runtime/ports';

export interface ShardOwners {
  /** The last lease read; it may be out of date: whoever lost a shard says so itself. */
  known(shard: number): Lease | undefined;
  /** Reads the table; askers of the same moment share one read. */
  lookUp(shard: number): Promise<Lease | undefined>;
  close(): void;
}

export interface ShardOwnersOptions {
  readonly leases: LeaseStore;
  readonly shardCount: number;
  readonly logger: Logger;
  readonly refreshMs: number;
  /** Somebody took the shard anew: what the former owner told last may not have been all. */
  readonly onMoved: (shard: number) => void;
  /** Called when all shards were read, with the addresses that own any. */
  readonly onRefreshed: (addresses: ReadonlySet<string>) => void;
}

export function createShardOwners(options: ShardOwnersOptions): ShardOwners {
  const owners = new Map<number, Lease>();
  const lookups = new Map<number, Promise<Lease | undefined>>();
  void refresh();
  const timer = setInterval(() => void refresh(), options.refreshMs);
  timer.unref();

  return {
    known: (shard) => owners.get(shard),
    lookUp,
    close: () => clearInterval(timer),
  };

  function lookUp(shard: number): Promise<Lease | undefined> {
    const running = lookups.get(shard);
    if (running !== undefined) return running;
    const lookup = read(shard).finally(() => lookups.delete(shard));
    lookups.set(shard, lookup);
    return lookup;
  }

  async function read(shard: number): Promise<Lease | undefined> {
    try {
      const lease = await options.leases.read(shardResource(shard));
      if (lease === undefined) return undefined;
      const before = owners.get(shard);
      owners.set(shard, lease);
      if (before !== undefined && before.epoch !== lease.epoch) options.onMoved(shard);
      return lease;
    } catch (cause) {
      options.logger.warn('lease could not be read', { shard, cause: String(cause) });
      return owners.get(shard);
    }
  }

  async function refresh(): Promise<void> {
    await Promise.all(Array.from({ length: options.shardCount }, (_, shard) => lookUp(shard)));
    options.onRefreshed(new Set([...owners.values()].map(({ address }) => address)));
  }
}
