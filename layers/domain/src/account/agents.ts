/** Who may sign for an account, and the bounds of agents (Hyperliquid's: one unnamed, three named, 180 days). */
import { hasSigned, judgeNonceOf } from '../nonces/index.ts';
import type { AccountCommand, Signed } from './commands.ts';
import type { AccountEvent } from './events.ts';
import type { AccountState, Address, Agent } from './model.ts';
import type { Rejection } from './results.ts';

export const NAMED_AGENTS_MAX = 3;
const AGENT_VALID_MS_MAX = 180 * 86_400_000;
/** Approving this address under a name revokes the agent of that name. */
export const ZERO_ADDRESS: Address = '0x0000000000000000000000000000000000000000';

/** Actions only the main wallet signs: an agent must not raise another agent or grant fees. */
const OWNER_ONLY: ReadonlySet<AccountCommand['type']> = new Set(['ApproveAgent', 'ApproveBuilderFee']);

/** Hex digits of a signed hash that are kept: 128 bits tell two bodies of one nonce apart. */
const HASH_DIGITS_KEPT = 32;
export const shortHash = (hash: string): string => hash.slice(0, HASH_DIGITS_KEPT);

/** Why a signed action is not taken at all; none of these consumes the nonce. */
export function checkSigned(state: AccountState, command: AccountCommand, signed: Signed): Rejection | undefined {
  const { signer, nonce } = signed;
  if (!maySign(state, command, signer)) return { reason: 'UnknownSigner', signer };
  const judged = judgeNonceOf(state.nonces, signed, command.at);
  switch (judged.verdict) {
    case 'fresh':
      return undefined;
    case 'duplicate':
      return { reason: 'DuplicateNonce', nonce };
    case 'tooLow':
      return { reason: 'NonceTooLow', nonce, floor: judged.floor };
    case 'tooHigh':
      return { reason: 'NonceTooHigh', nonce, ceiling: judged.ceiling };
  }
}

function maySign(state: AccountState, command: AccountCommand, signer: Address): boolean {
  if (signer === state.owner) return true;
  if (OWNER_ONLY.has(command.type)) return false;
  return state.agents.some((agent) => agent.address === signer && agent.validUntil > command.at);
}

/** Approves, replaces (same name) or revokes (zero address) an agent; expired ones leave the list with it. */
export function approveAgent(
  state: AccountState,
  command: Extract<AccountCommand, { type: 'ApproveAgent' }>,
): readonly AccountEvent[] | Rejection {
  const { agent, at } = command;
  const replaced = state.agents.find(({ name }) => name === agent.name);
  if (agent.address === ZERO_ADDRESS) return replaced === undefined ? [] : [revoked(replaced)];
  if (agent.validUntil <= at || agent.validUntil > at + AGENT_VALID_MS_MAX) return { reason: 'AgentExpired' };
  if (isInUse(state, agent)) return { reason: 'AgentInUse' };
  const expired = state.agents.filter((known) => known.validUntil <= at && known !== replaced);
  const named = state.agents.filter((known) => known.name !== '' && known !== replaced && !expired.includes(known));
  if (agent.name !== '' && named.length >= NAMED_AGENTS_MAX) return { reason: 'TooManyAgents' };
  return [...expired.map(revoked), { type: 'AgentApproved', agent, replaced: replaced?.address }];
}

/** A key that ever signed here keeps its nonces: used again it could replay what it signed before. */
function isInUse(state: AccountState, agent: Agent): boolean {
  if (agent.address === state.owner || hasSigned(state.nonces, agent.address)) return true;
  return state.agents.some((known) => known.address === agent.address);
}

const revoked = (agent: Agent): AccountEvent => ({ type: 'AgentRevoked', address: agent.address });
