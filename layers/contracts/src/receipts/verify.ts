/** Verification with the public key alone: no network, no clock. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { VisibleBook } from './book.ts';
import { checkClaims, type BrokenClaim, type PriceBasis } from './claims.ts';
import { rootOf } from './merkle.ts';
import { receipt as receiptSchema, type Receipt } from './model.ts';
import { bodyHash, headMessage, keyIdOf } from './seal.ts';

export type InvalidReason = 'Malformed' | 'UnknownKey' | 'BadSignature' | 'NotInTree' | 'OutsideHead' | BrokenClaim;

export type Verdict =
  | { readonly isValid: true; readonly receipt: Receipt; readonly basis: PriceBasis }
  | { readonly isValid: false; readonly reason: InvalidReason };

const invalid = (reason: InvalidReason): Verdict => ({ isValid: false, reason });

/**
 * Judges a receipt (parsed JSON) by a public key (PEM): shape, key, signature of the head, the body's place in the
 * tree, then what the body claims. The first thing that fails is the reason. `books` are Hyperliquid's, as recorded.
 * @throws where `publicKeyPem` is no public key
 */
export function verifyReceipt(candidate: unknown, publicKeyPem: string, books: readonly VisibleBook[] = []): Verdict {
  const key = createPublicKey(publicKeyPem);
  const parsed = receiptSchema.safeParse(candidate);
  if (!parsed.success) return invalid('Malformed');
  const { body, proof, head, signature } = parsed.data;
  if (head.keyId !== keyIdOf(key.export({ type: 'spki', format: 'der' }))) return invalid('UnknownKey');
  if (!isSigned(parsed.data, key, signature)) return invalid('BadSignature');
  const root = rootOf({
    leaf: bodyHash(body),
    index: proof.index,
    count: head.count,
    hashes: proof.hashes.map((sibling) => Buffer.from(sibling, 'hex')),
  });
  if (root?.toString('hex') !== head.root) return invalid('NotInTree');
  const { shard, seq } = body.journal;
  if (shard !== head.shard || seq < head.fromSeq || seq > head.toSeq) return invalid('OutsideHead');
  const claims = checkClaims(body, books);
  return claims.holds ? { isValid: true, receipt: parsed.data, basis: claims.basis } : invalid(claims.reason);
}

function isSigned({ head }: Receipt, key: KeyObject, signature: string): boolean {
  return verify('sha256', headMessage(head), key, Buffer.from(signature, 'hex'));
}
