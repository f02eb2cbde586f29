/** Gives a command its facts and lets the account decide. Changes nothing. */
import {
  type AccountCommand,
  accountDecider,
  type CommandResult,
  decideAccount,
  type DecisionContext,
  type Markets,
  shortHash,
} from '../account/index.ts';
import { usd, type Usd } from '../money/index.ts';
import { decideDeviation } from './deviation.ts';
import { decideFunding } from './funding.ts';
import {
  type ConfigCommand,
  isDeviationCommand,
  type ShardCommand,
  type ShardDecision,
  type ShardFacts,
  streamOf,
  type WithoutFacts,
} from './messages.ts';
import { findResult } from './results.ts';
import { CONFIG_STREAM, type ShardState } from './state.ts';

/**
 * The remembered answer of a command that was decided before; a signed one with another content is refused.
 * undefined = it is new.
 */
export function known(state: ShardState, command: ShardCommand): CommandResult | undefined {
  const remembered = findResult(state.results, { streamId: streamOf(command), commandId: command.commandId });
  if (remembered === undefined) return undefined;
  const signed = 'signed' in command ? command.signed : undefined;
  if (signed !== undefined && remembered.hash !== undefined && remembered.hash !== shortHash(signed.hash)) {
    return { kind: 'refused', rejection: { reason: 'DuplicateNonce', nonce: signed.nonce } };
  }
  return remembered.result;
}

/** Decides a command on the state; what it accepts is what `apply` takes once it is durable. A repeat gets its old answer. */
export function decideCommand(state: ShardState, command: ShardCommand, facts: ShardFacts): ShardDecision {
  const streamId = streamOf(command);
  const before = known(state, command);
  if (before !== undefined) return { outcome: 'refused', streamId, result: before };
  if (command.type === 'SetRoutingPolicy') return decideConfig(state, command);
  if (isDeviationCommand(command)) return decideDeviation(state, command);
  if (!('accountId' in command)) return decideFunding(state, command, facts);
  const account = state.accounts.get(streamId) ?? accountDecider.initialState(streamId);
  const { events, result, states } = decideAccount(account, withFacts(state, command, facts));
  if (states !== undefined) state.evolved.set(events, { from: account, states });
  return events.length === 0
    ? { outcome: 'refused', streamId, result }
    : { outcome: 'accepted', streamId, events, result };
}

/** An older version than the one in force changes nothing: a late redelivery must not turn a setting back. */
function decideConfig(state: ShardState, command: ConfigCommand): ShardDecision {
  const answer = { streamId: CONFIG_STREAM, result: { kind: 'done' } } as const;
  if (command.policy.version < state.policy.version) return { outcome: 'refused', ...answer };
  const { policy, fees = state.fees } = command;
  return { outcome: 'accepted', ...answer, events: [{ type: 'RoutingPolicySet', policy, fees }] };
}

function withFacts(state: ShardState, command: WithoutFacts<AccountCommand>, facts: ShardFacts): AccountCommand {
  const added = { at: facts.at, context: contextOf(state, facts) };
  return { ...command, ...added };
}

function contextOf(state: ShardState, facts: ShardFacts): DecisionContext {
  return {
    markets: facts.markets,
    funding: state.funding.indexes,
    policy: state.policy,
    fees: state.fees,
    exposure: exposureOf(state, facts.markets),
    ids: { nextOrderId: state.nextOrderId, nextTradeId: state.nextTradeId, shard: state.shard },
    venue: { ...facts.venue, nextNonce: Math.max(facts.venue.nextNonce, state.lastVenueNonce + 1, facts.at) },
  };
}

/** Signed INTERNAL exposure at mark, 10⁻⁶ USD. A symbol without a market cannot be traded, so it is left out. */
export function exposureOf(state: ShardState, markets: Markets): DecisionContext['exposure'] {
  const bySymbol: Record<string, Usd> = {};
  let total = 0n;
  for (const [symbol, lots] of state.internalLots) {
    const view = markets[symbol];
    if (view === undefined) continue;
    const net = lots * view.markPrice;
    bySymbol[symbol] = usd(net);
    total += net < 0n ? -net : net;
  }
  return { bySymbol, total: usd(total) };
}
