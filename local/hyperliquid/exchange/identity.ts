/** Whose action it is: the recovered signer, the account it may act for, and the nonces it has used. */
import { errorTexts, isUserSigned, recoverSigner, type ExchangeRequest } from '@perps/contracts/hyperliquid';
import { consumeNonce, judgeNonce } from '@perps/domain/nonces';
import type { Account } from '../accounts.ts';
import { depositedAccount, type Venue } from '../venue.ts';

export type Identity =
  | { readonly ok: true; readonly signer: string; readonly account: Account }
  | { readonly ok: false; readonly error: string };

const refuse = (error: string): Identity => ({ ok: false, error });

/** Agents may sign everything but user-signed actions; expiry of an agent is not enforced, as measured. */
export function identify(venue: Venue, request: ExchangeRequest): Identity {
  const signer = recoverSigner(request, venue.rules.network);
  if (signer === undefined) return refuse(errorTexts.unrecoverable);
  const own = depositedAccount(venue, signer);
  if (isUserSigned(request.action)) {
    return own === undefined ? refuse(errorTexts.mustDeposit(signer)) : { ok: true, signer, account: own };
  }
  const vault = request.vaultAddress ?? undefined;
  const master = venue.agents.get(signer);
  const account = master === undefined ? own : depositedAccount(venue, master);
  if (account === undefined) return unknownSigner(venue, signer);
  if (vault !== undefined && vault !== account.address) return refuse(errorTexts.vaultNotRegistered(vault));
  return { ok: true, signer, account };
}

function unknownSigner(venue: Venue, signer: string): Identity {
  const formerMaster = venue.formerAgents.get(signer);
  return refuse(formerMaster === undefined ? errorTexts.unknownSigner(signer) : errorTexts.mustDeposit(formerMaster));
}

/** Uses the nonce up, whatever becomes of the action; otherwise the refusal. */
export function useNonce(venue: Venue, signer: string, nonce: number): string | undefined {
  const window = venue.nonces.get(signer) ?? [];
  const verdict = judgeNonce(window, nonce, venue.clock.now());
  switch (verdict.verdict) {
    case 'duplicate':
      return errorTexts.duplicateNonce(nonce);
    case 'tooLow':
      return errorTexts.nonceTooLow(nonce, verdict.floor);
    case 'tooHigh':
      return errorTexts.nonceTooHigh(nonce, verdict.ceiling);
    case 'fresh':
      venue.nonces.set(signer, consumeNonce(window, nonce));
      return undefined;
  }
}
