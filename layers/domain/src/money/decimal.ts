/** The codec between decimal strings of the wire and integers at a fixed scale. */

const CODE_0 = 48;
const CODE_9 = 57;
const CODE_MINUS = 45;
const CODE_POINT = 46;
/** Longer texts are refused before any work is done with them. */
const TEXT_LENGTH_MAX = 40;
/** Integers of so many digits are exact in a double. */
const EXACT_DIGITS = 15;

/**
 * Parses a plain decimal (`-12.50`) at `decimals` places.
 * `undefined` where it is not one or has more significant decimals than fit (trailing zeros do fit).
 */
export function parseDecimal(text: string, decimals: number): bigint | undefined {
  const short = parseShort(text, decimals);
  if (short !== undefined) return BigInt(short);
  const parts = splitDecimal(text);
  if (parts === undefined) return undefined;
  const fraction = parts.fraction.replace(/0+$/, '');
  if (fraction.length > decimals) return undefined;
  return scaled(parts, fraction.padEnd(decimals, '0'));
}

/**
 * The usual case in one pass, because parsing is most of an order's arithmetic: so few digits that a double is exact.
 * `undefined` means no more than "look closer".
 */
function parseShort(text: string, decimals: number): number | undefined {
  const { length } = text;
  if (length === 0 || length > EXACT_DIGITS) return undefined;
  const negative = text.charCodeAt(0) === CODE_MINUS;
  let value = 0;
  let digits = 0;
  let point = -1;
  for (let index = negative ? 1 : 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= CODE_0 && code <= CODE_9) {
      value = value * 10 + (code - CODE_0);
      digits += 1;
    } else if (code === CODE_POINT && point === -1) point = index;
    else return undefined;
  }
  const missing = point === -1 ? decimals : decimals - (length - 1 - point);
  if (digits === 0 || missing < 0 || digits + missing > EXACT_DIGITS) return undefined;
  value *= 10 ** missing;
  return negative ? -value : value;
}

/** Like `parseDecimal`, but surplus decimals are cut off (toward zero). For prices of a feed, never for orders. */
export function parseDecimalTruncated(text: string, decimals: number): bigint | undefined {
  const parts = splitDecimal(text);
  if (parts === undefined) return undefined;
  return scaled(parts, parts.fraction.slice(0, decimals).padEnd(decimals, '0'));
}

/** The venue's form: no trailing zeros, but at least one decimal (`"100.0"`, `"0.5"`). */
export function formatDecimal(value: bigint, decimals: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  let end = digits.length;
  const firstDecimal = digits.length - decimals;
  while (end > firstDecimal + 1 && digits.charCodeAt(end - 1) === CODE_0) end -= 1;
  const fraction = decimals === 0 ? '0' : digits.slice(firstDecimal, end);
  return `${negative ? '-' : ''}${whole}.${fraction}`;
}

interface DecimalParts {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
}

function splitDecimal(text: string): DecimalParts | undefined {
  if (text.length === 0 || text.length > TEXT_LENGTH_MAX) return undefined;
  const negative = text.charCodeAt(0) === CODE_MINUS;
  const start = negative ? 1 : 0;
  let point = -1;
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === CODE_POINT && point === -1) point = index;
    else if (code < CODE_0 || code > CODE_9) return undefined;
  }
  const whole = text.slice(start, point === -1 ? text.length : point);
  const fraction = point === -1 ? '' : text.slice(point + 1);
  if (whole.length + fraction.length === 0) return undefined;
  return { negative, whole, fraction };
}

function scaled(parts: DecimalParts, fraction: string): bigint {
  const magnitude = BigInt(parts.whole + fraction || '0');
  return parts.negative ? -magnitude : magnitude;
}
