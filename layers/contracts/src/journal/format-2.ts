/**
 * Format 2: [2][event schema version][crc32, 4 bytes][length of the tokens][length of the hex bytes][hex bytes]
 * [deflate(tokens)]. Lengths are varints. The tokens (`tokens.ts`) are compressed against a dictionary of typical ones;
 * addresses and hashes stand apart, since they compress by nothing and would only disturb.
 */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { type BatchFormat, HEADER_BYTES, MAX_UNPACKED_BYTES } from './format.ts';
import { TokenReader } from './token-reader.ts';
import { TokenWriter } from './token-writer.ts';
import { DICTIONARY, VOCABULARY, VOCABULARY_CHECKSUM } from './vocabulary.ts';

const VERSION = 2;
/** zlib's least. */
const CHUNK_MIN = 64;

const writer = new TokenWriter(VOCABULARY);
const reader = new TokenReader(VOCABULARY);

export const format2: BatchFormat = {
  version: VERSION,
  // Seeded with the vocabulary: with another one the bytes would be read as something else, not refused.
  checksum: (body) => crc32(body.subarray(HEADER_BYTES), crc32(body.subarray(0, 2), VOCABULARY_CHECKSUM)),

  write(values) {
    const { tokens, hexBytes } = writer.write(values);
    if (tokens.length > MAX_UNPACKED_BYTES) return undefined;
    const lengths = [...varint(tokens.length), ...varint(hexBytes.length)];
    const packed = deflateRawSync(tokens, { level: 1, dictionary: DICTIONARY });
    const body = Buffer.allocUnsafe(HEADER_BYTES + lengths.length + hexBytes.length + packed.length);
    body[0] = VERSION;
    body.set(lengths, HEADER_BYTES);
    body.set(hexBytes, HEADER_BYTES + lengths.length);
    body.set(packed, HEADER_BYTES + lengths.length + hexBytes.length);
    return body;
  },

  read(body) {
    const tokensLength = varintAt(body, HEADER_BYTES);
    const hexLength = varintAt(body, tokensLength.end);
    if (tokensLength.value > MAX_UNPACKED_BYTES) throw new RangeError('a batch unpacks to too much');
    const hexBytes = body.subarray(hexLength.end, hexLength.end + hexLength.value);
    // One byte more than announced shows that there is more; a buffer of the right size is not copied.
    const room = Math.max(CHUNK_MIN, tokensLength.value + 1);
    const options = { dictionary: DICTIONARY, chunkSize: room, maxOutputLength: room };
    const tokens = inflateRawSync(body.subarray(hexLength.end + hexLength.value), options);
    if (tokens.length !== tokensLength.value) throw new RangeError('a batch unpacks to another length');
    return reader.read(tokens, hexBytes);
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
