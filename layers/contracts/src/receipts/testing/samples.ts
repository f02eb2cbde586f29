/** Keys and bodies for tests. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import * as fc from 'fast-check';
import { keyIdOf, sealBatch } from '../seal.ts';
import type { Receipt, ReceiptBody, TreeHead } from '../model.ts';

export interface TestKey {
  readonly keyId: string;
  readonly publicKey: string;
  sign(message: Uint8Array): Buffer;
}

/** A key of the kind KMS keeps for receipts. */
export function createTestKey(): TestKey {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const secret: KeyObject = createPrivateKey(privateKey);
  const open = createPublicKey(secret);
  return {
    keyId: keyIdOf(open.export({ type: 'spki', format: 'der' })),
    publicKey: open.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (message) => sign('sha256', message, secret),
  };
}

/** A taker of 0.05 BTC at the best ask, taken by the platform itself. */
export const BODY: ReceiptBody = {
  version: 1,
  tradeId: 640,
  accountId: 'u0123456789abcdef0123',
  orderId: 128,
  symbol: 'BTC',
  side: 'buy',
  price: '100010.0',
  size: '0.05',
  szDecimals: 5,
  fee: '3.250325',
  builderFee: '1.0001',
  liquidity: 'taker',
  route: 'INTERNAL',
  rule: 'within_threshold',
  mode: 'NORMAL_MODE',
  thresholdUsed: '10000.0',
  policyVersion: 3,
  quote: {
    bid: '99990.0',
    ask: '100010.0',
    mark: '100000.0',
    oracle: '100001.0',
    quoteAgeMs: 12,
    markAgeMs: 480,
    bookHash: 'ab'.repeat(16),
  },
  routingLatencyMs: 2,
  journal: { shard: 0, seq: 17 },
  filledAt: 1_763_719_200_000,
  salt: '00112233445566778899aabbccddeeff',
};

/** The same order as the venue filled it. */
export const VENUE_BODY: ReceiptBody = (() => {
  const { quote: _quote, routingLatencyMs: _latency, ...rest } = BODY;
  const venue = { tid: 9_007_199_254_740_991, venueOrderId: 77, hash: `0x${'cd'.repeat(32)}`, time: 1_763_719_200_040 };
  return { ...rest, tradeId: 704, route: 'HYPERLIQUID', rule: 'over_threshold', venue };
})();

export const HEAD_FACTS: Omit<TreeHead, 'version' | 'root' | 'count' | 'keyId'> = {
  shard: 0,
  fromSeq: 10,
  toSeq: 20,
  signedAt: 1_763_719_201_000,
};

/** Receipts of one batch, signed. */
export function issue(key: TestKey, bodies: readonly ReceiptBody[]): readonly Receipt[] {
  const batch = sealBatch(bodies, { ...HEAD_FACTS, keyId: key.keyId });
  return batch.receipts(key.sign(batch.message));
}

const cents = fc.integer({ min: 1, max: 10_000_000 });
const text = (value: number): string => `${Math.trunc(value / 10)}.${value % 10}`;

/** Bodies whose claims hold: takers at or better than the best level, makers that were reached, venue fills. */
export const lawfulBody: fc.Arbitrary<ReceiptBody> = fc
  .record({
    tradeId: fc.nat(),
    base: fc.constantFrom(BODY, VENUE_BODY),
    side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
    liquidity: fc.constantFrom<'maker' | 'taker'>('maker', 'taker'),
    price: cents,
    better: fc.integer({ min: 0, max: 1_000 }),
    salt: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    seq: fc.integer({ min: HEAD_FACTS.fromSeq, max: HEAD_FACTS.toSeq }),
  })
  .map(({ tradeId, base, side, liquidity, price, better, salt, seq }) => {
    const isUp = (side === 'buy') === (liquidity === 'taker');
    const best = Math.max(0, isUp ? price + better : price - better);
    const quote = base.quote === undefined ? {} : { quote: { ...base.quote, bid: text(best), ask: text(best) } };
    return {
      ...base,
      ...quote,
      tradeId,
      side,
      liquidity,
      price: text(price),
      journal: { shard: 0, seq },
      salt: salt.toString(16).padStart(32, '0'),
    };
  });
