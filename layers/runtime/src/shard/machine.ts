import type { JournalEntry } from '@perps/contracts/journal';

/** What a machine makes of a command. `result` is what the sender is answered, either way. */
export type ShardDecision<Event, Result> =
  | {
      readonly outcome: 'accepted';
      readonly streamId: string;
      readonly events: readonly Event[];
      readonly result: Result;
    }
  | {
      readonly outcome: 'refused';
      readonly streamId: string;
      readonly result: Result;
      /** True where the refusal must be remembered: the command came by queue, or consumed a nonce. */
      readonly journaled?: boolean;
    };

/**
 * A deterministic state machine that a host runs: everything it knows comes from commands and entries, never from a
 * clock, randomness or the world. The host owns the state; `apply` changes it in place.
 */
export interface ShardMachine<State, Command, Event, Result> {
  /** Shape of the serialized state; a snapshot of another version is not used. */
  readonly schemaVersion: number;
  initial(): State;
  commandId(command: Command): string;
  /** The remembered answer of a command seen before (idempotency is state: `apply` remembers entry results). */
  known(state: State, command: Command): Result | undefined;
  /** Pure: must not change the state. */
  decide(state: State, command: Command): ShardDecision<Event, Result>;
  apply(state: State, entry: JournalEntry<Event, Result>): void;
  serialize(state: State): Uint8Array;
  deserialize(bytes: Uint8Array): State;
  /** Invariants that do not hold, in words; checked after recovery. */
  checks(state: State): readonly string[];
  /** Commands a shard with failed checks still takes (closes); absent: none. */
  allowedWhenClosed?(command: Command): boolean;
}
