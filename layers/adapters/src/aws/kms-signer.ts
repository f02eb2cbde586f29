/** Ethereum signatures by a KMS key that nobody can export. */
import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { recoverAddress } from '@perps/contracts/hyperliquid';
import { computeAddress, hexlify, type TypedDataDomain, type TypedDataField } from 'ethers';
import { CURVE_ORDER, parsePublicKey, parseSignature } from './der.ts';
import { hashTypedData, type TypedData } from './kms-typed-data.ts';

export interface Signature {
  /** 32 bytes, hex with 0x. */
  readonly r: string;
  readonly s: string;
  readonly v: 27 | 28;
}

/** What is about to be signed, for the policy to judge. */
export interface SigningRequest extends TypedData {
  readonly primaryType: string;
  /** Venue time (ms) after which the signed request must not be used; undefined = the request has none. */
  readonly expiresAfter: number | undefined;
}

/** Throws `SigningRefusedError` for what this key must not sign. */
export type SigningPolicy = (request: SigningRequest) => void;

/** The policy says no, or the signature would be of no use: nothing was signed. */
export class SigningRefusedError extends Error {
  readonly code = 'SigningRefused';
  override readonly name = 'SigningRefusedError';
}

/** KMS answered something that is not a signature of this key. */
export class KmsSignatureError extends Error {
  readonly code = 'KmsSignature';
  override readonly name = 'KmsSignatureError';
}

/** The shape @nktkas/hyperliquid and ethers take as a wallet. */
export interface TypedDataWallet {
  getAddress(): Promise<`0x${string}`>;
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: Record<string, unknown>,
  ): Promise<`0x${string}`>;
}

export interface KmsSigner {
  readonly keyId: string;
  /** 0x and 40 lower-case hex digits. */
  readonly address: string;
  /** Signs 32 bytes as they are. Not subject to the typed-data policy: for callers with a policy of their own. */
  signDigest(digest: Uint8Array): Promise<Signature>;
  /** Signs after the policy agreed. */
  signTypedData(data: TypedData, options?: { readonly expiresAfter?: number }): Promise<Signature>;
  /** A wallet whose every signature is bound to the expiry given. */
  wallet(options?: { readonly expiresAfter?: number }): TypedDataWallet;
}

export interface KmsSignerOptions {
  readonly client: KMSClient;
  readonly keyId: string;
  /** Default: no typed data may be signed. */
  readonly policy?: SigningPolicy;
}

const refuseAll: SigningPolicy = () => {
  throw new SigningRefusedError('this signer has no policy for typed data');
};

/** Reads the key's public part and returns its signer; `signDigest` costs one KMS call. */
export async function createKmsSigner({ client, keyId, policy = refuseAll }: KmsSignerOptions): Promise<KmsSigner> {
  const { PublicKey, KeySpec } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
  if (PublicKey === undefined || KeySpec !== 'ECC_SECG_P256K1') {
    throw new KmsSignatureError(`key ${keyId} is ${KeySpec ?? 'unknown'}, not ECC_SECG_P256K1`);
  }
  const address = computeAddress(hexlify(parsePublicKey(PublicKey))).toLowerCase();

  const signDigest = async (digest: Uint8Array): Promise<Signature> => {
    if (digest.length !== 32) throw new SigningRefusedError('a digest has 32 bytes');
    const answer = await client.send(
      new SignCommand({ KeyId: keyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }),
    );
    if (answer.Signature === undefined) throw new KmsSignatureError('no signature in the answer');
    return toEthereum(digest, answer.Signature, address);
  };

  const signTypedData: KmsSigner['signTypedData'] = async (data, options = {}) => {
    const { primaryType, digest } = hashTypedData(data);
    policy({ ...data, primaryType, expiresAfter: options.expiresAfter });
    return signDigest(digest());
  };

  const wallet: KmsSigner['wallet'] = (options) => ({
    getAddress: () => Promise.resolve(toHex(address)),
    signTypedData: async (domain, types, message) => {
      const { r, s, v } = await signTypedData({ domain, types, message }, options);
      return toHex(`${r}${s.slice(2)}${v.toString(16)}`);
    },
  });

  return { keyId, address, signDigest, signTypedData, wallet };
}

const toHex = (value: string): `0x${string}` => `0x${value.replace(/^0x/, '')}`;

/** Ethereum refuses the upper half of s (EIP-2), and KMS promises no half and gives no recovery id: both are ours. */
function toEthereum(digest: Uint8Array, der: Uint8Array, address: string): Signature {
  const scalars = parseSignature(der);
  const low = scalars.s > CURVE_ORDER / 2n ? CURVE_ORDER - scalars.s : scalars.s;
  const [r, s] = [scalarHex(scalars.r), scalarHex(low)];
  for (const v of [27, 28] as const) {
    if (recoverAddress(digest, { r, s, v }) === address) return { r, s, v };
  }
  throw new KmsSignatureError(`the signature is not by ${address}`);
}

const scalarHex = (scalar: bigint): string => `0x${scalar.toString(16).padStart(64, '0')}`;
