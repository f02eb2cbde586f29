/** ECDSA over a digest on the curves KMS keys of this system have. For the local KMS only: not constant-time. */
import { createECDH, randomBytes } from 'node:crypto';

export interface Curve {
  /** As OpenSSL names it. */
  readonly name: 'secp256k1' | 'prime256v1';
  /** Order of its base point. */
  readonly order: bigint;
  /** SubjectPublicKeyInfo of an uncompressed point, up to the point. */
  readonly spkiPrefix: Buffer;
}

/** By KMS key spec. */
export const CURVES = {
  ECC_SECG_P256K1: {
    name: 'secp256k1',
    order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    spkiPrefix: Buffer.from('3056301006072a8648ce3d020106052b8104000a034200', 'hex'),
  },
  ECC_NIST_P256: {
    name: 'prime256v1',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    spkiPrefix: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
  },
} as const satisfies Readonly<Record<string, Curve>>;

/** SubjectPublicKeyInfo of a private scalar (32 bytes). */
export const publicKeyOf = (curve: Curve, scalar: Buffer): Buffer =>
  Buffer.concat([curve.spkiPrefix, multiply(curve, scalar)]);

/** Signs 32 bytes. Either half of s may come out: whose caller needs one has to see to it. */
export function signDigest(curve: Curve, scalar: Buffer, digest: Buffer): { readonly r: bigint; readonly s: bigint } {
  const { order } = curve;
  for (;;) {
    const nonce = randomBytes(32);
    const k = toInteger(nonce);
    if (k === 0n || k >= order) continue;
    // x of k·G, behind the byte that says "uncompressed".
    const r = toInteger(multiply(curve, nonce).subarray(1, 33)) % order;
    const s = (inverse(k, order) * (toInteger(digest) + r * toInteger(scalar))) % order;
    if (r !== 0n && s !== 0n) return { r, s };
  }
}

function multiply({ name }: Curve, scalar: Buffer): Buffer {
  const point = createECDH(name);
  point.setPrivateKey(scalar);
  return point.getPublicKey();
}

const toInteger = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

/** Fermat: the order is prime. */
function inverse(value: bigint, order: bigint): bigint {
  let [result, base, exponent] = [1n, value % order, order - 2n];
  for (; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % order;
    base = (base * base) % order;
  }
  return result;
}
