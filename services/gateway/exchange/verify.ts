/** The signer and the hash of what was signed, with one hashing of the action. */
import {
  type ExchangeRequest,
  isUserSigned,
  l1ActionHash,
  l1Digest,
  type Network,
  recoverAddress,
  userSignedDigest,
  userSignedNonce,
} from '@perps/contracts/hyperliquid';

export interface Verified {
  readonly signer: string;
  /** Hex; names the body: the same nonce with another one is refused. */
  readonly hash: string;
}

/** undefined where nothing can be recovered, or a user-signed action names another network or nonce than its envelope. */
export function verify(request: ExchangeRequest, network: Network): Verified | undefined {
  const { action, signature } = request;
  if (isUserSigned(action)) {
    if (action.hyperliquidChain !== network || userSignedNonce(action) !== request.nonce) return undefined;
    const digest = userSignedDigest(action);
    return named(recoverAddress(digest, signature), digest);
  }
  const hash = l1ActionHash(request);
  return named(recoverAddress(l1Digest(hash, network), signature), hash);
}

const named = (signer: string | undefined, hash: Uint8Array): Verified | undefined =>
  signer === undefined ? undefined : { signer, hash: Buffer.from(hash).toString('hex') };
