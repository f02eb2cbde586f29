import { describe, expect, it } from '@jest/globals';
import type { AccountEvent } from '@perps/domain/account';
import { price, size, usd } from '@perps/domain/money';
import { receiptBodies } from './build.ts';
import { canonicalText } from './canonical.ts';
import { bookHash, isWithinBook, type VisibleBook } from './book.ts';
import { checkClaims } from './claims.ts';
import { leafHash, merkleTree, rootOf } from './merkle.ts';
import { receiptBody, type ReceiptBody } from './model.ts';
import { bodyHash, headMessage } from './seal.ts';
import { BODY, createTestKey, HEAD_FACTS, issue, VENUE_BODY } from './testing/samples.ts';
import { verifyReceipt } from './verify.ts';

const key = createTestKey();

describe('the canonical text', () => {
  it('sorts members, leaves absent ones out, has no blanks', () => {
    expect(canonicalText({ b: [1, 'x', true], a: { d: undefined, c: 'ü"' } })).toBe(
      '{"a":{"c":"ü\\""},"b":[1,"x",true]}',
    );
  });

  it('is refused for what receipts never hold', () => {
    for (const value of [null, 1n, Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1]) {
      expect(() => canonicalText({ value: value ?? null })).toThrow(TypeError);
    }
  });

  // Changing it breaks every verifier out there: a new version of the body, never another text of this one.
  it('of a body and of a head never changes', () => {
    expect(canonicalText(BODY)).toBe(
      '{"accountId":"u0123456789abcdef0123","builderFee":"1.0001","fee":"3.250325","filledAt":1763719200000,' +
        '"journal":{"seq":17,"shard":0},"liquidity":"taker","mode":"NORMAL_MODE","orderId":128,"policyVersion":3,' +
        '"price":"100010.0","quote":{"ask":"100010.0","bid":"99990.0",' +
        `"bookHash":"${'ab'.repeat(16)}","mark":"100000.0","markAgeMs":480,"oracle":"100001.0","quoteAgeMs":12},` +
        '"route":"INTERNAL","routingLatencyMs":2,"rule":"within_threshold","salt":"00112233445566778899aabbccddeeff",' +
        '"side":"buy","size":"0.05","symbol":"BTC","szDecimals":5,"thresholdUsed":"10000.0","tradeId":640,"version":1}',
    );
    const root = bodyHash(BODY).toString('hex');
    const head = { version: 1 as const, root, count: 1, ...HEAD_FACTS, keyId: 'ef'.repeat(32) };
    expect(headMessage(head).toString()).toBe(
      `hybrid-perps/receipts/head/v1\n{"count":1,"fromSeq":10,"keyId":"${'ef'.repeat(32)}","root":"${root}",` +
        '"shard":0,"signedAt":1763719201000,"toSeq":20,"version":1}',
    );
  });
});

describe('the tree', () => {
  /** Leaves and roots of the Certificate Transparency project's own tests of RFC 6962. */
  const LEAVES = ['', '\0', '\u0010', ' !', '01', '@ABC', 'PQRSTUVW', '`abcdefghijklmno'].map(leafHash);
  const ROOTS = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];

  it.each(ROOTS.map((root, index) => [index + 1, root] as const))('of %i leaves is that of RFC 6962', (count, root) => {
    const leaves = LEAVES.slice(0, count);
    const tree = merkleTree(leaves);
    expect(tree.root.toString('hex')).toBe(root);
    for (const [index, leaf] of leaves.entries()) {
      const hashes = tree.proofs[index]!;
      expect(rootOf({ leaf, index, count, hashes })).toEqual(tree.root);
      expect(rootOf({ leaf, index, count, hashes: [...hashes, leaf] })).toBeUndefined();
      expect(rootOf({ leaf, index: index + count, count, hashes })).toBeUndefined();
      if (count > 1) expect(rootOf({ leaf, index, count, hashes: hashes.slice(1) })).toBeUndefined();
    }
  });

  it('has at least one leaf', () => {
    expect(() => merkleTree([])).toThrow(RangeError);
  });
});

