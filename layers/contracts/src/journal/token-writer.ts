/** Values to tokens (see `tokens.ts`). Plain data only: what could not be read back equal is refused. */
import {
  INLINE_LIMIT,
  INTEGER_LIMIT,
  KIND,
  REACH,
  SIMPLE,
  TIME_FLOOR,
  type Vocabulary,
  type WrittenTokens,
} from './tokens.ts';

/** At least 8 bytes of hex, or a number of 3 to 15 digits without a leading zero. */
const PARTS = /(?:[0-9a-f]{2}){8,}|(?<![0-9])[1-9][0-9]{2,14}(?![0-9])/g;
const SHORTEST_COMPOUND = 3;
/** Bytes of the longest varint. */
const VARINT_MAX = 8;
const FIRST_CAPACITY = 64 * 1024;

/** A shape in the making of a record: the names so far, where the next name leads. */
interface ShapeNode {
  id: number | undefined;
  readonly next: Map<string, ShapeNode>;
}

const shapeNode = (): ShapeNode => ({ id: undefined, next: new Map() });

export class TokenWriter {
  readonly #words: ReadonlyMap<string, number>;
  readonly #known: readonly (readonly string[])[];
  readonly #root = shapeNode();
  /** The shape of the record before, and of each known shape the one that came after it last: likely the next. */
  #lastShape = 0;
  readonly #followers: number[];
  #tokens: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;
  #numbers: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #numbersLength = 0;
  #hexBytes: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #hexLength = 0;
  /** Shapes that this batch defines, after the known ones. */
  #ownShapes = shapeNode();
  #shapeCount = 0;
  readonly #hexOffsets = new Map<string, number>();
  #lastTime = 0;
  /** Integers and texts of the entry, in the order in which they were written. */
  #integers = new Float64Array(1024);
  #integerCount = 0;
  #texts: string[] = [];

  constructor(vocabulary: Vocabulary) {
    this.#words = new Map(vocabulary.words.map((word, index) => [word, index]));
    this.#known = vocabulary.shapes;
    this.#followers = vocabulary.shapes.map(() => 0);
    vocabulary.shapes.forEach((keys, id) => define(this.#root, keys, id));
  }

  /** The values one after the other; the result is a view of the writer's memory, valid until it writes again. */
  write(values: readonly unknown[]): WrittenTokens {
    this.#length = 0;
    this.#numbersLength = 0;
    this.#hexLength = 0;
    this.#ownShapes = shapeNode();
    this.#shapeCount = this.#known.length;
    this.#hexOffsets.clear();
    this.#lastTime = 0;
    for (const value of values) {
      this.#integerCount = 0;
      this.#texts = [];
      this.#value(value);
    }
    return {
      tokens: this.#tokens.subarray(0, this.#length),
      numbers: this.#numbers.subarray(0, this.#numbersLength),
      hexBytes: this.#hexBytes.subarray(0, this.#hexLength),
    };
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.#string(value);
      case 'bigint':
        return this.#bigint(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return this.#head(KIND.simple, value ? SIMPLE.true : SIMPLE.false);
      case 'undefined':
        return this.#head(KIND.simple, SIMPLE.undefined);
      case 'object':
        return this.#object(value);
      default:
        throw new TypeError(`a journal entry cannot hold a ${typeof value}`);
    }
  }

  #object(value: object | null): void {
    if (value === null) return this.#head(KIND.simple, SIMPLE.null);
    if (Array.isArray(value)) {
      this.#head(KIND.array, value.length);
      for (const item of value) this.#value(item);
      return;
    }
    this.#record(value as Readonly<Record<string, unknown>>);
  }

  #record(record: Readonly<Record<string, unknown>>): void {
    const guess = this.#followers[this.#lastShape] ?? 0;
    const shape = hasKeys(record, this.#known[guess]) ? guess : this.#shapeOf(record);
    if (shape === undefined) return this.#unusual(record);
    this.#followers[this.#lastShape] = shape;
    this.#lastShape = shape;
    this.#head(KIND.record, shape);
    for (const key in record) this.#value(record[key]);
  }

