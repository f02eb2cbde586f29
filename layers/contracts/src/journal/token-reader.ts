/** Tokens back to values (see `tokens.ts`). Anything that `TokenWriter` cannot have written throws. */
import { INLINE_LIMIT, KIND, SIMPLE, type Vocabulary, type WrittenTokens } from './tokens.ts';

type Build = (read: () => unknown) => Record<string, unknown>;

const IDENTIFIER = /^(?!__)[A-Za-z]\w*$/;
/** Records that are maps (by symbol, by id) have ever new names: they must not fill the memory. */
const BUILDERS_MAX = 500;
const PLAIN_PROPERTY = { configurable: true, enumerable: true, writable: true };

export class TokenReader {
  readonly #words: readonly string[];
  readonly #knownShapes: readonly Build[];
  #shapes: Build[] = [];
  #tokens: Buffer = Buffer.alloc(0);
  #at = 0;
  #numbers: Buffer = Buffer.alloc(0);
  #numbersAt = 0;
  #hexBytes: Buffer = Buffer.alloc(0);
  #hexAt = 0;
  #lastTime = 0;
  #integers: number[] = [];
  #texts: string[] = [];
  readonly #read = (): unknown => this.#value();

  constructor(vocabulary: Vocabulary) {
    this.#words = vocabulary.words;
    this.#knownShapes = vocabulary.shapes.map(builderOf);
  }

  /** The values of a batch. Throws on tokens that end early or name what is not there. */
  read({ tokens, numbers, hexBytes }: WrittenTokens): unknown[] {
    this.#tokens = bufferOver(tokens);
    this.#numbers = bufferOver(numbers);
    this.#numbersAt = 0;
    this.#hexBytes = bufferOver(hexBytes);
    this.#at = 0;
    this.#hexAt = 0;
    this.#lastTime = 0;
    this.#shapes = [...this.#knownShapes];
    const values: unknown[] = [];
    while (this.#at < tokens.length) {
      this.#integers = [];
      this.#texts = [];
      values.push(this.#value());
    }
    return values;
  }

  #value(): unknown {
    const byte = this.#byte();
    const kind = byte >> 4;
    const argument = this.#argument(byte);
    switch (kind) {
      case KIND.record:
        return this.#record(argument);
      case KIND.word:
        return present(this.#words[argument]);
      case KIND.bigRef:
        return BigInt(this.#integerBack(argument));
      case KIND.big:
        return BigInt(this.#remember(unzigzag(argument)));
      case KIND.intRef:
        return this.#integerBack(argument);
      case KIND.int:
        return this.#remember(unzigzag(argument));
      case KIND.simple:
        return this.#simple(argument);
      case KIND.array:
        return this.#array(argument);
      default:
        return this.#rarer(kind, argument);
    }
  }

  #rarer(kind: number, argument: number): unknown {
    switch (kind) {
      case KIND.textRef:
        return this.#textBack(argument);
      case KIND.time:
        return this.#time(argument);
      case KIND.negatedBigRef:
        return BigInt(this.#remember(-this.#integerAt(argument)));
      case KIND.text:
        return this.#newText(this.#utf8(argument));
      case KIND.compound:
        return this.#newText(this.#compound(argument));
      case KIND.hex:
        return this.#newText(this.#hex(argument));
      case KIND.bytes:
        return new Uint8Array(this.#raw(argument));
      default:
        return wideBig(this.#raw(argument).toString('latin1'));
    }
  }

  #simple(argument: number): unknown {
    switch (argument) {
      case SIMPLE.undefined:
        return undefined;
      case SIMPLE.null:
        return null;
      case SIMPLE.true:
        return true;
      case SIMPLE.false:
        return false;
      case SIMPLE.float:
        return this.#raw(8).readDoubleLE();
      case SIMPLE.sameHex:
        return this.#newText(this.#sameHex());
      case SIMPLE.wideText:
        return this.#newText(this.#wideText());
      default:
        throw new RangeError(`unknown simple value ${argument}`);
    }
  }

  #record(shape: number): Record<string, unknown> {
    if (shape === this.#shapes.length) this.#shapes.push(builderOf(this.#newShape()));
    return present(this.#shapes[shape])(this.#read);
  }

  #newShape(): readonly string[] {
    const keys: string[] = [];
    for (let left = this.#varint(); left > 0; left -= 1) keys.push(this.#part());
    return keys;
  }

  #array(length: number): unknown[] {
    const items: unknown[] = [];
    for (let left = length; left > 0; left -= 1) items.push(this.#value());
    return items;
  }

  #compound(length: number): string {
    let text = '';
    for (let left = length; left > 0; left -= 1) text += this.#part();
    return text;
  }

  /** A token inside a text: only hex digits are remembered for themselves. */
  #part(): string {
    const byte = this.#byte();
    const argument = this.#argument(byte);
    switch (byte >> 4) {
      case KIND.word:
        return present(this.#words[argument]);
      case KIND.text:
        return this.#utf8(argument);
      case KIND.textRef:
        return this.#textBack(argument);
      case KIND.hex:
        return this.#newText(this.#hex(argument));
      case KIND.int:
        return String(this.#remember(unzigzag(argument)));
      case KIND.intRef:
        return String(this.#integerBack(argument));
      case KIND.time:
        return String(this.#time(argument));
      default:
        if (byte === SIMPLE.sameHex) return this.#newText(this.#sameHex());
        if (byte === SIMPLE.wideText) return this.#wideText();
        throw new RangeError(`token ${byte} inside a text`);
    }
  }

  #time(argument: number): number {
    this.#lastTime += unzigzag(argument);
    return this.#remember(this.#lastTime);
  }

  #remember(integer: number): number {
    this.#integers.push(integer);
    return integer;
  }

  #integerAt(distance: number): number {
    return present(this.#integers[this.#integers.length - 1 - distance]);
  }

  #integerBack(distance: number): number {
    return this.#remember(this.#integerAt(distance));
  }

  #textBack(distance: number): string {
    return present(this.#texts[this.#texts.length - 1 - distance]);
  }

  #newText(text: string): string {
    this.#texts.push(text);
    return text;
  }

  #utf8(length: number): string {
    const from = this.#advance(length);
    return this.#tokens.toString('utf8', from, this.#at);
  }

  #hex(length: number): string {
    const from = this.#hexAt;
    this.#hexAt += length;
    return this.#hexDigits(from, length);
  }

  #sameHex(): string {
    const from = this.#varint();
    return this.#hexDigits(from, this.#varint());
  }

