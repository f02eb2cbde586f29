import type { Snapshot, SnapshotRef, SnapshotStore } from '@perps/runtime/ports';

export interface MemorySnapshots extends SnapshotStore {
  /** Everything stored, oldest first. */
  all(): readonly Snapshot[];
  /** Damages one, for tests of what must notice. */
  corrupt(ref: SnapshotRef, bytes: Uint8Array): void;
}

/** The snapshot store in memory. */
export function createMemorySnapshots(): MemorySnapshots {
  const stored = new Map<string, Snapshot>();
  const keyOf = (ref: SnapshotRef): string => `${ref.shard}/${ref.seq}/${ref.token}/${ref.schemaVersion}`;
  return {
    put: async (snapshot) => {
      stored.set(keyOf(snapshot), snapshot);
    },
    list: async (shard) =>
      [...stored.values()]
        .filter((snapshot) => snapshot.shard === shard)
        .map(({ seq, token, schemaVersion }) => ({ shard, seq, token, schemaVersion }))
        .sort((left, right) => right.seq - left.seq),
    get: async (ref) => stored.get(keyOf(ref))?.bytes,
    all: () => [...stored.values()],
    corrupt: (ref, bytes) => {
      stored.set(keyOf(ref), { ...ref, bytes });
    },
  };
}
