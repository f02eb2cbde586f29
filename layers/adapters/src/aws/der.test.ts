import { describe, expect, it } from '@jest/globals';
import { CURVE_ORDER, parsePublicKey, parseSignature } from './der.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('DER', () => {
  it('reads r and s', () => {
    expect(parseSignature(bytes('30 07 02 01 05 02 02 00 80'))).toEqual({ r: 5n, s: 128n });
  });

  it.each([
    ['empty', ''],
    ['no sequence', '31 06 02 01 05 02 01 07'],
    ['wrong length', '30 07 02 01 05 02 01 07'],
    ['bytes after s', '30 07 02 01 05 02 01 07 00'],
    ['r missing', '30 03 02 01 05'],
    ['zero', '30 06 02 01 00 02 01 07'],
    ['negative', '30 06 02 01 85 02 01 07'],
    ['padded', '30 07 02 02 00 05 02 01 07'],
    ['empty integer', '30 05 02 00 02 01 07'],
    ['integer beyond the end', '30 06 02 01 05 02 02 07'],
    ['long length', '30 81 06 02 01 05 02 01 07'],
    ['not below the order', `30 26 02 21 00 ${CURVE_ORDER.toString(16)} 02 01 07`],
  ])('refuses: %s', (_name, hex) => {
    expect(() => parseSignature(bytes(hex))).toThrow(expect.objectContaining({ code: 'Der' }));
  });

  it('refuses a public key of another curve or form', () => {
    expect(() => parsePublicKey(new Uint8Array(88))).toThrow(expect.objectContaining({ code: 'Der' }));
    expect(() => parsePublicKey(new Uint8Array(91))).toThrow(expect.objectContaining({ code: 'Der' }));
  });
});
