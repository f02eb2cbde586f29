/**
 * A Merkle tree as in RFC 6962 (Certificate Transparency): leaf = SHA-256(0x00 ‖ data), node = SHA-256(0x01 ‖ left ‖
 * right), split at the largest power of two below the count. The prefixes keep a node from being passed off as a leaf.
 */
import { createHash } from 'node:crypto';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

export interface MerkleTree {
  readonly root: Buffer;
  /** By leaf: the sibling hashes from the leaf up. */
  readonly proofs: readonly (readonly Buffer[])[];
}

export const leafHash = (data: string): Buffer => createHash('sha256').update(LEAF).update(data, 'utf8').digest();

const nodeHash = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256').update(NODE).update(left).update(right).digest();

/** The tree over at least one leaf hash, in order; proofs have at most ⌈log₂ count⌉ hashes. */
export function merkleTree(leaves: readonly Buffer[]): MerkleTree {
  const [only] = leaves;
  if (only === undefined) throw new RangeError('a tree has at least one leaf');
  if (leaves.length === 1) return { root: only, proofs: [[]] };
  const split = splitOf(leaves.length);
  const [left, right] = [merkleTree(leaves.slice(0, split)), merkleTree(leaves.slice(split))];
  return {
    root: nodeHash(left.root, right.root),
    proofs: [
      ...left.proofs.map((proof) => [...proof, right.root]),
      ...right.proofs.map((proof) => [...proof, left.root]),
    ],
  };
}

/** The root a proof leads to from a leaf; undefined where its length is not that of the leaf's path. */
export function rootOf(claim: {
  readonly leaf: Buffer;
  readonly index: number;
  readonly count: number;
  readonly hashes: readonly Buffer[];
}): Buffer | undefined {
  const { leaf, index, count, hashes } = claim;
  if (index >= count) return undefined;
  if (count === 1) return hashes.length === 0 ? leaf : undefined;
  const sibling = hashes.at(-1);
  if (sibling === undefined) return undefined;
  const split = splitOf(count);
  const isLeft = index < split;
  const below = rootOf({
    leaf,
    index: isLeft ? index : index - split,
    count: isLeft ? split : count - split,
    hashes: hashes.slice(0, -1),
  });
  if (below === undefined) return undefined;
  return isLeft ? nodeHash(below, sibling) : nodeHash(sibling, below);
}

/** The largest power of two below the count. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}
