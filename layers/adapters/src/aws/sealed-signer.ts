/** Signatures of an agent key that was unsealed into this process: microseconds where KMS takes 10 to 50 ms. */
import { signDigest } from '@perps/contracts/hyperliquid';
import { type Signature, type SigningPolicy, SigningRefusedError } from './kms-signer.ts';
import { agentDigest, type TypedData } from './kms-typed-data.ts';
import { type SealedAgentKey, type SealingOptions, unsealAgentKey } from './sealed-agent-key.ts';

export interface SealedSigner {
  /** 0x and 40 lower-case hex digits. */
  readonly address: string;
  /** Always refused: this key signs what its policy has seen, and a digest says nothing. */
  signDigest(digest: Uint8Array): Promise<Signature>;
  /** Signs the venue's agent data, and that alone, after the policy agreed. Nothing is awaited on the way. */
  signTypedData(data: TypedData, options?: { readonly expiresAfter?: number }): Promise<Signature>;
}

export interface SealedSignerOptions extends SealingOptions, SealedAgentKey {
  readonly policy: SigningPolicy;
}

/**
 * Unseals once, then signs in memory. The key is in no property of the signer, so no log or dump of objects has it.
 * @throws SealedKeyError where the sealed key is not the one of `address`; what KMS throws
 */
export async function createSealedSigner({ policy, ...sealed }: SealedSignerOptions): Promise<SealedSigner> {
  const key = await unsealAgentKey(sealed);

  const sign = (data: TypedData, expiresAfter: number | undefined): Signature => {
    const digest = agentDigest(data);
    const [primaryType = 'nothing'] = Object.keys(data.types);
    policy({ ...data, primaryType, expiresAfter });
    if (digest === undefined) throw new SigningRefusedError(`${primaryType} is not agent data of the venue`);
    const { r, s, v } = signDigest(digest, key);
    return { r, s, v: v === 27 ? 27 : 28 };
  };

  return {
    address: sealed.address.toLowerCase(),
    signDigest: () => Promise.reject(new SigningRefusedError('an unsealed agent key signs no bare digest')),
    signTypedData: async (data, options = {}) => sign(data, options.expiresAfter),
  };
}
