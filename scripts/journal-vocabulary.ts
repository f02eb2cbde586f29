/**
 * Prints the vocabulary of a new journal format (docs/decisions/0006): the words, shapes and typical tokens of what the
 * shard machine journals. `npx node --conditions=source scripts/journal-vocabulary.ts > layers/contracts/src/journal/vocabulary.ts`
 * is only for a format that nobody has written with: a changed vocabulary cannot read older batches.
 */
import type { BatchEntry } from '@perps/contracts/journal';
import { journaledOrders } from '../bench/support/journaled-orders.ts';
import { START_AT } from '../bench/support/trading.ts';
import { TokenWriter } from '../layers/contracts/src/journal/token-writer.ts';
import type { Vocabulary } from '../layers/contracts/src/journal/tokens.ts';
import { createShardHistory } from '../test/support/shard-history.ts';

const SEEDS = [1, 2, 3, 4];
const HISTORY_COMMANDS = 800;
const ACCOUNTS = 40;
const ORDERS = 400;
const WORD_TIMES = 3;
const WORD_LENGTH = 40;
/** What only the sample calls so: its users, its ids. */
const OF_THE_SAMPLE = new Set(['alice', 'bob', 'carol', 'dave', 'SOL', 'chain:bench', '0xhash', 'no liquidity']);
/** Parts of ids, and words of events that the sample does not reach. */
const FURTHER_WORDS = (
  '0x|:|u|p|d|c|-|sl|tp|isolated:|isolated:p|policy:|deposit:|open:|EpochStarted|CommandRefused|AgentApproved|AgentRevoked|' +
  'BuilderFeeApproved|ReferrerSet|TradingStateSet|FundingPosted|HourClosed|LiquidationStarted|LiquidationStepped|' +
  'LiquidationWaiting|LiquidationEnded|RiskWarned|RiskCleared|TriggerPlaced|TriggerFired|TriggerEnded|TriggerChanged|' +
  'IsolatedMarginAdjusted|CancelAllScheduled|CancelAllFired|ALO|maker|hedge|liquidation|funding|bad-debt|expired|' +
  'UnknownAccount|UnknownSigner|DuplicateNonce|NonceTooLow|NonceTooHigh|UnknownSymbol|InvalidPrice|InvalidSize|ZeroSize|' +
  'TickSize|MinimumValue|PriceTooFar|InsufficientMargin|ReduceOnlyWouldIncrease|PostOnlyWouldMatch|NothingToMatch|' +
  'NoLiquidity|TooManyOpenOrders|DuplicateCloid|OrderNotFound|CannotModify|OnlyReducing|Overloaded|TradingHalted|' +
  'MarketDataUnavailable|VenueUnavailable|VenueRefused|AccountRestricted|marginCanceled|stop|found|absent|neverArrived'
).split('|');
/** Typical entries in the dictionary take at most so much: more costs time with every batch and saves next to nothing. */
const DICTIONARY_BYTES = 1_000;
const SIGNED_IN_DICTIONARY = 8;
const LINE = 112;

const signedEntries = journaledOrders({ accounts: ACCOUNTS, former: 4 * ACCOUNTS, orders: ORDERS });
const histories = SEEDS.flatMap((seed) => createShardHistory({ shard: 0, seed, commands: HISTORY_COMMANDS }).entries);
const started = { control: 'EpochStarted', epoch: 1, owner: 'engine', at: START_AT } as const;
const all: readonly BatchEntry[] = [started, ...histories, ...signedEntries];
const words = wordsOf(all);
const shapes = shapesOf(all);
const vocabulary: Vocabulary = { words: [...new Set([...words, ...shapes.flat()])], shapes };
const dictionary = Buffer.from(tokensOf([...commonest(histories), ...signedEntries.slice(-SIGNED_IN_DICTIONARY)]));
process.stdout.write(sourceText());

function visit(value: unknown, seen: { text?: (text: string) => void; record?: (keys: string[]) => void }): void {
  if (typeof value === 'string') seen.text?.(value);
  else if (Array.isArray(value)) for (const item of value) visit(item, seen);
  else if (typeof value === 'object' && value !== null) {
    seen.record?.(Object.keys(value));
    for (const item of Object.values(value)) visit(item, seen);
  }
}