describe('a body', () => {
  const decision = {
    route: 'INTERNAL',
    reason: 'within_threshold',
    mode: 'NORMAL_MODE',
    thresholdUsed: usd(10_000_000_000n),
    policyVersion: 3,
  } as const;
  const leg = { route: 'INTERNAL', size: size(5_000n), filledSize: size(5_000n), decision, status: 'done' } as const;
  const filled: Extract<AccountEvent, { type: 'OrderFilled' }> = {
    type: 'OrderFilled',
    orderId: 128,
    at: BODY.filledAt,
    route: 'INTERNAL',
    tradeId: 640,
    price: price(1_000_100n),
    size: size(5_000n),
    side: 'buy',
    symbol: 'BTC',
    szDecimals: 5,
    liquidity: 'taker',
    fee: usd(3_250_325n),
    builderFee: usd(1_000_100n),
    closedPnl: usd(0n),
    startSize: size(0n),
    positionId: 'p640',
    position: undefined,
    legs: [leg],
    orderMargin: usd(0n),
    transfers: [],
    quote: {
      bid: price(999_900n),
      ask: price(1_000_100n),
      markPrice: price(1_000_000n),
      oraclePrice: price(1_000_010n),
      quoteAgeMs: 12,
      markAgeMs: 480,
      bookHash: 'ab'.repeat(16),
    },
    openedNotional: usd(0n),
  };
  const facts = { shard: 0, seq: 17, token: 'token', accountId: BODY.accountId };
  const bodies = (...events: readonly object[]): readonly ReceiptBody[] =>
    receiptBodies({ ...facts, events: events as readonly AccountEvent[] });

  it('tells a fill in words and decimals, with the latency of the order that came with it', () => {
    const placed = { type: 'OrderPlaced', order: { orderId: 128 }, routingLatencyMs: 2 };
    const [body] = bodies(placed, filled, { type: 'OrderEnded', orderId: 128, status: 'filled' });
    expect(body).toEqual({ ...BODY, salt: body?.salt });
    expect(receiptBody.parse(body)).toEqual(body);
    expect(bodies(placed, filled)).toEqual([body]);
  });

  it('leaves the latency out where the order was placed before', () => {
    const [body] = bodies({ type: 'OrderPlaced', order: { orderId: 64 }, routingLatencyMs: 2 }, filled);
    expect(body).not.toHaveProperty('routingLatencyMs');
  });

  it('takes the decision of the leg that was filled', () => {
    const atVenue = (venueOrderId: number, policyVersion: number) => ({
      ...leg,
      route: 'HYPERLIQUID',
      venueOrderId,
      decision: { ...decision, route: 'HYPERLIQUID', reason: 'over_threshold', policyVersion },
    });
    const { quote: _quote, ...rest } = filled;
    const venue = { tid: 5, venueOrderId: 77, hash: '0xab', time: 1, origin: 'stream' };
    const legs = [leg, atVenue(77, 4), atVenue(78, 5)];
    const [body] = bodies({ ...rest, route: 'HYPERLIQUID', venue, legs });
    expect(body).toMatchObject({ route: 'HYPERLIQUID', rule: 'over_threshold', policyVersion: 4 });
    expect(body?.venue).toEqual({ tid: 5, venueOrderId: 77, hash: '0xab', time: 1 });
    expect(checkClaims(body!)).toEqual({ holds: true, basis: 'venue' });
  });

  it('tells a liquidation step of the platform’s own as a fill at the mark', () => {
    const { bid, ask, markPrice, oraclePrice } = filled.quote!;
    const quote = { bid, ask, markPrice, oraclePrice, quoteAgeMs: 12, markAgeMs: 480 };
    const fill = { at: 5, orderId: 64, tradeId: 128, szDecimals: 5, closedPnl: usd(-1n), quote, mode: 'NORMAL_MODE' };
    const step = {
      type: 'LiquidationStepped',
      route: 'INTERNAL',
      symbol: 'BTC',
      size: size(5_000n),
      closedSize: size(5_000n),
      markPrice,
      closePrice: price(999_900n),
      fill: { ...fill, policyVersion: 3 },
    };
    const [body] = bodies(step);
    expect(receiptBody.parse(body)).toMatchObject({ rule: 'liquidation', side: 'sell', price: '99990.0', fee: '0.0' });
    expect(checkClaims(body!)).toEqual({ holds: true, basis: 'mark' });
    const [worse] = bodies({ ...step, closePrice: price(999_899n) });
    expect(checkClaims(worse!)).toEqual({ holds: false, reason: 'WorseThanMark' });
    expect(bodies({ ...step, route: 'HYPERLIQUID' })).toEqual([]);
    expect(bodies({ ...step, fill: undefined })).toEqual([]);
  });

  it('has a salt of its own for every fill, which the record’s token decides', () => {
    const salts = bodies(filled, { ...filled, tradeId: 704 }).map(({ salt }) => salt);
    const others = receiptBodies({ ...facts, token: 'another', events: [filled] }).map(({ salt }) => salt);
    expect(new Set([...salts, ...others]).size).toBe(3);
  });

  it('is not made of a fill whose scale is unknown', () => {
    const { szDecimals: _unknown, ...old } = filled;
    expect(bodies(old)).toEqual([]);
  });
});

