/** Deterministic damage to JSON bodies: one small change of a value, or something a fuzzer would do. */
export interface Leaf {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

/** Every place in a JSON value that holds no further object. */
export function leavesOf(value: unknown): Leaf[] {
  if (typeof value !== 'object' || value === null) return [];
  const parent = value as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => {
    const child = parent[key];
    return typeof child === 'object' && child !== null ? leavesOf(child) : [{ parent, key }];
  });
}

const HEX_DIGITS = '0123456789abcdef';

/** Gives the leaf another value of its own type. */
export function mutateLeaf(leaf: Leaf, pick: number): void {
  const { parent, key } = leaf;
  const value = parent[key];
  if (typeof value === 'boolean') parent[key] = !value;
  else if (typeof value === 'number') parent[key] = value + (key === 'v' && value === 28 ? -1 : 1);
  else if (typeof value === 'string') parent[key] = mutateText(value, pick);
  else parent[key] = '1';
}

/** Replaces one digit by the next (so that no two texts mean the same), or appends a letter where there is none. */
function mutateText(text: string, pick: number): string {
  const start = text.startsWith('0x') ? 2 : 0;
  const positions = Array.from(text.slice(start))
    .map((character, index) => (HEX_DIGITS.slice(0, start === 2 ? 16 : 10).includes(character) ? start + index : -1))
    .filter((position) => position >= 0);
  const position = positions[pick % Math.max(positions.length, 1)];
  if (position === undefined) return `${text}x`;
  const base = start === 2 ? 16 : 10;
  const next = HEX_DIGITS[(HEX_DIGITS.indexOf(text[position] ?? '0') + 1) % base];
  return `${text.slice(0, position)}${next}${text.slice(position + 1)}`;
}

const ODDITIES: readonly unknown[] = [
  null,
  undefined,
  true,
  0,
  -1,
  1e308,
  Number.NaN,
  2 ** 53,
  0.1,
  '',
  ' ',
  '-1',
  '1e5',
  '0x',
  `0x${'f'.repeat(64)}`,
  '9'.repeat(400),
  '1.123456789',
  '\u0000',
  '💥',
  '__proto__',
  [],
  {},
  [[[[[[]]]]]],
  { toString: null },
];

/** Replaces, removes, adds or duplicates something anywhere in the body; may replace the body itself. */
export function mutateWildly(body: unknown, pick: number): unknown {
  const leaves = leavesOf(body);
  const oddity = structuredClone(ODDITIES[pick % ODDITIES.length]);
  const leaf = leaves[Math.floor(pick / 7) % Math.max(leaves.length, 1)];
  if (leaf === undefined) return oddity;
  const { parent, key } = leaf;
  switch (pick % 6) {
    case 0:
      delete parent[key];
      break;
    case 1:
      parent[`${key}x`] = oddity;
      break;
    case 2:
      parent[key] = [parent[key], oddity];
      break;
    case 3:
      mutateLeaf(leaf, pick);
      break;
    default:
      parent[key] = oddity;
  }
  return body;
}