  /** The known shape of the record's properties. */
  #shapeOf(record: object): number | undefined {
    let node: ShapeNode | undefined = this.#root;
    for (const key in record) {
      node = node.next.get(key);
      if (node === undefined) return undefined;
    }
    return node.id;
  }

  /** Bytes, or a record of a shape that is not in the vocabulary: the batch defines it where it stands first. */
  #unusual(record: Readonly<Record<string, unknown>> | Uint8Array): void {
    if (record instanceof Uint8Array) {
      this.#head(KIND.bytes, record.length);
      return this.#raw(record);
    }
    if (!isPlain(record)) throw new TypeError('a journal entry can hold plain objects only');
    const keys = Object.keys(record);
    const node = nodeAt(this.#ownShapes, keys);
    if (node.id === undefined) {
      node.id = this.#shapeCount;
      this.#shapeCount += 1;
      this.#head(KIND.record, node.id);
      this.#varint(keys.length);
      for (const key of keys) this.#wordOrText(key);
    } else this.#head(KIND.record, node.id);
    for (const key of keys) this.#value(record[key]);
  }

  #number(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) > INTEGER_LIMIT || Object.is(value, -0)) {
      this.#head(KIND.simple, SIMPLE.float);
      const at = this.#reserve(8);
      this.#tokens.writeDoubleLE(value, at);
      return;
    }
    this.#integer(value);
  }

  #integer(value: number): void {
    const argument = zigzag(value);
    const distance = argument < INLINE_LIMIT ? 0 : this.#distanceTo(value);
    this.#remember(value);
    if (distance > 0) return this.#head(KIND.intRef, distance - 1);
    if (value < TIME_FLOOR) return this.#newNumber(KIND.int, argument);
    this.#newNumber(KIND.time, zigzag(value - this.#lastTime));
    this.#lastTime = value;
  }

  #bigint(value: bigint): void {
    const number = Number(value);
    if (Math.abs(number) > INTEGER_LIMIT) return this.#wideBig(value);
    const argument = zigzag(number);
    if (argument < INLINE_LIMIT) {
      this.#remember(number);
      return this.#head(KIND.big, argument);
    }
    const distance = this.#distanceTo(number);
    const negated = distance > 0 ? 0 : this.#distanceTo(-number);
    this.#remember(number);
    if (distance > 0) this.#head(KIND.bigRef, distance - 1);
    else if (negated > 0) this.#head(KIND.negatedBigRef, negated - 1);
    else this.#newNumber(KIND.big, argument);
  }

  #wideBig(value: bigint): void {
    const digits = Buffer.from(value.toString(16), 'latin1');
    this.#head(KIND.wideBig, digits.length);
    this.#raw(digits);
  }

  /** How far back in the entry the integer stood last; 0 = it did not. */
  #distanceTo(value: number): number {
    const integers = this.#integers;
    const count = this.#integerCount;
    const first = Math.max(0, count - REACH);
    for (let index = count - 1; index >= first; index -= 1) if (integers[index] === value) return count - index;
    return 0;
  }

  #remember(value: number): void {
    if (this.#integerCount === this.#integers.length) {
      const grown = new Float64Array(this.#integers.length * 2);
      grown.set(this.#integers);
      this.#integers = grown;
    }
    this.#integers[this.#integerCount] = value;
    this.#integerCount += 1;
  }

  #string(text: string): void {
    const word = this.#words.get(text);
    if (word !== undefined) return this.#head(KIND.word, word);
    const texts = this.#texts;
    const first = Math.max(0, texts.length - REACH);
    for (let index = texts.length - 1; index >= first; index -= 1) {
      if (texts[index] === text) return this.#head(KIND.textRef, texts.length - 1 - index);
    }
    this.#newText(text);
    texts.push(text);
  }

  /** Hex digits and numbers apart from the rest: the digits take half the space, a number may have stood before. */
  #newText(text: string): void {
    if (text.length < SHORTEST_COMPOUND) return this.#plainText(text);
    const parts = partsOf(text);
    if (parts === undefined) return this.#plainText(text);
    if (parts.length > 1 || typeof parts[0] === 'number') this.#head(KIND.compound, parts.length);
    for (const part of parts) {
      if (typeof part === 'number') this.#integer(part);
      else if (!part.isHex) this.#wordOrText(part.text);
      else if (parts.length === 1) this.#hex(part.text);
      else this.#hexPart(part.text);
    }
  }

  #wordOrText(text: string): void {
    const word = this.#words.get(text);
    if (word === undefined) this.#plainText(text);
    else this.#head(KIND.word, word);
  }

  /** Digits inside a longer text are a text of the entry too: an address stands in a command's id and as its signer. */
  #hexPart(digits: string): void {
    const distance = this.#texts.length - 1 - this.#texts.lastIndexOf(digits);
    if (distance < this.#texts.length) return this.#head(KIND.textRef, distance);
    this.#hex(digits);
    this.#texts.push(digits);
  }

  #hex(digits: string): void {
    const length = digits.length / 2;
    const offset = this.#hexOffsets.get(digits);
    if (offset !== undefined) {
      this.#head(KIND.simple, SIMPLE.sameHex);
      this.#varint(offset);
      return this.#varint(length);
    }
    this.#head(KIND.hex, length);
    if (this.#hexLength + length > this.#hexBytes.length) this.#hexBytes = grown(this.#hexBytes, length);
    this.#hexBytes.write(digits, this.#hexLength, 'hex');
    this.#hexOffsets.set(digits, this.#hexLength);
    this.#hexLength += length;
  }

  #plainText(text: string): void {
    if (text.isWellFormed()) {
      const length = Buffer.byteLength(text);
      this.#head(KIND.text, length);
      const at = this.#reserve(length);
      this.#tokens.write(text, at);
      return;
    }
    const units = Buffer.from(text, 'utf16le');
    this.#head(KIND.simple, SIMPLE.wideText);
    this.#varint(units.length);
    this.#raw(units);
  }

  #head(kind: number, argument: number): void {
    const at = this.#reserve(1);
    if (argument < INLINE_LIMIT) {
      this.#tokens[at] = (kind << 4) | argument;
      return;
    }
    this.#tokens[at] = (kind << 4) | INLINE_LIMIT;
    this.#varint(argument - INLINE_LIMIT);
  }

  /** A number apart from its token; small ones, which tend to stay as they are, and no times, stand in the token. */
  #newNumber(kind: number, argument: number): void {
    if (argument < INLINE_LIMIT && kind !== KIND.time) return this.#head(kind, argument);
    this.#byte((kind << 4) | INLINE_LIMIT);
    if (this.#numbersLength + VARINT_MAX > this.#numbers.length) this.#numbers = grown(this.#numbers, VARINT_MAX);
    let rest = argument;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
      this.#numbers[this.#numbersLength] = (rest % 0x80) | 0x80;
      this.#numbersLength += 1;
    }
    this.#numbers[this.#numbersLength] = rest;
    this.#numbersLength += 1;
  }

  /** Seven bits a byte, lowest first; up to 2^53. */
  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#byte(rest);
  }

  /** The place first: making room may replace the memory, and what is written to the old one is lost. */
  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#tokens[at] = value;
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#tokens.set(bytes, at);
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#tokens.length) this.#tokens = grown(this.#tokens, bytes);
    this.#length = at + bytes;
    return at;
  }
}

