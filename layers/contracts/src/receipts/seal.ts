/** Bodies → one tree, one message to sign, and with its signature one receipt per body. */
import { createHash } from 'node:crypto';
import { canonicalText } from './canonical.ts';
import { leafHash, merkleTree } from './merkle.ts';
import type { Receipt, ReceiptBody, TreeHead } from './model.ts';

/** Says what the signature is of: the key signs nothing else that begins so. */
const HEAD_DOMAIN = 'hybrid-perps/receipts/head/v1\n';

/** What is signed (ECDSA hashes it with SHA-256): the domain line and the head's canonical text, UTF-8. */
export const headMessage = (head: TreeHead): Buffer => Buffer.from(`${HEAD_DOMAIN}${canonicalText(head)}`, 'utf8');

export const bodyHash = (body: ReceiptBody): Buffer => leafHash(canonicalText(body));

/** The id of a public key: SHA-256 of its SubjectPublicKeyInfo (DER), hex. */
export const keyIdOf = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex');

export interface SealedBatch {
  readonly head: TreeHead;
  /** Bytes to be signed. */
  readonly message: Buffer;
  /** The receipts, in the order of the bodies; `signature` is DER, of `message`. */
  receipts(signature: Uint8Array): readonly Receipt[];
}

/** Builds the tree over at least one body; `signature` is asked for once, whatever the number of fills. */
export function sealBatch(
  bodies: readonly ReceiptBody[],
  facts: Pick<TreeHead, 'shard' | 'fromSeq' | 'toSeq' | 'signedAt' | 'keyId'>,
): SealedBatch {
  const { root, proofs } = merkleTree(bodies.map(bodyHash));
  const head: TreeHead = { version: 1, root: root.toString('hex'), count: bodies.length, ...facts };
  return {
    head,
    message: headMessage(head),
    receipts: (signature) =>
      bodies.map((body, index) => ({
        body,
        proof: { index, hashes: (proofs[index] ?? []).map((sibling) => sibling.toString('hex')) },
        head,
        signature: Buffer.from(signature).toString('hex'),
      })),
  };
}
