/**
 * The one text of a value that is signed: JSON with members sorted by name, without blanks, absent members left out
 * (RFC 8785 for the ASCII names, strings and numbers receipts have).
 */

/** Canonical text; throws `TypeError` on what receipts never hold (null, bigint, non-finite numbers). */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    const texts = members
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`);
    return `{${texts.join(',')}}`;
  }
  const isPlain = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (!isPlain) throw new TypeError(`${String(value)} has no canonical text`);
  return JSON.stringify(value);
}
