/**
 * secp256k1: libsecp256k1 as a native addon where one is prebuilt for the platform (recovery 65 µs here), the same
 * library as WebAssembly everywhere else (310 µs). Both give the same bytes.
 */
import type bindings from 'secp256k1/bindings.js';
import { pointFromScalar, recover, signRecoverable } from 'tiny-secp256k1';

type Bindings = typeof bindings;

/** Absent on other platforms and in bundles without the addon beside them; nothing but speed hangs on it. */
const native: Bindings | undefined = await import('secp256k1/bindings.js').then(
  (module) => module.default,
  () => undefined,
);

export const isNative = native !== undefined;

export interface RecoverableSignature {
  /** r and s, 32 bytes each. */
  readonly compact: Uint8Array;
  readonly parity: 0 | 1;
}

/** The uncompressed public key (65 bytes) behind a signature; undefined where there is none. */
export function recoverPoint(digest: Uint8Array, { compact, parity }: RecoverableSignature): Uint8Array | undefined {
  try {
    if (native !== undefined) return native.ecdsaRecover(compact, parity, digest, false);
    return recover(digest, compact, parity, false) ?? undefined;
  } catch {
    // Parts outside the curve's order: one more signature without a signer.
    return undefined;
  }
}

/** Deterministic (RFC 6979), low s. Throws on a key outside the curve's order. */
export function signRecoverably(digest: Uint8Array, privateKey: Uint8Array): RecoverableSignature {
  if (native !== undefined) {
    const { signature, recid } = native.ecdsaSign(digest, privateKey);
    return { compact: signature, parity: recid === 1 ? 1 : 0 };
  }
  const { signature, recoveryId } = signRecoverable(digest, privateKey);
  return { compact: signature, parity: (recoveryId & 1) === 1 ? 1 : 0 };
}

/** Uncompressed public key of a private one; undefined where it is none. */
export const publicPoint = (privateKey: Uint8Array): Uint8Array | undefined =>
  pointFromScalar(privateKey, false) ?? undefined;
