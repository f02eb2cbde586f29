/** Who signs for which account. */
import { accountIdOf } from '@perps/contracts/engine';
import type { IdentityStore } from '@perps/adapters/aws';
import type { Address } from '@perps/domain/account';
import { createBoundedMap } from './bounded-map.ts';

/** Aliases of accounts: main wallets and agents. One address stands for one account, for ever. */
export type Identities = Pick<IdentityStore, 'findSigner' | 'claim'>;

export interface Accounts {
  /** The account whose orders this address may sign; the shard has the last word (revoked and expired agents). */
  accountOfSigner(signer: Address): Promise<string>;
  /** The account of a main wallet, whether it exists or not. */
  accountOfOwner(owner: Address): string;
  /** False where the address already stands for another account or is a main wallet. */
  claimAgent(agent: Address, accountId: string): Promise<boolean>;
  /** After a refusal that names the signer. */
  forget(signer: Address): void;
}

/** Signers remembered per process; the oldest leaves first. */
const SIGNERS_MAX = 50_000;
const OWNERS_MAX = 50_000;

/** Remembers positive answers only: an address claimed a moment ago must be found at once. */
export function createAccounts(identities: Identities): Accounts {
  const bySigner = createBoundedMap<string>(SIGNERS_MAX);
  const byOwner = createBoundedMap<string>(OWNERS_MAX);

  function accountOfOwner(owner: Address): string {
    const known = byOwner.get(owner);
    if (known !== undefined) return known;
    const accountId = accountIdOf(owner);
    byOwner.set(owner, accountId);
    return accountId;
  }

  return {
    accountOfOwner,
    async accountOfSigner(signer) {
      const known = bySigner.get(signer);
      if (known !== undefined) return known;
      const claimed = await identities.findSigner(signer);
      // Nobody claimed it: then it can only be a main wallet, whose account id follows from the address.
      if (claimed === undefined) return accountOfOwner(signer);
      bySigner.set(signer, claimed.accountId);
      return claimed.accountId;
    },
    async claimAgent(agent, accountId) {
      const known = await identities.findSigner(agent);
      if (known !== undefined && (known.kind === 'wallet' || known.accountId !== accountId)) return false;
      const outcome = await identities.claim({ kind: 'agent', address: agent, accountId });
      if (outcome.status === 'taken') return false;
      bySigner.set(agent, accountId);
      return true;
    },
    forget: (signer) => bySigner.delete(signer),
  };
}
