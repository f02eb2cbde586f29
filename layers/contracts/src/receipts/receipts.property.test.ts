import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createTestKey, issue, lawfulBody } from './testing/samples.ts';
import { verifyReceipt } from './verify.ts';

const SEED = 20_261_121;
const key = createTestKey();
const batch = fc.array(lawfulBody, { minLength: 1, maxLength: 20 });

/** Text that is no JSON any more is no receipt. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function flipped(bytes: Buffer, bit: number): string {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
  return copy.toString('utf8');
}

describe('receipts of random batches', () => {
  it('verify, each by itself, after a journey as JSON', () => {
    fc.assert(
      fc.property(batch, (bodies) => {
        for (const receipt of issue(key, bodies)) {
          const verdict = verifyReceipt(parse(JSON.stringify(receipt)), key.publicKey);
          expect(verdict).toEqual({ isValid: true, receipt, basis: expect.any(String) });
        }
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  it('do not verify under another head, place or body of the same batch', () => {
    fc.assert(
      fc.property(batch, fc.nat(), fc.nat(), (bodies, one, other) => {
        const [receipts, others] = [issue(key, bodies), issue(key, [...bodies, ...bodies.slice(0, 1)])];
        const [left, right] = [receipts[one % bodies.length]!, receipts[other % bodies.length]!];
        const isSame = JSON.stringify(left.body) === JSON.stringify(right.body);
        expect(verifyReceipt({ ...left, body: right.body }, key.publicKey).isValid).toBe(isSame);
        if (left !== right) expect(verifyReceipt({ ...left, proof: right.proof }, key.publicKey).isValid).toBe(false);
        expect(verifyReceipt({ ...left, head: others[0]!.head }, key.publicKey).isValid).toBe(false);
        expect(verifyReceipt({ ...left, signature: others[0]!.signature }, key.publicKey).isValid).toBe(false);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it('do not verify with any one bit of body, proof, head or signature flipped', () => {
    fc.assert(
      fc.property(batch, fc.nat(), fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), (bodies, which, bits) => {
        const receipt = issue(key, bodies)[which % bodies.length]!;
        const bytes = Buffer.from(JSON.stringify(receipt));
        for (const bit of bits) {
          const text = flipped(bytes, bit % (bytes.length * 8));
          expect({ text, ...verifyReceipt(parse(text), key.publicKey) }).toMatchObject({ isValid: false });
        }
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it('do not verify with any of all the bits of one receipt flipped', () => {
    const bodies = fc.sample(lawfulBody, { seed: SEED, numRuns: 5 });
    const bytes = Buffer.from(JSON.stringify(issue(key, bodies)[4]));
    const accepted: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      if (verifyReceipt(parse(flipped(bytes, bit)), key.publicKey).isValid) accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });
});
