import { describe, expect, it } from '@jest/globals';
import { createPacker, putAmount, putNumber, putText, takeAmount, takeNumber, takeText, wordsOf } from './packing.ts';

describe('packing', () => {
  it.each([0, 1, 127, 128, 16_383, 16_384, 1_790_000_000_000, 2 ** 40, Number.MAX_SAFE_INTEGER])(
    'gives the number %d back',
    (value) => {
      const packer = createPacker();
      putNumber(packer, value);
      expect(takeNumber({ bytes: packer.bytes, at: 0 })).toBe(value);
    },
  );

  it.each([0n, 1n, -1n, 2n ** 51n, -(2n ** 51n), 2n ** 51n + 1n, -(2n ** 53n) - 1n, 10n ** 30n, -(10n ** 30n)])(
    'gives the amount %s back',
    (amount) => {
      const packer = createPacker();
      putAmount(packer, amount);
      putAmount(packer, 7n);
      const unpacker = { bytes: packer.bytes, at: 0 };
      expect([takeAmount(unpacker), takeAmount(unpacker)]).toEqual([amount, 7n]);
    },
  );

  it.each([
    '',
    'BTC',
    '0x',
    '0x0',
    '0xab',
    '0xabc',
    '0xAB',
    '0x12:34',
    `0x${'0f'.repeat(20)}:1790000000000`,
    'ÿĀ€😀',
    'u1',
  ])('gives the text %s back', (text) => {
    const packer = createPacker();
    putText(packer, text);
    putText(packer, 'next');
    const unpacker = { bytes: packer.bytes, at: 0 };
    expect([takeText(unpacker), takeText(unpacker)]).toEqual([text, 'next']);
  });

  it('grows with what is put in', () => {
    const packer = createPacker();
    const text = 'long '.repeat(10_000);
    putText(packer, text);
    expect(takeText({ bytes: packer.bytes, at: 0 })).toBe(text);
  });

  it('refuses a number that is no word', () => {
    const words = wordsOf<'a' | 'b'>({ b: 1, a: 0 });
    expect(words.take({ bytes: Uint8Array.of(1), at: 0 })).toBe('b');
    expect(() => words.take({ bytes: Uint8Array.of(2), at: 0 })).toThrow('a packed word is one of its list');
  });
});
