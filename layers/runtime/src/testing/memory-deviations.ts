import type { DeviationCheckpoint, DeviationLog, DeviationRow } from '@perps/runtime/deviation';

export interface MemoryDeviations {
  readonly log: DeviationLog;
  readonly checkpoint: DeviationCheckpoint;
  rows(): readonly DeviationRow[];
}

/** The table of deviations and the checkpoint beside it, in memory; what is written is seen at once. */
export function createMemoryDeviations(): MemoryDeviations {
  const rows = new Map<string, DeviationRow>();
  let comparedTo: number | undefined;
  const all = (): DeviationRow[] => [...rows.values()];
  return {
    rows: all,
    log: {
      put: async (row) => {
        const stored = rows.get(row.id) ?? row;
        rows.set(row.id, stored);
        return stored;
      },
      find: async (id) => rows.get(id),
      withStatus: async (status, from) =>
        all()
          .filter((row) => row.status === status && row.createdAt >= from)
          .toSorted((one, other) => one.createdAt - other.createdAt),
      newestOf: async (symbol, limit) =>
        all()
          .filter((row) => row.symbol === symbol)
          .toSorted((one, other) => other.createdAt - one.createdAt)
          .slice(0, limit),
      resolve: async (id, { at, note }) => {
        const row = rows.get(id);
        if (row?.status !== 'OPEN') return undefined;
        const resolved = { ...row, status: 'RESOLVED' as const, resolvedAt: at, note };
        rows.set(id, resolved);
        return resolved;
      },
    },
    checkpoint: {
      read: async () => comparedTo,
      advance: async (from, to) => {
        if (comparedTo !== from) return false;
        comparedTo = to;
        return true;
      },
    },
  };
}
