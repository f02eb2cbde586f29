/** Strict DER of the two shapes KMS answers with: an ECDSA signature and a secp256k1 public key. */

/** Bytes that are not the one canonical encoding. */
export class DerError extends Error {
  readonly code = 'Der';
  override readonly name = 'DerError';
}

/** Order of secp256k1. */
export const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const SEQUENCE = 0x30;
const INTEGER = 0x02;

export interface EcdsaScalars {
  readonly r: bigint;
  readonly s: bigint;
}

/** Parses SEQUENCE{INTEGER r, INTEGER s}: minimal lengths, positive, within the curve's order, nothing after. */
export function parseSignature(der: Uint8Array): EcdsaScalars {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2 || der.length > 72) throw new DerError('signature: no sequence');
  const first = parseInteger(der, 2);
  const second = parseInteger(der, first.end);
  if (second.end !== der.length) throw new DerError('signature: bytes after s');
  return { r: first.value, s: second.value };
}

function parseInteger(der: Uint8Array, offset: number): { readonly value: bigint; readonly end: number } {
  const length = der[offset + 1] ?? 0;
  const content = der.subarray(offset + 2, offset + 2 + length);
  if (der[offset] !== INTEGER || length === 0 || length > 33 || content.length !== length) {
    throw new DerError('signature: no integer');
  }
  const [head = 0, next = 0] = content;
  if (head >= 0x80) throw new DerError('signature: negative integer');
  if (head === 0 && (length === 1 || next < 0x80)) throw new DerError('signature: zero or padded integer');
  const value = BigInt(`0x${Buffer.from(content).toString('hex')}`);
  if (value >= CURVE_ORDER) throw new DerError('signature: integer not below the curve order');
  return { value, end: offset + 2 + length };
}

/** SubjectPublicKeyInfo of an uncompressed secp256k1 key up to its point: 23 bytes that never differ. */
const SPKI_PREFIX = '3056301006072a8648ce3d020106052b8104000a034200';

/** The uncompressed point (65 bytes, first 04) of the SPKI that `GetPublicKey` answers. */
export function parsePublicKey(spki: Uint8Array): Uint8Array {
  const hex = Buffer.from(spki).toString('hex');
  if (spki.length !== 88 || !hex.startsWith(`${SPKI_PREFIX}04`)) {
    throw new DerError('public key: not an uncompressed secp256k1 key');
  }
  return spki.subarray(23);
}
