/** EventBridge patterns, as far as this system's rules use them. */

type Json = unknown;

const isRecord = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * True where the event has every field of the pattern with one of its values. Matchers: equality, `prefix`,
 * `anything-but`, `exists`. An unknown matcher throws: a rule that silently never fires would be worse.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matchesPattern(pattern: Json, event: Json): boolean {
  if (!isRecord(pattern)) throw new Error('an event pattern is an object');
  return Object.entries(pattern).every(([field, expected]) => {
    const value = isRecord(event) ? event[field] : undefined;
    if (!Array.isArray(expected)) return matchesPattern(expected, value);
    const values = Array.isArray(value) ? value : [value];
    return expected.some((matcher) => values.some((one) => matchesOne(matcher, one)));
  });
}

function matchesOne(matcher: Json, value: Json): boolean {
  if (!isRecord(matcher)) return matcher === value;
  if (typeof matcher['prefix'] === 'string') return typeof value === 'string' && value.startsWith(matcher['prefix']);
  if (typeof matcher['exists'] === 'boolean') return (value !== undefined) === matcher['exists'];
  if ('anything-but' in matcher) {
    const excluded = matcher['anything-but'];
    return value !== undefined && !(Array.isArray(excluded) ? excluded : [excluded]).includes(value);
  }
  throw new Error(`unknown matcher ${Object.keys(matcher).join(', ')}`);
}
