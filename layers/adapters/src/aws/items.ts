/** Typed reading of DynamoDB's attribute maps: what is not as we write it is an error, never a default. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Readonly<Record<string, AttributeValue>>;

/** An item in one of our tables that this code cannot have written. */
export class MalformedItemError extends Error {
  readonly code = 'MalformedItem';
  override readonly name = 'MalformedItemError';
}

export function textOf(item: Item, attribute: string): string {
  const value = item[attribute]?.S;
  if (value === undefined) throw new MalformedItemError(`attribute ${attribute}: expected a string`);
  return value;
}

/** Integers only: sequence numbers, epochs, milliseconds. */
export function integerOf(item: Item, attribute: string): number {
  const value = Number(item[attribute]?.N ?? Number.NaN);
  if (!Number.isSafeInteger(value)) throw new MalformedItemError(`attribute ${attribute}: expected an integer`);
  return value;
}

export function bytesOf(item: Item, attribute: string): Uint8Array {
  const value = item[attribute]?.B;
  if (value === undefined) throw new MalformedItemError(`attribute ${attribute}: expected bytes`);
  return value;
}

export const text = (value: string): AttributeValue => ({ S: value });
export const integer = (value: number): AttributeValue => ({ N: String(value) });
