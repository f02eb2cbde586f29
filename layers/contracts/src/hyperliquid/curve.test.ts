import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { recover, signRecoverable } from 'tiny-secp256k1';
import { publicPoint, recoverPoint, signRecoverably } from './curve.ts';

const bytes = (seed: string): Uint8Array => createHash('sha256').update(seed).digest();

describe('curve', () => {
  it('gives the bytes of the WebAssembly library, whichever is in use', () => {
    for (let index = 0; index < 50; index += 1) {
      const digest = bytes(`digest ${index}`);
      const key = bytes(`key ${index}`);
      const { compact, parity } = signRecoverably(digest, key);
      const expected = signRecoverable(digest, key);
      expect([Buffer.from(compact), parity]).toEqual([Buffer.from(expected.signature), expected.recoveryId]);
      const point = recoverPoint(digest, { compact, parity });
      expect(Buffer.from(point ?? [])).toEqual(Buffer.from(recover(digest, compact, parity, false) ?? []));
      expect(Buffer.from(point ?? [])).toEqual(Buffer.from(publicPoint(key) ?? []));
    }
  });

  it('recovers nobody from parts outside the order', () => {
    const compact = new Uint8Array(64).fill(0xff);
    expect(recoverPoint(bytes('digest'), { compact, parity: 0 })).toBeUndefined();
    expect(recoverPoint(bytes('digest'), { compact: new Uint8Array(64), parity: 1 })).toBeUndefined();
  });
});
