/**
 * The alphabet of a batch of format 2. A value is one token: a byte of kind (upper four bits) and argument (lower four;
 * 15 = a varint of the rest follows), then what its kind adds. Values that an entry repeats (ids, times, prices) are
 * written as the distance to where they stood before, new ones apart from the tokens: the tokens of two orders are nearly
 * the same bytes, whatever their numbers.
 */

export const KIND = {
  /** Argument: one of `SIMPLE`. */
  simple: 0,
  /** Integer, zigzag; of `int`, `time` and `big`, an argument that does not fit stands whole among the numbers. */
  int: 1,
  /** Integer equal to one of this entry: the distance back in its integers. */
  intRef: 2,
  /** Integer of 2^32 and more (a time in ms): zigzag of the difference to the one before it in the batch. */
  time: 3,
  /** Bigint up to 2^51, zigzag. */
  big: 4,
  /** Bigint equal to one of this entry's integers, or to its negation. */
  bigRef: 5,
  negatedBigRef: 6,
  /** Any other bigint: length in bytes of its hex digits as ASCII, sign included. */
  wideBig: 7,
  /** One of the format's words. */
  word: 8,
  /** UTF-8, its length in bytes. */
  text: 9,
  /** A text of this entry: the distance back in its texts. */
  textRef: 10,
  /** A text of so many parts, each a token: word, text, textRef, hex, or an integer that stands for its digits. */
  compound: 11,
  /** Lower-case hex digits of so many bytes, which stand in the batch's uncompressed part. */
  hex: 12,
  array: 13,
  /** Argument: the shape (list of property names); the values follow. The number after the last one defines a new one. */
  record: 14,
  /** So many raw bytes. */
  bytes: 15,
} as const;

export const SIMPLE = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  /** 8 bytes, little endian. */
  float: 4,
  /** Hex digits that stood before in the batch: their offset and length in the uncompressed part. */
  sameHex: 5,
  /** UTF-16, little endian, its length in bytes: text that UTF-8 cannot hold. */
  wideText: 6,
} as const;

/** The argument that says "a varint follows", and so the first one that does not fit the byte. */
export const INLINE_LIMIT = 15;
/** Integers beyond are written as floats, bigints as digits: zigzag of all others is exact. */
export const INTEGER_LIMIT = 2 ** 51;
export const TIME_FLOOR = 2 ** 32;
/** How far back a repeated value is looked for. */
export const REACH = 192;

/** Words and shapes that both sides know before the first byte. */
export interface Vocabulary {
  readonly words: readonly string[];
  /** Property names of records, in their order. */
  readonly shapes: readonly (readonly string[])[];
}

/** The three parts of a batch. */
export interface WrittenTokens {
  readonly tokens: Uint8Array;
  /** Varints of new numbers, in the order of their tokens. */
  readonly numbers: Uint8Array;
  /** What hex digits stand for, in the order of their tokens. */
  readonly hexBytes: Uint8Array;
}
