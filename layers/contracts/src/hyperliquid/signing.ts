/** Signatures as the venue handles them: recovered, never compared. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import {
  canonicalAction,
  type ExchangeAction,
  type ExchangeRequest,
  isUserSigned,
  type UserSignedAction,
  type WireSignature,
} from './actions.ts';
import { bytesToHex, hexToBytes } from './bytes.ts';
import { publicPoint, recoverPoint, signRecoverably } from './curve.ts';
import { l1ActionHash, l1Digest, userSignedDigest } from './hashing.ts';
import { canonicalAddress, type Network } from './primitives.ts';

/**
 * The lower-case address whose key signed the request for `network`; another byte anywhere gives another address.
 * `undefined` where nothing can be recovered, or where a user-signed action names another network or another nonce
 * than its envelope.
 */
export function recoverSigner(request: ExchangeRequest, network: Network): string | undefined {
  const { action, signature } = request;
  if (!isUserSigned(action)) return recoverAddress(l1Digest(l1ActionHash(request), network), signature);
  if (action.hyperliquidChain !== network || userSignedNonce(action) !== request.nonce) return undefined;
  return recoverAddress(userSignedDigest(action), signature);
}

/** The nonce inside a user-signed action, which its envelope must repeat. */
export function userSignedNonce(action: UserSignedAction): number {
  return 'time' in action ? action.time : action.nonce;
}

/** The lower-case address that signed `digest`; short and odd-length parts are left-padded. */
export function recoverAddress(digest: Uint8Array, signature: WireSignature): string | undefined {
  const parity = signature.v >= 27 ? signature.v - 27 : signature.v;
  if (parity !== 0 && parity !== 1) return undefined;
  const r = hexToBytes(signature.r, 32);
  const s = hexToBytes(signature.s, 32);
  if (r === undefined || s === undefined) return undefined;
  const compact = new Uint8Array(64);
  compact.set(r);
  compact.set(s, 32);
  const point = recoverPoint(digest, { compact, parity });
  return point === undefined ? undefined : addressOfPoint(point);
}

/** The address is the last twenty bytes of the hash of the uncompressed point without its prefix. */
function addressOfPoint(point: Uint8Array): string {
  return bytesToHex(keccak_256(point.subarray(1)).subarray(12));
}

/** Signs a 32-byte digest deterministically (RFC 6979, low s); `privateKey` is 32 bytes, or hex of them. Throws on a bad key. */
export function signDigest(digest: Uint8Array, privateKey: string | Uint8Array): WireSignature {
  const { compact, parity } = signRecoverably(digest, privateKeyBytes(privateKey));
  return { r: bytesToHex(compact.subarray(0, 32)), s: bytesToHex(compact.subarray(32)), v: 27 + parity };
}

/** The lower-case address of a private key (32 bytes, or hex of them); throws on a bad key. */
export function addressOf(privateKey: string | Uint8Array): string {
  const point = publicPoint(privateKeyBytes(privateKey));
  if (point === undefined) throw new TypeError('Malformed private key.');
  return addressOfPoint(point);
}

function privateKeyBytes(privateKey: string | Uint8Array): Uint8Array {
  const bytes = typeof privateKey === 'string' ? hexToBytes(privateKey, 32) : privateKey;
  if (bytes?.length !== 32) throw new TypeError('Malformed private key.');
  return bytes;
}

export interface SigningInput {
  readonly action: ExchangeAction;
  readonly nonce: number;
  readonly vaultAddress?: string | null;
  /** Wall ms after which the venue refuses the action. */
  readonly expiresAfter?: number | null;
  readonly network: Network;
  readonly privateKey: string;
}

/** A complete, canonical body for `/exchange`; throws on a malformed action, address or key. */
export function signExchange(input: SigningInput): ExchangeRequest {
  const action = canonicalAction(input.action);
  const vaultAddress = canonicalVault(input.vaultAddress);
  const envelope = {
    action,
    nonce: input.nonce,
    ...(vaultAddress === undefined ? {} : { vaultAddress }),
    ...(typeof input.expiresAfter === 'number' ? { expiresAfter: input.expiresAfter } : {}),
  };
  const digest = isUserSigned(action) ? userSignedDigest(action) : l1Digest(l1ActionHash(envelope), input.network);
  return { ...envelope, signature: signDigest(digest, input.privateKey) };
}

function canonicalVault(address: string | null | undefined): string | undefined {
  if (address === null || address === undefined) return undefined;
  const canonical = canonicalAddress(address);
  if (canonical === undefined) throw new TypeError('Malformed vault address.');
  return canonical;
}
