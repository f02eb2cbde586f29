/** Plain values as few bytes, for what a shard remembers but rarely reads: bytes are nothing the collector has to walk. */
import { invariant } from '../kernel/index.ts';

/** Written from the start; `bytes` is replaced by a longer array where it is full. */
export interface Packer {
  bytes: Uint8Array;
  at: number;
}

export interface Unpacker {
  readonly bytes: Uint8Array;
  at: number;
}

const PACKER_BYTES = 1_024;
export const createPacker = (): Packer => ({ bytes: new Uint8Array(PACKER_BYTES), at: 0 });

export function putByte(packer: Packer, byte: number): void {
  if (packer.at === packer.bytes.length) reserve(packer, 1);
  packer.bytes[packer.at] = byte;
  packer.at += 1;
}

export function takeByte(unpacker: Unpacker): number {
  const byte = unpacker.bytes[unpacker.at] ?? 0;
  unpacker.at += 1;
  return byte;
}

/** All that another one holds. */
export function putBytes(packer: Packer, packed: Packer): void {
  reserve(packer, packed.at);
  packer.bytes.set(packed.bytes.subarray(0, packed.at), packer.at);
  packer.at += packed.at;
}

/** A whole number from 0 to 2⁵³ − 1: seven bits a byte, the lowest first. */
export function putNumber(packer: Packer, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    putByte(packer, (rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  putByte(packer, rest);
}

export function takeNumber(unpacker: Unpacker): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = takeByte(unpacker);
    value += (byte % 0x80) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
}

/** Beyond it an amount is written as text; 0 says so. */
const AMOUNT_MAX = 2 ** 51;

/** Any whole amount, signed. */
export function putAmount(packer: Packer, amount: bigint): void {
  const value = Number(amount);
  if (value > AMOUNT_MAX || value < -AMOUNT_MAX) {
    putByte(packer, 0);
    putText(packer, amount.toString());
  } else putNumber(packer, value < 0 ? -2 * value : 2 * value + 1);
}

export function takeAmount(unpacker: Unpacker): bigint {
  const value = takeNumber(unpacker);
  if (value === 0) return BigInt(takeText(unpacker));
  return BigInt(value % 2 === 1 ? (value - 1) / 2 : -value / 2);
}

/** Lengths of its hex part (in bytes) and of the rest, and whether the rest needs two bytes a character. */
export function putText(packer: Packer, text: string): void {
  // At most two bytes a character, and its two lengths.
  reserve(packer, 2 * text.length + 16);
  const hexBytes = hexBytesOf(text);
  const from = hexBytes === 0 ? 0 : 2 + 2 * hexBytes;
  const isWide = !isNarrow(text, from);
  putNumber(packer, (text.length - from) * 4 + (isWide ? 2 : 0) + (hexBytes === 0 ? 0 : 1));
  if (hexBytes > 0) {
    putNumber(packer, hexBytes);
    for (let at = 2; at < from; at += 2) {
      packer.bytes[packer.at] = digitAt(text, at) * 16 + digitAt(text, at + 1);
      packer.at += 1;
    }
  }
  const { bytes } = packer;
  let end = packer.at;
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    bytes[end] = unit & 0xff;
    end += 1;
    if (!isWide) continue;
    bytes[end] = unit >> 8;
    end += 1;
  }
  packer.at = end;
}

export function takeText(unpacker: Unpacker): string {
  const head = takeNumber(unpacker);
  const length = Math.floor(head / 4);
  const hexBytes = head % 2 === 1 ? takeNumber(unpacker) : 0;
  let text = hexBytes === 0 ? '' : '0x';
  for (let byte = 0; byte < hexBytes; byte += 1) text += HEX_PAIRS[takeByte(unpacker)] ?? '';
  return text + (head % 4 >= 2 ? takeWide(unpacker, length) : takeNarrow(unpacker, length));
}

/** As many characters as one call takes. */
const CHARACTERS_MAX = 4_096;

function takeNarrow(unpacker: Unpacker, length: number): string {
  let text = '';
  for (const end = unpacker.at + length; unpacker.at < end;) {
    const next = Math.min(end, unpacker.at + CHARACTERS_MAX);
    text += String.fromCharCode(...unpacker.bytes.subarray(unpacker.at, next));
    unpacker.at = next;
  }
  return text;
}

function takeWide(unpacker: Unpacker, length: number): string {
  let text = '';
  for (let unit = 0; unit < length; unit += 1) {
    const low = takeByte(unpacker);
    text += String.fromCharCode(low + 0x100 * takeByte(unpacker));
  }
  return text;
}

/** Words of a closed list; a number, once given, is never given to another. */
export interface Words<Word extends string> {
  put(packer: Packer, word: Word): void;
  take(unpacker: Unpacker): Word;
}

/** Numbers from 0 without a gap. */
export function wordsOf<Word extends string>(numbers: Readonly<Record<Word, number>>): Words<Word> {
  const words = (Object.keys(numbers) as Word[]).toSorted((left, right) => numbers[left] - numbers[right]);
  return {
    put: (packer, word) => putByte(packer, numbers[word]),
    take(unpacker) {
      const word = words[takeByte(unpacker)];
      invariant(word !== undefined, 'a packed word is one of its list');
      return word;
    },
  };
}

function reserve(packer: Packer, count: number): void {
  const needed = packer.at + count;
  if (needed <= packer.bytes.length) return;
  const longer = new Uint8Array(Math.max(packer.bytes.length * 2, needed));
  longer.set(packer.bytes);
  packer.bytes = longer;
}

/** Whole bytes of lower-case hex digits after `0x`. */
function hexBytesOf(text: string): number {
  if (text.charCodeAt(0) !== 0x30 || text.charCodeAt(1) !== 0x78) return 0;
  let end = 2;
  while (end < text.length && digitAt(text, end) < 16) end += 1;
  return (end - 2) >> 1;
}

/** 16 where it is none. */
function digitAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  return unit >= 0x61 && unit <= 0x66 ? unit - 0x57 : 16;
}

function isNarrow(text: string, from: number): boolean {
  for (let at = from; at < text.length; at += 1) if (text.charCodeAt(at) > 0xff) return false;
  return true;
}

const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
