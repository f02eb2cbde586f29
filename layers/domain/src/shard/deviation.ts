/** What a shard does about deviations of the venue's books: the reserve covers them, and opens at the venue stop. */
import type { CommandResult } from '../account/index.ts';
import { coverTransfer, type DeviationEvent, type VenueStop } from '../deviation/index.ts';
import type { RoutingPolicy, SymbolPolicy } from '../routing/index.ts';
import type { DeviationCommand, ShardDecision } from './messages.ts';
import { CONFIG_STREAM, type ShardState } from './state.ts';

const DONE: CommandResult = { kind: 'done' };

/** What changes nothing is `refused` with the answer `done`: an id is covered once, for ever; the newest word of a cause holds. */
export function decideDeviation(state: ShardState, command: DeviationCommand): ShardDecision {
  const event = eventOf(state, command);
  if (event === undefined) return { outcome: 'refused', streamId: CONFIG_STREAM, result: DONE };
  return { outcome: 'accepted', streamId: CONFIG_STREAM, events: [event], result: DONE };
}

function eventOf(state: ShardState, command: DeviationCommand): DeviationEvent | undefined {
  if (command.type === 'CoverDeviation') {
    const { id, symbol, amount } = command;
    if (amount === 0n || state.coveredDeviations.has(id)) return undefined;
    return { type: 'DeviationCovered', id, symbol, amount, transfers: [coverTransfer(id, amount)] };
  }
  const { symbol, cause, isStopped, decidedAt } = command;
  const known = state.venueStops.get(stopKey(command));
  if (known !== undefined && known.decidedAt >= decidedAt) return undefined;
  return { type: 'VenueOpensSet', symbol, cause, isStopped, decidedAt };
}

/** The money of a cover is booked by the caller, as that of every event. */
export function applyDeviation(state: ShardState, event: DeviationEvent): void {
  if (event.type === 'DeviationCovered') {
    state.coveredDeviations.add(event.id);
    return;
  }
  const { symbol, cause, isStopped, decidedAt } = event;
  state.venueStops.set(stopKey(event), { symbol, cause, isStopped, decidedAt });
  state.policy = withVenueStops(state.policy, state.venueStops.values());
}

export const stopKey = ({ symbol, cause }: Pick<VenueStop, 'symbol' | 'cause'>): string => `${symbol}:${cause}`;

/**
 * The policy in force: whether opens at the venue are stopped is no part of a policy's version but of the stops alone, so
 * that no version, written before or after, releases or repeats one. A symbol the policy does not list stays as it is
 * without a line, not internalised.
 */
export function withVenueStops(policy: RoutingPolicy, stops: Iterable<VenueStop>): RoutingPolicy {
  const causes = new Map<string, string[]>();
  for (const { symbol, cause, isStopped } of stops) {
    if (isStopped) causes.set(symbol, [...(causes.get(symbol) ?? []), cause]);
  }
  const listed = Object.values(policy.symbols).some(({ venueOpensStopped }) => venueOpensStopped !== undefined);
  if (causes.size === 0 && !listed) return policy;
  const symbols: Record<string, SymbolPolicy> = {};
  for (const [symbol, { venueOpensStopped: _, ...entry }] of Object.entries(policy.symbols)) symbols[symbol] = entry;
  for (const [symbol, of] of causes) {
    const entry = symbols[symbol] ?? { isInternalised: false };
    symbols[symbol] = { ...entry, venueOpensStopped: of.sort().join(', ') };
  }
  return { ...policy, symbols };
}
