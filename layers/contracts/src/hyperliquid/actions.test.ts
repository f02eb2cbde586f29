import { describe, expect, it } from '@jest/globals';
import { canonicalAction, type ExchangeAction, isUserSigned, parseExchangeRequest } from './index.ts';

const SIGNATURE = { r: '0x1', s: '0x2', v: 27 };
const order = { a: 3, b: true, p: '65000', s: '0.001', r: false, t: { limit: { tif: 'Gtc' } } };
const envelope = (action: unknown) => ({ action, nonce: 1_790_000_000_000, signature: SIGNATURE });
const withOrder = (change: object) =>
  parseExchangeRequest(envelope({ type: 'order', orders: [{ ...order, ...change }], grouping: 'na' }));

describe('what is 422', () => {
  it.each([
    ['price as a number', { p: 65000 }],
    ['negative price', { p: '-1' }],
    ['signed price', { p: '+1' }],
    ['scientific price', { p: '1e5' }],
    ['nine decimals', { p: '1.123456789' }],
    ['empty price', { p: '' }],
    ['price of 41 digits', { p: '1'.repeat(41) }],
    ['size as a number', { s: 1 }],
    ['size with spaces', { s: ' 1' }],
    ['size NaN', { s: 'NaN' }],
    ['fractional asset', { a: 1.5 }],
    ['negative asset', { a: -1 }],
    ['asset as text', { a: '3' }],
    ['asset beyond 32 bits', { a: 2 ** 32 }],
    ['side as text', { b: 'true' }],
    ['unknown time in force', { t: { limit: { tif: 'Day' } } }],
    ['no order type', { t: {} }],
    ['cloid of 15 bytes', { c: `0x${'0'.repeat(30)}` }],
    ['cloid without 0x', { c: '0'.repeat(32) }],
    ['cloid not hex', { c: `0x${'g'.repeat(32)}` }],
    ['trigger price as a number', { t: { trigger: { isMarket: true, triggerPx: 1, tpsl: 'tp' } } }],
    ['price missing', { p: undefined }],
  ])('%s', (_, change) => {
    expect(withOrder(change)).toEqual({
      ok: false,
      status: 422,
      text: 'Failed to deserialize the JSON body into the target type',
      contentType: 'text/plain; charset=utf-8',
    });
  });

  const valid = envelope({ type: 'noop' });
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'order'],
    ['a list', []],
    ['no action', { ...valid, action: undefined }],
    ['an unknown action', envelope({ type: 'orders' })],
    ['an action without type', envelope({})],
    ['a nonce as text', { ...valid, nonce: '1' }],
    ['a negative nonce', { ...valid, nonce: -1 }],
    ['a fractional nonce', { ...valid, nonce: 1.5 }],
    ['a nonce beyond 2^53', { ...valid, nonce: 2 ** 53 }],
    ['no signature', { ...valid, signature: undefined }],
    ['r of 65 digits', { ...valid, signature: { ...SIGNATURE, r: `0x${'1'.repeat(65)}` } }],
    ['r not hex', { ...valid, signature: { ...SIGNATURE, r: '0xzz' } }],
    ['v as text', { ...valid, signature: { ...SIGNATURE, v: '27' } }],
    ['a short vault', { ...valid, vaultAddress: '0x12' }],
    ['an expiry as text', { ...valid, expiresAfter: '1' }],
    ['an unknown grouping', envelope({ type: 'order', orders: [order], grouping: 'all' })],
    ['1,001 orders', envelope({ type: 'order', orders: Array.from({ length: 1001 }, () => order), grouping: 'na' })],
    [
      'a network of its own',
      envelope({
        type: 'usdSend',
        signatureChainId: '0x1',
        hyperliquidChain: 'Local',
        destination: `0x${'1'.repeat(40)}`,
        amount: '1',
        time: 1,
      }),
    ],
  ])('%s', (_, body) => {
    expect(parseExchangeRequest(body)).toMatchObject({ ok: false, status: 422 });
  });
});

describe('canonical form', () => {
  it.each([
    ['1.500', '1.5'],
    ['007', '7'],
    ['0.10', '0.1'],
    ['1.000000000000', '1'],
    ['0', '0'],
    ['0.0', '0'],
    ['113377.0', '113377'],
    ['0.00000001', '0.00000001'],
  ])('price %s becomes %s', (sent, canonical) => {
    expect(withOrder({ p: sent })).toMatchObject({ ok: true, request: { action: { orders: [{ p: canonical }] } } });
  });

  it('rebuilds the action in hashed order without surplus or absent fields', () => {
    const parsed = parseExchangeRequest(
      envelope({
        builder: { f: 10, b: '6530512A6C89C7CFCEBC3BA7FCD9ADA5F30827A6' },
        grouping: 'na',
        surplus: 1,
        orders: [{ c: `0x${'AB'.repeat(16)}`, t: { limit: { tif: 'Alo' } }, r: true, s: '1', p: '2', b: false, a: 0 }],
        type: 'order',
      }),
    );
    const expected = {
      type: 'order',
      orders: [{ a: 0, b: false, p: '2', s: '1', r: true, t: { limit: { tif: 'Alo' } }, c: `0x${'ab'.repeat(16)}` }],
      grouping: 'na',
      builder: { b: '0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6', f: 10 },
    };
    expect(parsed.ok && JSON.stringify(parsed.request.action)).toBe(JSON.stringify(expected));
  });

  it('keeps what is signed as text', () => {
    const action: ExchangeAction = {
      type: 'withdraw3',
      signatureChainId: '0x66eee',
      hyperliquidChain: 'Testnet',
      destination: '0x0D1d9635D0640821d15e323ac8AdADfA9c111414',
      amount: '1.00',
      time: 1,
    };
    expect(canonicalAction(action)).toEqual(action);
  });

  it('tells the two schemes apart', () => {
    expect(isUserSigned({ type: 'noop' })).toBe(false);
    expect(
      isUserSigned({
        type: 'usdClassTransfer',
        signatureChainId: '0x1',
        hyperliquidChain: 'Testnet',
        amount: '1',
        toPerp: true,
        nonce: 1,
      }),
    ).toBe(true);
  });

  it('lets more than 200 items through, whose refusal has a text of its own', () => {
    const orders = Array.from({ length: 201 }, () => order);
    expect(parseExchangeRequest(envelope({ type: 'order', orders, grouping: 'na' })).ok).toBe(true);
  });
});