  #hexDigits(from: number, length: number): string {
    if (from + length > this.#hexBytes.length) throw new RangeError('hex digits are missing');
    return this.#hexBytes.toString('hex', from, from + length);
  }

  #wideText(): string {
    return this.#raw(this.#varint()).toString('utf16le');
  }

  #raw(length: number): Buffer {
    const from = this.#advance(length);
    return this.#tokens.subarray(from, this.#at);
  }

  #advance(bytes: number): number {
    const from = this.#at;
    if (from + bytes > this.#tokens.length) throw new RangeError('tokens end early');
    this.#at = from + bytes;
    return from;
  }

  #byte(): number {
    const byte = this.#tokens[this.#at];
    if (byte === undefined) throw new RangeError('tokens end early');
    this.#at += 1;
    return byte;
  }

  #argument(byte: number): number {
    const inline = byte & INLINE_LIMIT;
    if (inline < INLINE_LIMIT) return inline;
    const kind = byte >> 4;
    if (kind === KIND.big || kind === KIND.int || kind === KIND.time) return this.#newNumber();
    return INLINE_LIMIT + this.#varint();
  }

  #newNumber(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#numbers[this.#numbersAt];
      if (byte === undefined) throw new RangeError('numbers end early');
      this.#numbersAt += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }
}

const unzigzag = (argument: number): number => (argument % 2 === 0 ? argument / 2 : -(argument + 1) / 2);

const bufferOver = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError('a token names what is not there');
  return value;
}

function wideBig(digits: string): bigint {
  return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
}

/** Builders of shapes seen before, in any batch: events change faster than vocabularies. */
const builders = new Map<string, Build>();

function builderOf(keys: readonly string[]): Build {
  const name = JSON.stringify(keys);
  const known = builders.get(name);
  if (known !== undefined) return known;
  if (builders.size >= BUILDERS_MAX || !keys.every((key) => IDENTIFIER.test(key))) return oneByOne(keys);
  const build = compiled(keys);
  builders.set(name, build);
  return build;
}

/** One literal a shape, three times as fast as assignments: objects of one kind share their layout from the start. */
function compiled(keys: readonly string[]): Build {
  const properties = keys.map((key) => `"${key}": read()`);
  // oxlint-disable-next-line typescript/no-implied-eval -- made of identifiers alone (see `builderOf`)
  return new Function('read', `return { ${properties.join(', ')} }`) as Build;
}

/** For records that are maps, or whose names no literal may hold. */
function oneByOne(keys: readonly string[]): Build {
  return (read) => {
    const record: Record<string, unknown> = {};
    for (const key of keys) {
      // An assignment would set the prototype where a property has that name.
      if (key === '__proto__') Object.defineProperty(record, key, { ...PLAIN_PROPERTY, value: read() });
      else record[key] = read();
    }
    return record;
  };
}
