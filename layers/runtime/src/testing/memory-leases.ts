import type { Clock, Lease, LeaseStore } from '@perps/runtime/ports';

/** The lease table in memory, judged by the caller's wall clock; callers with clocks of their own share a table. */
export function createMemoryLeases(clock: Pick<Clock, 'now'>, leases = new Map<string, Lease>()): LeaseStore {
  return {
    acquire: async ({ resource, owner, address, ttlMs }) => {
      const current = leases.get(resource);
      if (current !== undefined && current.owner !== owner && current.expiresAt > clock.now()) {
        return { status: 'held', by: current };
      }
      const epoch = (current?.epoch ?? 0) + 1;
      leases.set(resource, { resource, owner, address, epoch, expiresAt: clock.now() + ttlMs });
      return { status: 'acquired', epoch };
    },
    renew: async ({ resource, owner, address, ttlMs, epoch }) => {
      const current = leases.get(resource);
      if (current?.owner !== owner || current.epoch !== epoch) return { status: 'lost' };
      leases.set(resource, { resource, owner, address, epoch, expiresAt: clock.now() + ttlMs });
      return { status: 'renewed' };
    },
    release: async ({ resource, owner, epoch }) => {
      const current = leases.get(resource);
      if (current?.owner !== owner || current.epoch !== epoch) return;
      leases.set(resource, { ...current, expiresAt: 0 });
    },
    read: async (resource) => leases.get(resource),
  };
}
