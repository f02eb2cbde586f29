import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { receipt as receiptSchema, type Receipt } from '@perps/contracts/receipts';
import { type Harness, startHarness } from '../testing/harness.ts';

const hash = 'ab'.repeat(32);
const RECEIPT: Receipt = receiptSchema.parse({
  body: {
    version: 1,
    tradeId: 640,
    accountId: 'u1',
    orderId: 64,
    symbol: 'BTC',
    side: 'buy',
    price: '100000.0',
    size: '0.05',
    szDecimals: 5,
    fee: '3.25',
    builderFee: '1.0',
    liquidity: 'taker',
    route: 'INTERNAL',
    rule: 'within_threshold',
    mode: 'NORMAL_MODE',
    thresholdUsed: '10000.0',
    policyVersion: 1,
    journal: { shard: 0, seq: 3 },
    filledAt: 1,
    salt: '00'.repeat(16),
  },
  proof: { index: 0, hashes: [] },
  head: { version: 1, root: hash, count: 1, shard: 0, fromSeq: 1, toSeq: 3, signedAt: 2, keyId: hash },
  signature: '00'.repeat(70),
});
const BROKEN_ID = 13;

describe('receipts at the door', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({
      weightPerMinute: 60,
      trustProxy: true,
      receipts: {
        isPublic: true,
        store: {
          find: async (tradeId) => {
            if (tradeId === BROKEN_ID) throw new Error('table is away: arn:aws:secret');
            return tradeId === RECEIPT.body.tradeId ? RECEIPT : undefined;
          },
        },
        key: { publicKey: async () => ({ keyId: hash, publicKey: 'PEM' }) },
      },
    });
  });
  afterAll(() => gateway.close());

  let clients = 0;
  /** Every call from an address of its own, unless told. */
  const get = async (path: string, client = `1.1.1.${(clients += 1)}`) => {
    const headers = { 'x-forwarded-for': `${client}, 10.0.0.1` };
    const response = await fetch(`${gateway.url}/v1/receipts/${path}`, { headers });
    return { status: response.status, headers: response.headers, body: (await response.json()) as object };
  };

  it('are told by trade id, to browsers too, and may be kept', async () => {
    const { status, headers, body } = await get('640');
    expect([status, body]).toEqual([200, RECEIPT]);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('content-type')).toContain('application/json');
    expect(headers.get('cache-control')).toContain('immutable');
  });

  it('come with the key that verifies them', async () => {
    expect(await get('key')).toMatchObject({
      status: 200,
      body: { keyId: hash, algorithm: 'ECDSA_SHA_256', curve: 'P-256', publicKey: 'PEM' },
    });
  });

  it.each([
    ['641', 404, 'ReceiptNotFound'],
    ['0', 400, 'MalformedTradeId'],
    ['-1', 400, 'MalformedTradeId'],
    ['6.4', 400, 'MalformedTradeId'],
    ['9999999999999999', 400, 'MalformedTradeId'],
    ['0x280', 400, 'MalformedTradeId'],
    ['keys', 400, 'MalformedTradeId'],
    ['640%20', 400, 'MalformedTradeId'],
  ])('refuse %s with %i %s', async (path, status, code) => {
    const answer = await get(path);
    expect(answer).toMatchObject({
      status,
      body: { code, message: expect.any(String), requestId: expect.any(String) },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('say no more than that they cannot be read', async () => {
    const answer = await get(String(BROKEN_ID));
    expect(answer).toMatchObject({ status: 503, body: { code: 'Unavailable' } });
    expect(JSON.stringify(answer.body)).not.toContain('arn');
  });

  it('count against the address', async () => {
    const statuses: number[] = [];
    for (let call = 0; call < 31; call += 1) statuses.push((await get('640', '2.2.2.2')).status);
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(200));
    expect(statuses[30]).toBe(429);
  });
});

describe('receipts where the route is not disclosed', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({
      receipts: {
        isPublic: false,
        store: { find: async () => RECEIPT },
        key: { publicKey: async () => ({ keyId: hash, publicKey: 'PEM' }) },
      },
    });
  });
  afterAll(() => gateway.close());

  it('stay with the operators; the key is public', async () => {
    const refused = await fetch(`${gateway.url}/v1/receipts/640`);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'ReceiptsPrivate' });
    expect((await fetch(`${gateway.url}/v1/receipts/key`)).status).toBe(200);
  });
});
