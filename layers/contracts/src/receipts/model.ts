/**
 * Execution receipts: what a fill was, what it was priced on and why it went where it went, signed.
 *
 * Decimals are strings for people (prices, sizes, USD), times ms UTC, ids and counts numbers, hashes lower-case hex.
 * Every field is part of what is signed; an unknown one is refused.
 */
import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const decimal = z.string().regex(/^-?(0|[1-9]\d*)\.\d+$/);
const natural = z.number().int().min(0);
const word = z.string().min(1).max(80);

/** What the decision saw. INTERNAL fills only: the venue's own book prices the others. */
const quote = z.strictObject({
  bid: decimal.optional(),
  ask: decimal.optional(),
  mark: decimal,
  oracle: decimal,
  /** now − newest venue time on the connection, ms. */
  quoteAgeMs: z.number(),
  /** Age of the mark by receipt, ms. */
  markAgeMs: z.number(),
  /** Of the visible levels it was priced on. */
  bookHash: word.optional(),
});

export const receiptBody = z.strictObject({
  version: z.literal(1),
  tradeId: natural,
  accountId: word,
  orderId: natural,
  symbol: word,
  side: z.enum(['buy', 'sell']),
  price: decimal,
  size: decimal,
  /** A tick is 10^-(6 − szDecimals), a lot 10^-szDecimals. */
  szDecimals: z.number().int().min(0).max(6),
  /** USD, builder part included; negative = rebate. */
  fee: decimal,
  builderFee: decimal,
  liquidity: z.enum(['maker', 'taker']),
  route: z.enum(['INTERNAL', 'HYPERLIQUID']),
  /** The rule that chose the route. */
  rule: word,
  mode: word,
  /** USD; zero where no threshold was looked at. */
  thresholdUsed: decimal,
  /** Version of the routing configuration the rule is of. */
  policyVersion: natural,
  quote: quote.optional(),
  /** From receipt of the order to the routing decision; known where the fill came with the placement. */
  routingLatencyMs: z.number().optional(),
  venue: z.strictObject({ tid: natural, venueOrderId: natural, hash: z.string().max(80), time: natural }).optional(),
  /** The journal record that holds the fill. */
  journal: z.strictObject({ shard: natural, seq: natural }),
  filledAt: natural,
  /** Unguessable, so that nobody learns a neighbour's fill by trying until its hash in a proof fits. */
  salt: z.string().regex(/^[0-9a-f]{32}$/),
});

/** What one signature stands for: the Merkle root over the fills of a stretch of one shard's journal. */
export const treeHead = z.strictObject({
  version: z.literal(1),
  root: hash,
  /** Fills in the tree. */
  count: z.number().int().min(1),
  shard: natural,
  fromSeq: natural,
  toSeq: natural,
  signedAt: natural,
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER). */
  keyId: hash,
});

export const receipt = z.strictObject({
  body: receiptBody,
  proof: z.strictObject({ index: natural, hashes: z.array(hash).max(64) }),
  head: treeHead,
  /** ECDSA over SHA-256, DER, hex. */
  signature: z.string().regex(/^([0-9a-f]{2}){8,72}$/),
});

/** `rule` of a fill that liquidates on the INTERNAL route: it is priced on the mark, not on the book. */
export const LIQUIDATION_RULE = 'liquidation';

export type ReceiptBody = z.infer<typeof receiptBody>;
export type ReceiptQuote = z.infer<typeof quote>;
export type TreeHead = z.infer<typeof treeHead>;
export type Receipt = z.infer<typeof receipt>;
