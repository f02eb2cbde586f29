/** One for all accounts: most of what an account may have is empty, and a million empty objects are not small. */
export const EMPTY: Readonly<Record<string, never>> = Object.freeze({});
export const NONE: readonly never[] = Object.freeze([]);

/** A copy without the key; built anew, because deleting makes an object slow for good. */
export function without<Value>(record: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> {
  let rest: Record<string, Value> | undefined;
  for (const other in record) {
    const value = record[other];
    if (other === key || value === undefined) continue;
    rest ??= {};
    rest[other] = value;
  }
  return rest ?? EMPTY;
}
