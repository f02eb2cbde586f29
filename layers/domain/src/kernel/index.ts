/** What every decider is made of. Kept small on purpose: see style guide §4. */

/** A pure decision: facts to append, or the reason why nothing happens. */
export type Decision<Event, Rejection> =
  | { readonly outcome: 'accepted'; readonly events: readonly Event[] }
  | { readonly outcome: 'rejected'; readonly rejection: Rejection };

export interface Decider<State, Command, Event, Rejection> {
  readonly initialState: State;
  readonly decide: (state: State, command: Command) => Decision<Event, Rejection>;
  readonly evolve: (state: State, event: Event) => State;
}

/** The command happens: these events are its facts. */
export function accept<Event>(...events: readonly Event[]): Decision<Event, never> {
  return { outcome: 'accepted', events };
}

/** The command does not happen, for a reason the caller must handle. */
export function reject<Rejection>(rejection: Rejection): Decision<never, Rejection> {
  return { outcome: 'rejected', rejection };
}

/** A record while it is made: where fields may be absent, setting them is cheaper than spreading what may be nothing. */
export type Writable<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] };

/** A broken rule is a bug: the process stops rather than continue wrong. */
export class InvariantViolation extends Error {
  readonly code = 'InvariantViolation';
}

/** States a rule that must hold, in words; throws `InvariantViolation` where it does not. */
export function invariant(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new InvariantViolation(rule);
}

/** A case that the types exclude; a new variant does not compile until it is handled. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unhandled case ${JSON.stringify(value)}`);
}
