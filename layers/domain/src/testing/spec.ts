/** given(decider, history).when(command).thenEvents(...events): decisions as sentences, for tests only. */
import type { Decision } from '../kernel/index.ts';

export interface TestedDecider<State, Command, Event, Rejection> {
  readonly initialState: State;
  readonly decide: (state: State, command: Command) => Decision<Event, Rejection>;
  readonly evolve: (state: State, event: Event) => State;
}

export interface Outcome<State, Event, Rejection> {
  readonly decision: Decision<Event, Rejection>;
  /** The history's state with the new events folded in. */
  readonly state: State;
  /** Passes when the decision is exactly these events. */
  thenEvents(...events: readonly Event[]): State;
  /** Passes when the new events have exactly these types, in order. */
  thenTypes(...types: readonly string[]): State;
  /** Passes when the command is refused for this reason, without a fact. */
  thenRejected(reason: string): void;
}

/** Inputs are frozen and new events are folded too, so that impurity or a broken evolve fails every test. */
export function given<State, Command, Event extends { readonly type: string }, Rejection extends { reason: string }>(
  decider: TestedDecider<State, Command, Event, Rejection>,
  history: readonly Event[],
): { when(command: Command): Outcome<State, Event, Rejection> } {
  const before = fold(decider, decider.initialState, history);
  return {
    when(command) {
      const decision = decider.decide(before, deepFreeze(command));
      const events = decision.outcome === 'accepted' ? decision.events : [];
      const state = fold(decider, before, events);
      return {
        decision,
        state,
        thenEvents(...expected) {
          must(render(events) === render(expected), () => `expected ${render(expected)}\nbut was ${render(decision)}`);
          return state;
        },
        thenTypes(...types) {
          const found = events.map(({ type }) => type);
          must(render(found) === render(types), () => `expected ${types.join()}\nbut was ${render(decision)}`);
          return state;
        },
        thenRejected(reason) {
          const isRefused = decision.outcome === 'rejected' && decision.rejection.reason === reason;
          must(isRefused, () => `expected ${reason}, but was ${render(decision)}`);
        },
      };
    },
  };
}

function fold<State, Event>(
  decider: { readonly evolve: (state: State, event: Event) => State },
  from: State,
  events: readonly Event[],
): State {
  let state = deepFreeze(from);
  for (const event of events) state = deepFreeze(decider.evolve(state, deepFreeze(event)));
  return state;
}

/** Freezes plain data all the way down; what is frozen already is taken as frozen below. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}

/** Plain data as text with sorted keys; bigints end in `n`. Equal text means equal data. */
export function render(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(render).join()}]`;
  if (value instanceof Uint8Array) return `<${value.join()}>`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([key, field]) => `${key}:${render(field)}`).join()}}`;
}

function must(holds: boolean, message: () => string): void {
  if (!holds) throw new Error(message());
}
