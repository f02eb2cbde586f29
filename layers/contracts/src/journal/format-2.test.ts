import { describe, expect, it } from '@jest/globals';
import { createBatchCodec, JournalCorruptError } from '@perps/contracts/journal';
import type { BatchEntry } from '@perps/contracts/journal';
import { TokenReader } from './token-reader.ts';
import { TokenWriter } from './token-writer.ts';
import { VOCABULARY, VOCABULARY_CHECKSUM } from './vocabulary.ts';

const codec = createBatchCodec();

/** Signed order, control entry and a refusal, as the fixtures below hold them. */
const ENTRIES: readonly BatchEntry[] = [
  { control: 'EpochStarted', epoch: 3, owner: 'engine-1', at: 1_790_000_000_000 },
  {
    commandId: '0x5feceb66ffc86f38d952786c6d696c79c2dbc239:1790000004000',
    streamId: 'u5feceb66ffc86f38d952',
    at: 1_790_000_004_000,
    events: [
      {
        type: 'ActionSigned',
        signer: '0x5feceb66ffc86f38d952786c6d696c79c2dbc239',
        nonce: 1_790_000_004_000,
        hash: '2eb87d8a37644dcf30480222c18fa3e8d07f1b9fd8de231475d6c87e1182650b',
      },
      {
        type: 'OrderEnded',
        orderId: 256_064,
        status: 'filled',
        fee: -65_000n,
        huge: 2n ** 80n,
        cause: undefined,
        rate: 0.5,
      },
    ],
    result: { kind: 'orders', orders: [{ status: 'filled', orderId: 256_064, filledSize: 100n }] },
  },
  { commandId: 'refused', streamId: 's', at: 1, events: [], result: undefined },
];

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));

/** Written by the program that wrote format 1. */
const FORMAT_1 = bytesOf(
  'AQELRbPMjU67ThtBFB1ACg0fkG9AijQ7u56dpYnt4MIVhb9gdu4de4U9i2ZmA+ErEh6ixqzXBNHSUNEj0bAF7ijzF0FenFQpcopzda7uPeec1rZ9' +
    'Nle58TYfz/AgV6NZfmjQTqW/7S3lwEvrETau0Qwzg5+Cx+7xVu/DAyG17Zz/VPlkIg304dp5i3LSh6n0FX5F411l0RVjvxD0qKVRYcq51kpwHQpI' +
    'WiwWXHHgCVdxohikioXJThAntEFEKb0r/vXXFNi8J+Sktt2z0n87wMplQ4N2ZnKjsBxJN7rtKJ/lZrDcw2L7/xv8dV+0GaYiBiHDmEcRKB3SSFDG' +
    'mAqEliEKoLEO0kSDAGRhEMUt4ErEGASC8RZNa/vloqk3zy2g7UPlvPSFu9KI5agY4kzJwmFppcebveVJzwDCE9n41a50Nh4jPP9usP7xpUuWWGu4' +
    'oZqQx8+v77q2uyflfmagapLcavyobe90Ffqnw8278SA7xlVGk/e8MobO3KIuHMKlW/teE/IG',
);
/** Written by the program that first wrote format 2. */
const FORMAT_2 = bytesOf(
  'AgF9zAMJgwEQPl/s62b/yG842VJ4bG1pbHnC28I5X+zrZv/IbzjZUi64fYo3ZE3PMEgCIsGPo+jQfxuf2N4jFHXWyH4RgmULe6/QbyE2IzUvPTMvVd' +
    'fQHjXRXkIkWsH3iuz9nYz9vYz9ixn7GadklKan9h9inFKUWJLaI9/mX89maIAFMLAwgMEDe1ABr8QM0tzL2D+FsU3R/2G/7MRioQsMDRuaj87IOGDX' +
    'sFD+/Hf2E4wA',
);
const CHECKSUM = 1_583_831_933;

