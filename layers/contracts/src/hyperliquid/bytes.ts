/** Hex and big-endian words. */
const HEX_DIGITS = /^[0-9a-fA-F]*$/;

/** Digits without their `0x`. */
export function withoutPrefix(hex: string): string {
  return hex.startsWith('0x') || hex.startsWith('0X') ? hex.slice(2) : hex;
}

/** The bytes of a hex text, left-padded with zeros to `size`; `undefined` where it is no hex or too long. */
export function hexToBytes(hex: string, size: number): Uint8Array | undefined {
  const digits = withoutPrefix(hex);
  if (digits.length > size * 2 || !HEX_DIGITS.test(digits)) return undefined;
  const padded = digits.padStart(size * 2, '0');
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index += 1)
    bytes[index] = Number.parseInt(padded.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}

const BYTE_TEXTS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** `0x` and two lower-case digits per byte. */
export function bytesToHex(bytes: Uint8Array): string {
  let text = '0x';
  for (const byte of bytes) text += BYTE_TEXTS[byte];
  return text;
}

/** Writes a non-negative integer into the eight bytes at `at`. */
export function putUint64(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setBigUint64(at, BigInt(value));
}
