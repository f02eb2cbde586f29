/** Verifies execution receipts with the public key alone: no network, no account, no trust in who hands them over. */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  verifyReceipt,
  visibleBook,
  type InvalidReason,
  type PriceBasis,
  type Receipt,
  type VisibleBook,
} from '@perps/contracts/receipts';

const USAGE = `usage: verify-receipt.ts --key key.pem [--book book.json …] receipt.json [more.json …]

  --key FILE   the public key (PEM), once and for all from GET /v1/receipts/key; its JSON answer is taken as well
  FILE         a receipt as GET /v1/receipts/<tid> answers it; - reads standard input
  --book FILE  a book as Hyperliquid's l2Book answered it; proves a price that rests on its deeper levels
  --json       one line of JSON per receipt instead of words

Checks that the receipt was signed with the key, that not one bit of it was changed, and that it keeps its promises: a
fill the platform took at once is not worse than the best price Hyperliquid's book showed, a resting order filled only
where that book had reached it, a fill at Hyperliquid names Hyperliquid's execution.

exit code   0  every receipt is valid
            1  at least one receipt is not valid; each says why
            2  wrong usage, or a file cannot be read
            3  every signature is valid, but a price was worse than the best level: it rests on deeper levels of the
               book, which the receipt names by hash; --book with that very book proves it`;

const EXIT = { valid: 0, invalid: 1, usage: 2, unproven: 3 } as const;

const REASONS: Readonly<Record<InvalidReason, string>> = {
  Malformed: 'this is no receipt: fields are missing, unknown or not of their form',
  UnknownKey: 'it was signed with another key',
  BadSignature: 'the signature does not fit: head or signature was changed',
  NotInTree: 'the fill is not in the signed batch: body or proof was changed',
  OutsideHead: 'the fill is of a journal record outside the signed batch',
  QuoteMissing: 'a fill of the platform without the quote it was priced on',
  VenueMissing: "a fill at Hyperliquid without Hyperliquid's execution",
  RouteContradicted: 'a fill of the platform that names an execution at Hyperliquid',
  OtherSideEmpty: 'a fill of the platform while the other side of the book was empty',
  WorseThanBook: "the price is worse than Hyperliquid's visible book",
  WorseThanMark: 'a liquidation at more than half the visible spread from the mark',
  BookNotReached: "a resting order that filled before Hyperliquid's book had reached it",
};

const BASES: Readonly<Record<PriceBasis, string>> = {
  'best-level': 'not worse than the best price of the visible book',
  'walked-book': 'WORSE than the best price, by deeper levels of the book named above: prove it with --book',
  'proven-book': 'what taking the size from the given book level by level costs, or better',
  'limit-reached': 'at its limit, which the visible book had reached',
  venue: "Hyperliquid's own execution",
  mark: 'a liquidation: at the mark, at most half the visible spread worse',
};

/** The caller's mistake, told without a stack. */
class UsageError extends Error {}

function main(): number {
  const { values, positionals } = parse();
  if (values.help === true) {
    console.log(USAGE);
    return EXIT.valid;
  }
  if (values.key === undefined || positionals.length === 0) throw new UsageError(USAGE);
  const publicKey = readKey(values.key);
  const books = (values.book ?? []).map(readBook);
  const codes = positionals.map((file) => check(file, { publicKey, books, isJson: values.json === true }));
  return [EXIT.invalid, EXIT.unproven].find((code) => codes.includes(code)) ?? EXIT.valid;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        book: { type: 'string', multiple: true },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** PEM, or the JSON answer of the door that holds it. */
function readKey(file: string): string {
  const text = read(file);
  const answer = parseJson(text);
  const pem = typeof answer === 'object' && answer !== null && 'publicKey' in answer ? answer.publicKey : text;
  try {
    return createPublicKey(String(pem)).export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    throw new UsageError(`${file} holds no public key (PEM: -----BEGIN PUBLIC KEY-----)`);
  }
}

function readBook(file: string): VisibleBook {
  const parsed = visibleBook.safeParse(parseJson(read(file)));
  if (!parsed.success) throw new UsageError(`${file} holds no answer of l2Book`);
  return parsed.data;
}

/** undefined = no JSON, and so no receipt either. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface CheckOptions {
  readonly publicKey: string;
  readonly books: readonly VisibleBook[];
  readonly isJson: boolean;
}

function check(file: string, options: CheckOptions): number {
  const verdict = verifyReceipt(parseJson(read(file)), options.publicKey, options.books);
  const isUnproven = verdict.isValid && verdict.basis === 'walked-book';
  if (options.isJson) console.log(JSON.stringify({ file, ...verdict }));
  else if (verdict.isValid)
    console.log(`${file}: ${isUnproven ? 'SIGNED' : 'VALID'}\n${told(verdict.receipt, verdict.basis)}`);
  else console.log(`${file}: NOT VALID (${verdict.reason})\n  ${REASONS[verdict.reason]}`);
  if (!verdict.isValid) return EXIT.invalid;
  return isUnproven ? EXIT.unproven : EXIT.valid;
}

/** What was verified, from the receipt as it was understood: the text of the file may say things twice. */
function told({ body, head }: Receipt, basis: PriceBasis): string {
  const { quote, venue } = body;
  const time = (ms: number): string => new Date(ms).toISOString();
  return [
    `trade ${body.tradeId} of order ${body.orderId}, account ${body.accountId}, ${time(body.filledAt)}`,
    `${body.side} ${body.size} ${body.symbol} at ${body.price} as ${body.liquidity}, fee ${body.fee} USD (builder ${body.builderFee})`,
    `route ${body.route} by ${body.rule} in ${body.mode}, threshold ${body.thresholdUsed} USD, policy version ${body.policyVersion}`,
    ...(quote === undefined
      ? []
      : [
          `quote bid ${quote.bid ?? 'none'} ask ${quote.ask ?? 'none'} (${quote.quoteAgeMs} ms old), mark ${quote.mark} (${quote.markAgeMs} ms old), oracle ${quote.oracle}`,
          `book ${quote.bookHash ?? 'not named'}`,
        ]),
    ...(venue === undefined
      ? []
      : [`Hyperliquid tid ${venue.tid}, order ${venue.venueOrderId}, hash ${venue.hash}, ${time(venue.time)}`]),
    ...(body.routingLatencyMs === undefined ? [] : [`routed in ${body.routingLatencyMs} ms`]),
    `price: ${BASES[basis]}`,
    `signed ${time(head.signedAt)} with key ${head.keyId}, one of ${head.count} fills of journal ${head.shard}, records ${head.fromSeq} to ${head.toSeq}`,
  ]
    .map((line) => `  ${line}`)
    .join('\n');
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = EXIT.usage;
}
