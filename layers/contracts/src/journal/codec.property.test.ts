import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { deepStrictEqual } from 'node:assert';
import { createBatchCodec, type BatchEntry } from '@perps/contracts/journal';

const RUNS = { numRuns: 400 };

/** Texts like ours (ids, addresses, hashes, numbers in words) and any others, broken surrogates included. */
const hexText = fc.uint8Array({ minLength: 4, maxLength: 33 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const text = fc.oneof(
  fc.constantFrom(
    'INTERNAL',
    'BTC',
    'OrderFilled',
    '',
    '0x',
    '007',
    '1790000000000',
    '9007199254740993',
    'ü→🙂',
    '\ud800',
  ),
  hexText,
  hexText.map((hex) => `0x${hex}:1790000000000`),
  fc.nat().map((id) => `p${id}`),
  fc.stringMatching(/^[0-9a-f-]{0,40}$/),
  fc.string({ unit: 'binary' }),
);
const key = fc.oneof(fc.constantFrom('type', 'orderId', 'size', '__proto__', 'constructor', '0'), fc.string());
const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.constantFrom(-0, 2 ** 32, 2 ** 51, 2 ** 53));
const bigint = fc.oneof(
  fc.bigInt({ min: -70_000n, max: 70_000n }),
  fc.bigInt(),
  fc.constantFrom(2n ** 51n, -(2n ** 63n)),
);

const { value } = fc.letrec<{ value: unknown; record: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.oneof(text, number, bigint, fc.boolean(), fc.constantFrom(null, undefined)),
    fc.array(tie('value'), { maxLength: 6 }),
    tie('record'),
  ),
  // As events are made: own properties, also of odd names, with the prototype of a literal.
  record: fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((fields) => Object.fromEntries(fields)),
}));
const entry = fc.record(
  { commandId: text, streamId: text, at: number, events: fc.array(value, { maxLength: 4 }), result: value },
  { noNullPrototype: true },
);

describe('batch codec, for any plain data', () => {
  const codec = createBatchCodec();

  it('gives back what was written, whatever was written before', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries: BatchEntry[]) => {
        deepStrictEqual(codec.decode(codec.encode(entries).body), entries);
      }),
      RUNS,
    );
  });

  it('writes the same entries in the same bytes, alone and after others', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), fc.array(entry, { maxLength: 3 }), (first, second) => {
        const used = createBatchCodec();
        used.encode(first);
        deepStrictEqual(used.encode(second).body, createBatchCodec().encode(second).body);
      }),
      RUNS,
    );
  });
});