/** No instance of a class, whichever realm it comes from: a literal's prototype is the last of its chain. */
function isPlain(record: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(record);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function hasKeys(record: object, keys: readonly string[] | undefined): boolean {
  if (keys === undefined) return false;
  let index = 0;
  for (const key in record) {
    if (keys[index] !== key) return false;
    index += 1;
  }
  return index === keys.length;
}

const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);

function grown(bytes: Buffer, more: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, bytes.length + more));
  bytes.copy(larger);
  return larger;
}

function nodeAt(root: ShapeNode, keys: readonly string[]): ShapeNode {
  let node = root;
  for (const key of keys) {
    let next = node.next.get(key);
    if (next === undefined) node.next.set(key, (next = shapeNode()));
    node = next;
  }
  return node;
}

function define(root: ShapeNode, keys: readonly string[], id: number): void {
  nodeAt(root, keys).id = id;
}

type TextPart = number | { readonly text: string; readonly isHex: boolean };

/** Undefined where the text holds neither hex nor a number. */
function partsOf(text: string): readonly TextPart[] | undefined {
  PARTS.lastIndex = 0;
  let match = PARTS.exec(text);
  if (match === null) return undefined;
  const parts: TextPart[] = [];
  let end = 0;
  while (match !== null) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), isHex: false });
    const [found] = match;
    // Digits that are both are a number only where they are few: an id of 16 digits and more is hex to us.
    parts.push(found.length < 16 ? Number(found) : { text: found, isHex: true });
    end = match.index + found.length;
    match = PARTS.exec(text);
  }
  if (end < text.length) parts.push({ text: text.slice(end), isHex: false });
  return parts;
}
