/** Any plain value (texts, numbers, amounts, lists, objects) as few bytes: for answers, of which there are many forms. */
import { invariant } from '../kernel/index.ts';
import {
  type Packer,
  putAmount,
  putByte,
  putNumber,
  putText,
  takeAmount,
  takeByte,
  takeNumber,
  takeText,
  type Unpacker,
} from './packing.ts';

const UNDEFINED = 0;
const FALSE = 1;
const TRUE = 2;
const NUMBER = 3;
/** Negative or broken. */
const ODD_NUMBER = 4;
const AMOUNT = 5;
const TEXT = 6;
const LIST = 7;
const OBJECT = 8;
const FIRST_WORD = 9;

/** Texts of nearly every answer, one byte each; their order is the format. */
const WORDS: readonly string[] = [
  'kind',
  'orders',
  'cancels',
  'done',
  'refused',
  'status',
  'orderId',
  'cloid',
  'filledSize',
  'averagePrice',
  'symbol',
  'rejection',
  'reason',
  'filled',
  'resting',
  'pending',
  'canceled',
  'waitingForTrigger',
  'waitingForFill',
];
const NUMBERS: ReadonlyMap<string, number> = new Map(WORDS.map((word, index) => [word, FIRST_WORD + index]));

/** Throws `InvariantViolation` on what is not plain. */
export function putPlain(packer: Packer, value: unknown): void {
  if (typeof value === 'string') putWord(packer, value);
  else if (typeof value === 'number') putAnyNumber(packer, value);
  else if (typeof value === 'bigint') {
    putByte(packer, AMOUNT);
    putAmount(packer, value);
  } else if (typeof value === 'boolean') putByte(packer, value ? TRUE : FALSE);
  else if (value === undefined) putByte(packer, UNDEFINED);
  else putParts(packer, value);
}

export function takePlain(unpacker: Unpacker): unknown {
  const tag = takeByte(unpacker);
  switch (tag) {
    case UNDEFINED:
      return undefined;
    case FALSE:
    case TRUE:
      return tag === TRUE;
    case NUMBER:
      return takeNumber(unpacker);
    case ODD_NUMBER:
      return Number(takeText(unpacker));
    case AMOUNT:
      return takeAmount(unpacker);
    case LIST:
      return Array.from({ length: takeNumber(unpacker) }, () => takePlain(unpacker));
    case OBJECT:
      return takeObject(unpacker);
    default:
      return takeWord(unpacker, tag);
  }
}

function putAnyNumber(packer: Packer, value: number): void {
  const isUsual = Number.isSafeInteger(value) && value >= 0;
  putByte(packer, isUsual ? NUMBER : ODD_NUMBER);
  if (isUsual) putNumber(packer, value);
  else putText(packer, String(value));
}

function putParts(packer: Packer, value: unknown): void {
  invariant(typeof value === 'object' && value !== null, 'only plain values are packed');
  if (Array.isArray(value)) {
    putByte(packer, LIST);
    putNumber(packer, value.length);
    for (const item of value) putPlain(packer, item);
    return;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const _key in fields) count += 1;
  putByte(packer, OBJECT);
  putNumber(packer, count);
  for (const key in fields) {
    putWord(packer, key);
    putPlain(packer, fields[key]);
  }
}

function takeObject(unpacker: Unpacker): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (let left = takeNumber(unpacker); left > 0; left -= 1) {
    const key = takeWord(unpacker, takeByte(unpacker));
    fields[key] = takePlain(unpacker);
  }
  return fields;
}

function putWord(packer: Packer, text: string): void {
  const number = NUMBERS.get(text);
  putByte(packer, number ?? TEXT);
  if (number === undefined) putText(packer, text);
}

function takeWord(unpacker: Unpacker, tag: number): string {
  const text = tag === TEXT ? takeText(unpacker) : WORDS[tag - FIRST_WORD];
  invariant(text !== undefined, 'a packed word is one of the list');
  return text;
}
