/** `approveAgent`: the alias is claimed before the shard learns of it, so that an address never signs for two accounts. */
import { errAnswer, errorTexts } from '@perps/contracts/hyperliquid';
import { type Agent, ZERO_ADDRESS } from '@perps/domain/account';
import type { ActionCall, ActionOutcome, ExchangeDeps } from './call.ts';
import { submitSetting } from './settings.ts';

const DAY_MS = 86_400_000;
const VALID_DAYS_DEFAULT = 90;
const VALID_DAYS_MAX = 180;

/** The zero address revokes the agent of that name. */
export async function approveAgent(call: ActionCall<'approveAgent'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const { signer } = call.command.signed;
  const { accountId, receivedAt } = call.command;
  const agent = agentOf(call.action, receivedAt);
  if (agent === undefined) return errAnswer(errorTexts.agentExpired);
  if (agent.address !== ZERO_ADDRESS) {
    // Only an account that exists may claim: an alias is for ever, and a claim costs the sender nothing.
    const account = await deps.engines.query('account', { accountId });
    if (account?.owner !== signer) return errAnswer(errorTexts.mustDeposit(signer));
    if (!(await isFree(agent.address, accountId, deps))) return errAnswer(errorTexts.agentUsed);
  }
  return submitSetting(call, deps, { ...call.command, type: 'ApproveAgent', agent });
}

/** An agent is nobody's main wallet and nobody else's agent. */
async function isFree(address: string, accountId: string, { engines, accounts }: ExchangeDeps): Promise<boolean> {
  const asOwner = await engines.query('account', { accountId: accounts.accountOfOwner(address) });
  return asOwner === undefined && accounts.claimAgent(address, accountId);
}

/** The name may end in ` valid_until <ms>`; undefined where that time is past or too far away. */
export function agentOf(
  action: { readonly agentAddress: string; readonly agentName: string },
  now: number,
): Agent | undefined {
  const suffix = / valid_until (\d{1,16})$/.exec(action.agentName);
  const validUntil = suffix === null ? now + VALID_DAYS_DEFAULT * DAY_MS : Number(suffix[1]);
  if (validUntil <= now || validUntil > now + VALID_DAYS_MAX * DAY_MS) return undefined;
  const name = suffix === null ? action.agentName : action.agentName.slice(0, suffix.index);
  return { address: action.agentAddress, name: name.trim(), validUntil };
}
