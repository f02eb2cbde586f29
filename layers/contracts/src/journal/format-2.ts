/**
 * Format 2: [2][event schema version][crc32, 4 bytes][lengths of the tokens, the numbers and the hex bytes][hex bytes]
 * [deflate(tokens, numbers)]. Lengths are varints. The tokens (`tokens.ts`) are compressed against a dictionary of
 * typical ones; addresses and hashes stand apart, since they compress by nothing and would only disturb.
 */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { type BatchFormat, HEADER_BYTES, MAX_UNPACKED_BYTES } from './format.ts';
import { TokenReader } from './token-reader.ts';
import { TokenWriter } from './token-writer.ts';
import { DICTIONARY, VOCABULARY, VOCABULARY_CHECKSUM } from './vocabulary.ts';

const VERSION = 2;
/** Bodies are short: more of a search costs no time that could be measured, and level 1 costs five bytes an order. */
const LEVEL = 6;
/** zlib's least. */
const CHUNK_MIN = 64;

const writer = new TokenWriter(VOCABULARY);
const reader = new TokenReader(VOCABULARY);

export const format2: BatchFormat = {
  version: VERSION,
  // Seeded with the vocabulary: with another one the bytes would be read as something else, not refused.
  checksum: (body) => crc32(body.subarray(HEADER_BYTES), crc32(body.subarray(0, 2), VOCABULARY_CHECKSUM)),

  write(values) {
    const { tokens, numbers, hexBytes } = writer.write(values);
    if (tokens.length + numbers.length > MAX_UNPACKED_BYTES) return undefined;
    const lengths = [tokens, numbers, hexBytes].flatMap((part) => varint(part.length));
    const packed = deflateRawSync(Buffer.concat([tokens, numbers]), { level: LEVEL, dictionary: DICTIONARY });
    const body = Buffer.allocUnsafe(HEADER_BYTES + lengths.length + hexBytes.length + packed.length);
    body[0] = VERSION;
    body.set(lengths, HEADER_BYTES);
    body.set(hexBytes, HEADER_BYTES + lengths.length);
    body.set(packed, HEADER_BYTES + lengths.length + hexBytes.length);
    return body;
  },

  read(body) {
    const tokens = varintAt(body, HEADER_BYTES);
    const numbers = varintAt(body, tokens.end);
    const hex = varintAt(body, numbers.end);
    const length = tokens.value + numbers.value;
    if (length > MAX_UNPACKED_BYTES) throw new RangeError('a batch unpacks to too much');
    const hexBytes = body.subarray(hex.end, hex.end + hex.value);
    // One byte more than announced shows that there is more; a buffer of the right size is not copied.
    const room = Math.max(CHUNK_MIN, length + 1);
    const options = { dictionary: DICTIONARY, chunkSize: room, maxOutputLength: room };
    const unpacked = inflateRawSync(body.subarray(hex.end + hex.value), options);
    if (unpacked.length !== length) throw new RangeError('a batch unpacks to another length');
    const parts = { tokens: unpacked.subarray(0, tokens.value), numbers: unpacked.subarray(tokens.value), hexBytes };
    return reader.read(parts);
  },
};

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

function varintAt(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let factor = 1;
  for (let index = start; ; index += 1) {
    const byte = bytes[index];
    if (byte === undefined) throw new RangeError('a length ends early');
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, end: index + 1 };
    factor *= 0x80;
  }
}
