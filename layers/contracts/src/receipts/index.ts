export { bookHash, isWithinBook, visibleBook, type BookTaker, type VisibleBook } from './book.ts';
export { receiptBodies, type JournaledFacts } from './build.ts';
export { canonicalText } from './canonical.ts';
export { checkClaims, type BrokenClaim, type Claims, type PriceBasis } from './claims.ts';
export { leafHash, merkleTree, rootOf, type MerkleTree } from './merkle.ts';
export * from './model.ts';
export { bodyHash, headMessage, keyIdOf, sealBatch, type SealedBatch } from './seal.ts';
export { verifyReceipt, type InvalidReason, type Verdict } from './verify.ts';
