/** Agents and builder fees: rights that the master key gives. */
import {
  errAnswer,
  errorTexts,
  okDefault,
  type ExchangeActionOf,
  type ExchangeAnswer,
} from '@perps/contracts/hyperliquid';
import { crossSummary, type Account } from '../accounts.ts';
import type { Venue } from '../venue.ts';
import type { ActionContext } from './index.ts';

const DAY_MS = 86_400_000;
const VALIDITY_DEFAULT_MS = 90 * DAY_MS;
const VALIDITY_MAX_MS = 180 * DAY_MS;
const NAMED_AGENTS_MAX = 3;
const NO_ADDRESS = `0x${'0'.repeat(40)}`;

/** Approves an agent; the same name (or none) replaces, the zero address revokes. */
export function approveAgent(context: ActionContext, action: ExchangeActionOf<'approveAgent'>): ExchangeAnswer {
  const { venue, account } = context;
  const now = venue.clock.now();
  const { name, validUntil } = readAgentName(action.agentName, now);
  if (validUntil <= now || validUntil > now + VALIDITY_MAX_MS) return errAnswer(errorTexts.agentExpired);
  const address = action.agentAddress;
  const others = account.agents.filter((agent) => agent.name !== name);
  if (address === NO_ADDRESS) {
    replaceAgents(venue, account, others);
    return okDefault();
  }
  const isRenewal = account.agents.some((agent) => agent.name === name && agent.address === address);
  if (!isRenewal && isTaken(venue, address)) return errAnswer(errorTexts.agentUsed);
  const isNewName = name !== '' && others.filter((agent) => agent.name !== '').length >= NAMED_AGENTS_MAX;
  if (isNewName) return errAnswer(errorTexts.tooManyAgents(NAMED_AGENTS_MAX));
  replaceAgents(venue, account, [...others, { address, name, validUntil }]);
  return okDefault();
}

/** An address is an agent once in its life, and never an account of its own. */
function isTaken(venue: Venue, address: string): boolean {
  return (
    venue.agents.has(address) || venue.formerAgents.has(address) || venue.accounts.get(address)?.hasDeposited === true
  );
}

function replaceAgents(venue: Venue, account: Account, agents: Account['agents']): void {
  for (const agent of account.agents) {
    if (agents.includes(agent)) continue;
    venue.agents.delete(agent.address);
    venue.formerAgents.set(agent.address, account.address);
  }
  account.agents = agents;
  for (const agent of agents) venue.agents.set(agent.address, account.address);
}

/** `hedger valid_until 1790000000000`: the name and the end of its validity (ms). */
function readAgentName(text: string, now: number): { readonly name: string; readonly validUntil: number } {
  const match = /^(.*?) ?valid_until (\d+)$/.exec(text);
  if (match === null) return { name: text, validUntil: now + VALIDITY_DEFAULT_MS };
  return { name: match[1] ?? '', validUntil: Number(match[2]) };
}

const BUILDER_BALANCE_MIN = 100_000_000n;
/** `maxFeeRate` is a percent text; a tenth of a basis point is 0.001 %. */
const TENTHS_OF_BPS_PER_PERCENT = 1_000;

/** Allows a builder a fee. An address the venue has never seen counts as a funded builder: clients bring their own. */
export function approveBuilderFee(
  context: ActionContext,
  action: ExchangeActionOf<'approveBuilderFee'>,
): ExchangeAnswer {
  const { venue, account } = context;
  const builder = venue.accounts.get(action.builder);
  const isPoor =
    builder?.hasDeposited === true && crossSummary(builder, venue.markets).accountValue < BUILDER_BALANCE_MIN;
  if (isPoor) return errAnswer(errorTexts.builderInsufficientBalance);
  const percent = Number(action.maxFeeRate.replace('%', ''));
  account.builderFees.set(action.builder, Math.round(percent * TENTHS_OF_BPS_PER_PERCENT));
  return okDefault();
}
