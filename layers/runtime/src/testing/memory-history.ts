import type {
  BalanceSample,
  FundingSettlement,
  HistoryRange,
  HistoryStore,
  LedgerEntry,
  LiquidationStep,
} from '../ports/index.ts';
import type { FillRecord } from '@perps/domain/shard';

/** What a test puts into the history of one user. */
export interface RememberedHistory {
  readonly funding?: readonly FundingSettlement[];
  readonly ledger?: readonly LedgerEntry[];
  readonly liquidations?: readonly LiquidationStep[];
  readonly fills?: readonly FillRecord[];
  readonly samples?: readonly BalanceSample[];
}

export interface MemoryHistory extends HistoryStore {
  /** Replaces what is known of the user. */
  remember(userId: string, history: RememberedHistory): void;
}

const EXTERNAL: ReadonlySet<LedgerEntry['type']> = new Set(['deposit', 'withdrawal', 'adjustment']);

/** History of users a test knows; all others have none. */
export function createMemoryHistory(): MemoryHistory {
  const users = new Map<string, RememberedHistory>();
  const known = (userId: string): RememberedHistory => users.get(userId) ?? {};
  return {
    remember: (userId, history) => void users.set(userId, history),
    fundingOf: async (userId, range) => within(known(userId).funding ?? [], range),
    ledgerOf: async (userId, range) => {
      const entries = known(userId).ledger ?? [];
      return within(range.only === undefined ? entries : entries.filter(({ type }) => EXTERNAL.has(type)), range);
    },
    liquidationsOf: async (userId, range) => within(known(userId).liquidations ?? [], range),
    fillsOf: async (userId, range) => {
      const timed = (known(userId).fills ?? []).map((fill) => ({ at: fill.time, fill }));
      return within(timed, range).map(({ fill }) => fill);
    },
    samplesOf: async (userId, range) => within(known(userId).samples ?? [], range),
  };
}

function within<Row extends { readonly at: number }>(
  rows: readonly Row[],
  { from, to, limit, isNewestFirst = false }: HistoryRange,
): readonly Row[] {
  const ordered = rows.filter(({ at }) => at >= from && at <= to).toSorted((left, right) => left.at - right.at);
  return (isNewestFirst ? ordered.toReversed() : ordered).slice(0, limit);
}
