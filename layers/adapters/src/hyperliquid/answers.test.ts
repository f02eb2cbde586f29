import { describe, expect, it } from '@jest/globals';
import { price, size } from '@perps/domain/money';
import { fateOfAnswer, readCancelAnswer, readOrderAnswer, type VenueAnswer } from './answers.ts';
import { ok, orderRequest } from './testing/index.ts';

const FIRST = { repeats: 0 };
const request = orderRequest(1_000);
const orders = (...statuses: unknown[]) => ok({ status: 'ok', response: { type: 'order', data: { statuses } } });
const refused = (response: string) => ok({ status: 'err', response });

describe('the answer to an order', () => {
  const cases: readonly [string, Parameters<typeof readOrderAnswer>[0], VenueAnswer][] = [
    ['rests', orders({ resting: { oid: 77_738_308, cloid: '0x01' } }), { kind: 'resting', venueOrderId: 77_738_308 }],
    [
      'fills, at an average finer than a tick',
      orders({ filled: { totalSz: '0.004', avgPx: '100000.123456', oid: 5 } }),
      { kind: 'filled', venueOrderId: 5, totalSize: size(400n), averagePrice: price(1_000_001n) },
    ],
    [
      'is refused inside an "ok"',
      orders({ error: 'Insufficient margin to place order. asset=0' }),
      { kind: 'refused', cause: 'Insufficient margin to place order. asset=0' },
    ],
    ['is refused as a whole', refused('Order has zero size.'), { kind: 'refused', cause: 'Order has zero size.' }],
    [
      'is unknown where the nonce was seen before: the first copy arrived',
      refused('Invalid nonce: duplicate nonce 1000'),
      { kind: 'unknown', cause: 'Invalid nonce: duplicate nonce 1000' },
    ],
    [
      'is unknown for a word we did not ask for',
      orders('waitingForTrigger'),
      { kind: 'unknown', cause: 'status waitingForTrigger' },
    ],
    [
      'is unknown for two statuses',
      orders({ resting: { oid: 1 } }, { resting: { oid: 2 } }),
      { kind: 'unknown', cause: 'an answer of unknown shape' },
    ],
    ['is unknown for no status', orders(), { kind: 'unknown', cause: 'an answer of unknown shape' }],
    [
      'is unknown for another answer',
      ok({ status: 'ok', response: { type: 'default' } }),
      { kind: 'unknown', cause: 'an answer of unknown shape' },
    ],
    [
      'is unknown for a body cut off',
      { status: 200, text: '{"status":"ok","resp' },
      { kind: 'unknown', cause: 'an answer of unknown shape' },
    ],
    [
      'is unknown for a page',
      { status: 200, text: '<html>' },
      { kind: 'unknown', cause: 'an answer of unknown shape' },
    ],
    ['is unknown for a 502', { status: 502, text: 'bad gateway' }, { kind: 'unknown', cause: 'HTTP 502' }],
    ['is unknown for a 429', { status: 429, text: 'null' }, { kind: 'unknown', cause: 'HTTP 429' }],
    ['is unknown for a 422', { status: 422, text: 'Failed to deserialize' }, { kind: 'unknown', cause: 'HTTP 422' }],
    [
      'is unknown for a fill in more decimals than lots',
      orders({ filled: { totalSz: '0.0000001', avgPx: '1.0', oid: 5 } }),
      { kind: 'unknown', cause: 'a fill that cannot be read' },
    ],
  ];
  it.each(cases)('%s', (_name, answer, expected) => {
    expect(readOrderAnswer(answer, request, FIRST)).toEqual(expected);
  });

  it.each([
    ['Action already expired', 0, 'refused'],
    ['Action already expired', 1, 'unknown'],
    ['Invalid nonce: nonce too low 5 < 9', 0, 'refused'],
    ['Invalid nonce: nonce too low 5 < 9', 1, 'unknown'],
    ['Order has zero size.', 1, 'refused'],
  ])('%j after %d repeats is %s', (text, repeats, kind) => {
    expect(readOrderAnswer(refused(text), request, { repeats }).kind).toBe(kind);
  });
});

describe('the answer to a cancel', () => {
  const cancels = (status: unknown) => ok({ status: 'ok', response: { type: 'cancel', data: { statuses: [status] } } });
  it('is canceled, refused or unknown', () => {
    expect(readCancelAnswer(cancels('success'), FIRST)).toEqual({ kind: 'canceled' });
    const cause = 'Order was never placed, already canceled, or filled. asset=0';
    expect(readCancelAnswer(cancels({ error: cause }), FIRST)).toEqual({ kind: 'refused', cause });
    expect(readCancelAnswer({ status: 500, text: 'null' }, FIRST).kind).toBe('unknown');
  });
});

describe('the fate an answer settles', () => {
  const filled = (lots: bigint): VenueAnswer => ({
    kind: 'filled',
    venueOrderId: 5,
    totalSize: size(lots),
    averagePrice: price(1n),
  });
  it('a part of an IOC ends it, a part of a GTC does not', () => {
    const ended = { kind: 'ended', venueOrderId: 5 };
    expect(fateOfAnswer(request, filled(1_000n))).toEqual({ ...ended, executedSize: 1_000n, status: 'filled' });
    expect(fateOfAnswer(request, filled(400n))).toEqual({ ...ended, executedSize: 400n, status: 'canceled' });
    const resting = orderRequest(1_000, { timeInForce: 'GTC' });
    expect(fateOfAnswer(resting, filled(400n))).toEqual({ kind: 'open', venueOrderId: 5 });
    expect(fateOfAnswer(resting, { kind: 'resting', venueOrderId: 6 })).toEqual({ kind: 'open', venueOrderId: 6 });
  });
  it('refused is final, unknown is none', () => {
    expect(fateOfAnswer(request, { kind: 'refused', cause: 'x' })).toEqual({ kind: 'refused', cause: 'x' });
    expect(fateOfAnswer(request, { kind: 'unknown', cause: 'x' })).toBeUndefined();
  });
});