describe('claims', () => {
  const quote = BODY.quote!;
  const { bookHash: _hash, ...noBook } = quote;
  const { ask: _ask, ...noAsk } = quote;
  const { quote: _quote, ...noQuote } = BODY;
  const { venue: _venue, ...noVenue } = VENUE_BODY;
  it.each<[string, ReceiptBody, string]>([
    ['a buy at the ask', BODY, 'best-level'],
    ['a buy below the ask', { ...BODY, price: '100009.9' }, 'best-level'],
    ['a buy above the ask, its book named', { ...BODY, price: '100010.1' }, 'walked-book'],
    ['a buy above the ask, no book named', { ...BODY, price: '100010.1', quote: noBook }, 'WorseThanBook'],
    ['a sell at the bid', { ...BODY, side: 'sell', price: '99990.0' }, 'best-level'],
    ['a sell above the bid', { ...BODY, side: 'sell', price: '99991.0' }, 'best-level'],
    [
      'a sell below the bid, no book named',
      { ...BODY, side: 'sell', price: '99989.0', quote: noBook },
      'WorseThanBook',
    ],
    ['a resting buy that the ask came to', { ...BODY, liquidity: 'maker', price: '100010.0' }, 'limit-reached'],
    ['a resting buy below the ask', { ...BODY, liquidity: 'maker', price: '100000.0' }, 'BookNotReached'],
    [
      'a resting sell above the bid',
      { ...BODY, liquidity: 'maker', side: 'sell', price: '100000.0' },
      'BookNotReached',
    ],
    ['an empty other side', { ...BODY, quote: noAsk }, 'OtherSideEmpty'],
    ['no quote', noQuote, 'QuoteMissing'],
    ['an own fill that names the venue', { ...BODY, venue: VENUE_BODY.venue }, 'RouteContradicted'],
    ['a venue fill', VENUE_BODY, 'venue'],
    ['a venue fill that does not name it', noVenue, 'VenueMissing'],
    ['a price finer than any', { ...BODY, price: '1.0000001' }, 'WorseThanBook'],
  ])('of %s: %#', (_name, body, expected) => {
    const claims = checkClaims(body);
    expect(claims.holds ? claims.basis : claims.reason).toBe(expected);
    const [issued] = issue(key, [body]);
    const verdict = verifyReceipt(issued, key.publicKey);
    expect(verdict.isValid ? verdict.basis : verdict.reason).toBe(expected);
  });
});

describe('a recorded book', () => {
  const levels = (...of: readonly (readonly [px: string, sz: string])[]) => of.map(([px, sz]) => ({ px, sz, n: 1 }));
  const book: VisibleBook = {
    coin: 'BTC',
    time: 1_763_719_200_000,
    levels: [levels(['99990.0', '0.02'], ['99980.0', '0.02']), levels(['100010.0', '0.02'], ['100020.0', '0.02'])],
  };

  // 0.02 at 100,010, 0.02 at 100,020, the last 0.01 at the last level again: 100,016 on average; sells mirror it.
  // 0.03: (0.02 × 100,010 + 0.01 × 100,020) / 0.03 = 100,013.33…, a tick of 0.1 against the taker: 100,013.4.
  it.each<['buy' | 'sell', string, string, boolean]>([
    ['buy', '0.05', '100016.0', true],
    ['buy', '0.05', '100016.1', false],
    ['buy', '0.03', '100013.4', true],
    ['buy', '0.03', '100013.5', false],
    ['sell', '0.05', '99984.0', true],
    ['sell', '0.05', '99983.9', false],
    ['sell', '0.03', '99986.6', true],
    ['sell', '0.03', '99986.5', false],
    ['buy', '0.0', '1.0', false],
    ['buy', '0.000001', '1.0', false],
  ])('gives a %s of %s a price of %s: %s', (side, size, price, expected) => {
    expect(isWithinBook({ side, size, price, szDecimals: 5 }, book)).toBe(expected);
  });

  it('proves a walked price, or that it is worse; another book says nothing', () => {
    const basisOf = (price: string, books: readonly VisibleBook[]): string => {
      const body = { ...BODY, price, quote: { ...BODY.quote!, bookHash: bookHash(book) } };
      const verdict = verifyReceipt(issue(key, [body])[0], key.publicKey, books);
      return verdict.isValid ? verdict.basis : verdict.reason;
    };
    expect(basisOf('100016.0', [])).toBe('walked-book');
    expect(basisOf('100016.0', [{ ...book, time: 1 }])).toBe('walked-book');
    expect(basisOf('100016.0', [{ ...book, time: 1 }, book])).toBe('proven-book');
    expect(basisOf('100016.1', [book])).toBe('WorseThanBook');
  });
});

describe('verification', () => {
  const [receipt, other] = issue(key, [BODY, VENUE_BODY]);
  const verdictOf = (candidate: unknown, publicKey = key.publicKey): string => {
    const verdict = verifyReceipt(candidate, publicKey);
    return verdict.isValid ? verdict.basis : verdict.reason;
  };

  it('says what is wrong first', () => {
    expect(verdictOf(receipt)).toBe('best-level');
    expect(verdictOf(undefined)).toBe('Malformed');
    expect(verdictOf({ ...receipt!, note: 'paid' })).toBe('Malformed');
    expect(verdictOf({ ...receipt!, signature: receipt!.signature.toUpperCase() })).toBe('Malformed');
    expect(verdictOf(receipt, createTestKey().publicKey)).toBe('UnknownKey');
    expect(verdictOf({ ...receipt!, head: { ...receipt!.head, signedAt: 1 } })).toBe('BadSignature');
    expect(verdictOf({ ...receipt!, body: other!.body })).toBe('NotInTree');
    const [elsewhere] = issue(key, [{ ...BODY, journal: { shard: 0, seq: HEAD_FACTS.toSeq + 1 } }]);
    expect(verdictOf(elsewhere)).toBe('OutsideHead');
  });

  it('needs a public key', () => {
    expect(() => verifyReceipt(receipt, 'not a key')).toThrow();
  });
});
