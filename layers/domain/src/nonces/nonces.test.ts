import { describe, expect, it } from '@jest/globals';
import { consumeNonce, judgeNonce, type NonceWindow, NONCES_KEPT } from './index.ts';

const NOW = 1_763_719_200_000;
const DAY = 86_400_000;
const full: NonceWindow = Array.from({ length: NONCES_KEPT }, (_, index) => NOW + index);

describe('nonces', () => {
  it.each([
    ['a fresh one', [], NOW, 'fresh'],
    ['one used before', [NOW], NOW, 'duplicate'],
    ['a used one, also below the floor', full, NOW, 'duplicate'],
    ['one out of order but above the floor', [NOW - 5, NOW + 5], NOW, 'fresh'],
    ['one below the smallest of a full window', full, NOW - 1, 'tooLow'],
    ['one from two days ago', [], NOW - 2 * DAY, 'tooLow'],
    ['one from just inside two days', [], NOW - 2 * DAY + 1, 'fresh'],
    ['one from a day ahead', [], NOW + DAY, 'tooHigh'],
    ['one from just inside a day', [], NOW + DAY - 1, 'fresh'],
  ] as const)('judges %s', (_name, window, nonce, verdict) => {
    expect(judgeNonce(window, nonce, NOW)).toMatchObject({ verdict });
  });

  it('keeps the hundred highest, in order', () => {
    expect(consumeNonce([1, 5], 3)).toEqual([1, 3, 5]);
    const next = consumeNonce(full, NOW + 1_000);
    expect(next).toHaveLength(NONCES_KEPT);
    expect([next[0], next.at(-1)]).toEqual([NOW + 1, NOW + 1_000]);
  });
});
