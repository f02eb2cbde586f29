/**
 * MessagePack as the venue hashes it: keys in the order given, integers in their smallest form (64 bits from 2^32 on).
 * Small and own, because it runs for every order and writes straight into one reused buffer.
 */
const INITIAL_CAPACITY = 4096;
/** Deeper than any action; a bound on the recursion. */
const DEPTH_MAX = 16;

const textEncoder = new TextEncoder();

interface Writer {
  bytes: Uint8Array;
  view: DataView;
  length: number;
}

function createWriter(capacity: number): Writer {
  const bytes = new Uint8Array(capacity);
  return { bytes, view: new DataView(bytes.buffer), length: 0 };
}

const shared = createWriter(INITIAL_CAPACITY);

/** Encodes plain data (`undefined` properties are left out) and leaves `spare` zero bytes behind it; throws on others. */
export function encodeCanonical(value: unknown, spare = 0): Uint8Array {
  shared.length = 0;
  writeValue(shared, value, 0);
  const encoded = new Uint8Array(shared.length + spare);
  encoded.set(shared.bytes.subarray(0, shared.length));
  return encoded;
}

function reserve(writer: Writer, count: number): number {
  const start = writer.length;
  const needed = start + count;
  if (needed > writer.bytes.length) {
    const grown = createWriter(Math.max(needed, writer.bytes.length * 2));
    grown.bytes.set(writer.bytes);
    writer.bytes = grown.bytes;
    writer.view = grown.view;
  }
  writer.length = needed;
  return start;
}

function writeByte(writer: Writer, byte: number): void {
  const at = reserve(writer, 1);
  writer.bytes[at] = byte;
}

function writeValue(writer: Writer, value: unknown, depth: number): void {
  if (depth > DEPTH_MAX) throw new TypeError('Value is nested too deeply to be encoded.');
  if (typeof value === 'string') writeText(writer, value);
  else if (typeof value === 'number') writeInteger(writer, value);
  else if (typeof value === 'boolean') writeByte(writer, value ? 0xc3 : 0xc2);
  else if (value === null) writeByte(writer, 0xc0);
  else if (Array.isArray(value)) writeArray(writer, value, depth);
  else if (typeof value === 'object') writeMap(writer, value, depth);
  else throw new TypeError(`A ${typeof value} cannot be encoded.`);
}

function writeInteger(writer: Writer, value: number): void {
  if (!Number.isSafeInteger(value)) throw new TypeError('Only safe integers can be encoded.');
  if (value < 0) writeNegative(writer, value);
  else if (value < 0x80) writeByte(writer, value);
  else if (value < 0x100) writeHeaded(writer, { head: 0xcc, value, size: 1 });
  else if (value < 0x1_0000) writeHeaded(writer, { head: 0xcd, value, size: 2 });
  else if (value < 0x1_0000_0000) writeHeaded(writer, { head: 0xce, value, size: 4 });
  else {
    const at = reserve(writer, 9);
    writer.bytes[at] = 0xcf;
    writer.view.setBigUint64(at + 1, BigInt(value));
  }
}

function writeNegative(writer: Writer, value: number): void {
  if (value >= -0x20) writeByte(writer, value & 0xff);
  else if (value >= -0x80) writeHeaded(writer, { head: 0xd0, value, size: 1 });
  else if (value >= -0x8000) writeHeaded(writer, { head: 0xd1, value, size: 2 });
  else if (value >= -0x8000_0000) writeHeaded(writer, { head: 0xd2, value, size: 4 });
  else {
    const at = reserve(writer, 9);
    writer.bytes[at] = 0xd3;
    writer.view.setBigInt64(at + 1, BigInt(value));
  }
}

/** Two's complement makes the unsigned setters right for negative values too. */
function writeHeaded(writer: Writer, item: { head: number; value: number; size: 1 | 2 | 4 }): void {
  const at = reserve(writer, 1 + item.size);
  writer.bytes[at] = item.head;
  if (item.size === 1) writer.view.setUint8(at + 1, item.value);
  else if (item.size === 2) writer.view.setUint16(at + 1, item.value);
  else writer.view.setUint32(at + 1, item.value);
}

interface Heads {
  readonly fix: number;
  readonly fixMax: number;
  readonly wide16: number;
  readonly wide32: number;
}
const ARRAY_HEADS: Heads = { fix: 0x90, fixMax: 15, wide16: 0xdc, wide32: 0xdd };
const MAP_HEADS: Heads = { fix: 0x80, fixMax: 15, wide16: 0xde, wide32: 0xdf };

function writeCount(writer: Writer, count: number, heads: Heads): void {
  if (count <= heads.fixMax) writeByte(writer, heads.fix | count);
  else if (count < 0x1_0000) writeHeaded(writer, { head: heads.wide16, value: count, size: 2 });
  else writeHeaded(writer, { head: heads.wide32, value: count, size: 4 });
}

function writeText(writer: Writer, text: string): void {
  const { length } = text;
  if (length < 32 && writeShortAscii(writer, text)) return;
  const encoded = textEncoder.encode(text);
  if (encoded.length < 32) writeByte(writer, 0xa0 | encoded.length);
  else if (encoded.length < 0x100) writeHeaded(writer, { head: 0xd9, value: encoded.length, size: 1 });
  else if (encoded.length < 0x1_0000) writeHeaded(writer, { head: 0xda, value: encoded.length, size: 2 });
  else writeHeaded(writer, { head: 0xdb, value: encoded.length, size: 4 });
  const at = reserve(writer, encoded.length);
  writer.bytes.set(encoded, at);
}

/** Keys and numbers; gives up (and takes back what it wrote) at the first character beyond ASCII. */
function writeShortAscii(writer: Writer, text: string): boolean {
  const at = reserve(writer, 1 + text.length);
  writer.bytes[at] = 0xa0 | text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) {
      writer.length = at;
      return false;
    }
    writer.bytes[at + 1 + index] = code;
  }
  return true;
}

function writeArray(writer: Writer, items: readonly unknown[], depth: number): void {
  writeCount(writer, items.length, ARRAY_HEADS);
  for (const item of items) writeValue(writer, item, depth + 1);
}

function writeMap(writer: Writer, record: object, depth: number): void {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  writeCount(writer, entries.length, MAP_HEADS);
  for (const [key, value] of entries) {
    writeText(writer, key);
    writeValue(writer, value, depth + 1);
  }
}
