/** Rights and limits of an account as `/info` tells them. */
import type { ExtraAgent, UserRateLimit, UserRole } from '@perps/contracts/hyperliquid';
import type { AccountState, Address } from '@perps/domain/account';
import { formatUsd } from '@perps/domain/money';

/** The lifetime budget of an address before it has traded. */
const REQUESTS_BASE = 10_000;
const MICRO_USD = 1_000_000n;

export function userRateLimit({ cumulativeVolume: volume }: AccountState): UserRateLimit {
  return {
    cumVlm: formatUsd(volume),
    nRequestsUsed: 0,
    nRequestsCap: REQUESTS_BASE + Number(volume / MICRO_USD),
    nRequestsSurplus: 0,
  };
}

/** Named agents only, as at the venue. */
export const extraAgents = ({ agents }: AccountState): ExtraAgent[] => agents.filter(({ name }) => name !== '');

/** Tenths of a basis point of a percent text (`0.02%` is 20). */
export function maxBuilderFee(account: AccountState, builder: Address): number {
  const percent = account.builderFees[builder];
  return percent === undefined ? 0 : Math.round(Number.parseFloat(percent) * 1_000);
}

/** `asOwner` is the account of that main wallet, `asSigner` the one the address may sign for. */
export function userRole(
  address: Address,
  { asOwner, asSigner }: { readonly asOwner: AccountState | undefined; readonly asSigner: AccountState | undefined },
): UserRole {
  if (asOwner?.owner === address) return { role: 'user' };
  const isAgent = asSigner?.agents.some((agent) => agent.address === address) ?? false;
  if (isAgent && asSigner?.owner !== undefined) return { role: 'agent', data: { user: asSigner.owner } };
  return { role: 'missing' };
}