describe('stored formats', () => {
  it('still reads format 1', () => {
    expect(codec.decode(FORMAT_1)).toStrictEqual(ENTRIES);
  });

  it('still reads format 2', () => {
    expect(codec.decode(FORMAT_2)).toStrictEqual(ENTRIES);
  });

  it('notices every flipped byte of format 1', () => {
    for (let index = 0; index < FORMAT_1.length; index += 1) {
      const flipped = Uint8Array.from(FORMAT_1);
      flipped[index] = (flipped[index] ?? 0) ^ 0x10;
      expect(() => codec.decode(flipped)).toThrow(JournalCorruptError);
    }
  });

  it('keeps the vocabulary of format 2: another one needs a new format version, or stored batches cannot be read', () => {
    expect(VOCABULARY_CHECKSUM).toBe(CHECKSUM);
    expect(new Set(VOCABULARY.words).size).toBe(VOCABULARY.words.length);
  });
});

describe('format 2', () => {
  const entryWith = (events: readonly unknown[]): BatchEntry => ({ commandId: 'c', streamId: 's', at: 1, events });

  it('spells repeated addresses and hashes once in a batch', () => {
    const hash = '2eb87d8a37644dcf30480222c18fa3e8d07f1b9fd8de231475d6c87e1182650b';
    const entries = Array.from({ length: 20 }, (_, n) => entryWith([{ hash, id: `p${n + 1000}` }]));
    const { body } = codec.encode(entries);
    expect(codec.decode(body)).toStrictEqual(entries);
    expect(body.length).toBeLessThan(220);
  });

  it('keeps numbers of every kind apart', () => {
    const numbers = [0, -0, 1, -1, 0.1, Number.NaN, Infinity, 2 ** 31, 2 ** 32, -(2 ** 40), 2 ** 51, 2 ** 52, 2 ** 60];
    const bigints = [0n, -1n, 7n, 8n, 100n, -100n, 2n ** 51n, 2n ** 53n + 1n, -(2n ** 64n), 2n ** 200n];
    const entries = [entryWith([numbers, bigints, numbers, bigints.map((value) => -value)])];
    expect(codec.decode(codec.encode(entries).body)).toStrictEqual(entries);
  });

  it('keeps records of unknown, of map-like and of odd names apart, in this batch and the next', () => {
    const records = [
      {},
      { a: 1, b: 2 },
      { 'a b': 3 },
      { 'x-1': 4 },
      JSON.parse('{"__proto__":{"c":5},"d":6}') as unknown,
    ];
    for (const events of [records, records.toReversed()]) {
      const entries = [entryWith([...events, ...events])];
      expect(codec.decode(codec.encode(entries).body)).toStrictEqual(entries);
    }
  });

  it('loses nothing where its memory grows, whichever byte it grows at', () => {
    // Lengths that let the memory of a fresh writer run full at each byte of a token in turn.
    for (let shift = 0; shift < 8; shift += 1) {
      const numbers = Array.from({ length: 40_000 }, (_, index) => 1_000_000 + index * 7_919);
      const values = [['x'.repeat(shift), ...numbers, ...numbers]];
      const read = new TokenReader(VOCABULARY).read(new TokenWriter(VOCABULARY).write(values));
      expect(read).toStrictEqual(values);
    }
  });

  it('keeps a long entry whose values lie far apart', () => {
    const ids = Array.from({ length: 3_000 }, (_, n) => 1_000_000 + (n % 701));
    const entries = [entryWith([ids, ids.map((id) => `x${id}`), ids.map(BigInt)])];
    expect(codec.decode(codec.encode(entries).body)).toStrictEqual(entries);
  });

  it.each([
    ['a Map', new Map([[1, 2]])],
    ['a Date', new Date(0)],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
  ])('refuses %s, which it could not give back', (_, value) => {
    expect(() => codec.encode([entryWith([value])])).toThrow(TypeError);
  });
});
