import { invariant } from '@perps/domain/kernel';
import type { ShardMachine } from '@perps/runtime/shard';

/** Adds `amount` to a counter; a counter never goes below zero. */
export interface AddCommand {
  readonly id: string;
  readonly counter: string;
  readonly amount: number;
}

export interface Added {
  readonly type: 'Added';
  readonly counter: string;
  readonly amount: number;
}

export type AddResult =
  { readonly status: 'ok'; readonly total: number } | { readonly status: 'refused'; readonly total: number };

/** Totals per counter and the answers of every command. */
export interface CounterState {
  readonly totals: Map<string, number>;
  readonly answers: Map<string, AddResult>;
  readonly counted: { entries: number };
}

/**
 * The smallest machine with a history: every answer depends on all that came before, so a lost, doubled or reordered
 * entry shows. Refusals of ids that begin with `q` are journaled.
 */
export const counterMachine: ShardMachine<CounterState, AddCommand, Added, AddResult> = {
  schemaVersion: 1,
  initial: () => ({ totals: new Map(), answers: new Map(), counted: { entries: 0 } }),
  commandId: (command) => command.id,
  known: (state, command) => state.answers.get(command.id),
  decide: (state, { id, counter, amount }) => {
    const total = state.totals.get(counter) ?? 0;
    if (total + amount < 0) {
      const result = { status: 'refused', total } as const;
      return { outcome: 'refused', streamId: counter, result, journaled: id.startsWith('q') };
    }
    const events = [{ type: 'Added', counter, amount }] as const;
    return { outcome: 'accepted', streamId: counter, events, result: { status: 'ok', total: total + amount } };
  },
  apply: (state, entry) => {
    for (const { counter, amount } of entry.events) {
      state.totals.set(counter, (state.totals.get(counter) ?? 0) + amount);
    }
    if (entry.result !== undefined) state.answers.set(entry.commandId, entry.result);
    state.counted.entries += 1;
  },
  serialize: (state) => Buffer.from(JSON.stringify([[...state.totals], [...state.answers], state.counted.entries])),
  deserialize: (bytes) => {
    const stored: unknown = JSON.parse(Buffer.from(bytes).toString());
    invariant(Array.isArray(stored), 'a counter snapshot is a list');
    const [totals, answers, entries] = stored as [[string, number][], [string, AddResult][], number];
    return { totals: new Map(totals), answers: new Map(answers), counted: { entries } };
  },
  checks: (state) => [...state.totals].filter(([, total]) => total < 0).map(([counter]) => `${counter} is below zero`),
};