/** The commonest first: they take one byte. */
function byCount(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1)).map(([key]) => key);
}

function wordsOf(entries: readonly BatchEntry[]): string[] {
  const counts = new Map<string, number>();
  const text = (word: string): void => {
    if (!/[0-9]{2}|[|\n]|^ | $|^[cd]?[0-9]?$/.test(word) && word.length <= WORD_LENGTH)
      counts.set(word, (counts.get(word) ?? 0) + 1);
  };
  visit(entries, { text });
  const common = byCount(counts).filter((word) => (counts.get(word) ?? 0) >= WORD_TIMES && !OF_THE_SAMPLE.has(word));
  return [...new Set([...common, ...FURTHER_WORDS])];
}

function shapesOf(entries: readonly BatchEntry[]): string[][] {
  const counts = new Map<string, number>();
  const record = (keys: string[]): void => {
    const shape = keys.join(' ');
    // Records keyed by symbols (a policy's) are not shapes but maps.
    if (keys.length > 0 && !keys.some((key) => /^[A-Z]/.test(key))) counts.set(shape, (counts.get(shape) ?? 0) + 1);
  };
  visit(entries, { record });
  return byCount(counts).map((shape) => shape.split(' '));
}

function tokensOf(entries: readonly BatchEntry[]): Uint8Array {
  return new TokenWriter(vocabulary).write(entries).tokens;
}

/** One entry of each of the commonest kinds (by the shapes it holds), the commonest last: what is near costs less. */
function commonest(entries: readonly BatchEntry[]): BatchEntry[] {
  const kinds = new Map<string, BatchEntry[]>();
  for (const entry of entries) {
    const names: string[] = [];
    visit(entry, { record: (keys) => names.push(keys.join(' ')) });
    const kind = names.join('|');
    kinds.set(kind, [...(kinds.get(kind) ?? []), entry]);
  }
  const typical: BatchEntry[] = [];
  for (const of of [...kinds.values()].sort((left, right) => right.length - left.length)) {
    typical.unshift(...of.slice(-1));
    if (tokensOf(typical).length > DICTIONARY_BYTES) return typical.slice(1);
  }
  return typical;
}

function sourceText(): string {
  const base64 = dictionary.toString('base64');
  return `/**
 * What writer and reader of format 2 know before the first byte: generated by scripts/journal-vocabulary.ts from what
 * the shard machine journals. Never changed once a journal was written with it: a new vocabulary is a new format.
 */
import { crc32 } from 'node:zlib';
import type { Vocabulary } from './tokens.ts';

/** Texts that stand in entries again and again, the commonest first. */
const WORDS = \`
${wrapped(words, '|')}
\`;

/** Property names of records, the commonest first. */
const SHAPES = \`
${shapes.map((keys) => keys.join(' ')).join('\n')}
\`;

/** Tokens of typical entries: deflate finds in them what a small batch would otherwise have to spell out. */
const TYPICAL_TOKENS = \`
${(base64.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []).join('\n')}
\`;

const lines = (text: string): string[] => text.trim().split('\\n');
const words = lines(WORDS).flatMap((line) => line.split('|'));
const shapes = lines(SHAPES).map((line) => line.split(' '));

/** Names of properties are words too: a shape that is not among these is soon said. */
export const VOCABULARY: Vocabulary = { words: [...new Set([...words, ...shapes.flat()])], shapes };
export const DICTIONARY = Buffer.from(TYPICAL_TOKENS, 'base64');
export const VOCABULARY_CHECKSUM = crc32(DICTIONARY, crc32(JSON.stringify(VOCABULARY)));
`;
}

/** Lines of items; no separator at a line's end, since the line's end is one. */
function wrapped(items: readonly string[], separator: string): string {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last === undefined || last.length + item.length >= LINE) lines.push(item);
    else lines[lines.length - 1] = `${last}${separator}${item}`;
  }
  return lines.join('\n');
}
