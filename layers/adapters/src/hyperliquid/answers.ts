/** What the venue's answer to one order or one cancel means. Unknown is not failed: in doubt it is `unknown`. */
import { errorTexts } from '@perps/contracts/hyperliquid';
import type { VenueFate, VenueOrderRequest } from '@perps/domain/account';
import { parseFeedPrice, parseSize, type Price, type Size } from '@perps/domain/money';
import { z } from 'zod';
import type { VenueHttpAnswer } from './http.ts';

export type VenueAnswer =
  | { readonly kind: 'resting'; readonly venueOrderId: number }
  | {
      readonly kind: 'filled';
      readonly venueOrderId: number;
      readonly totalSize: Size;
      /** Cut to the instrument's tick: for display; fills are what is booked. */
      readonly averagePrice: Price;
    }
  /** It is certain that the order does not exist and never will. `cause` in the venue's words. */
  | { readonly kind: 'refused'; readonly cause: string }
  /** Look it up by cloid until it is certain. */
  | { readonly kind: 'unknown'; readonly cause: string };

export type VenueCancelAnswer =
  | { readonly kind: 'canceled' }
  /** Also where the order filled first: ask for the order's own fate. */
  | { readonly kind: 'refused'; readonly cause: string }
  | { readonly kind: 'unknown'; readonly cause: string };

const oid = z.number().int().nonnegative();
const orderStatus = z.union([
  z.object({ resting: z.object({ oid }) }),
  z.object({ filled: z.object({ oid, totalSz: z.string(), avgPx: z.string() }) }),
  z.object({ error: z.string() }),
  z.string(),
]);
const cancelStatus = z.union([z.object({ error: z.string() }), z.literal('success')]);
const refusal = z.object({ status: z.literal('err'), response: z.string() });
const accepted = <Status extends z.ZodType>(status: Status) =>
  z.object({
    status: z.literal('ok'),
    response: z.object({ data: z.object({ statuses: z.array(status).length(1) }) }),
  });
const orderBody = z.union([accepted(orderStatus), refusal]);
const cancelBody = z.union([accepted(cancelStatus), refusal]);

export interface Sent {
  /** How often these bytes were sent before: what a repeat is told may be about the first copy. */
  readonly repeats: number;
}

/** Reads the answer to an order sent alone. */
export function readOrderAnswer(answer: VenueHttpAnswer, request: VenueOrderRequest, sent: Sent): VenueAnswer {
  const body = readBody(answer, orderBody);
  if (body.kind !== 'body') return body;
  if (body.value.status === 'err') return readRefusal(body.value.response, sent);
  const [status] = body.value.response.data.statuses;
  if (status === undefined || typeof status === 'string') return unknown(`status ${String(status)}`);
  if ('error' in status) return { kind: 'refused', cause: status.error };
  if ('resting' in status) return { kind: 'resting', venueOrderId: status.resting.oid };
  const totalSize = parseSize(status.filled.totalSz, request.szDecimals);
  const averagePrice = parseFeedPrice(status.filled.avgPx, request.szDecimals);
  if (totalSize === undefined || averagePrice === undefined) return unknown('a fill that cannot be read');
  return { kind: 'filled', venueOrderId: status.filled.oid, totalSize, averagePrice };
}

/** Reads the answer to a cancel sent alone. */
export function readCancelAnswer(answer: VenueHttpAnswer, sent: Sent): VenueCancelAnswer {
  const body = readBody(answer, cancelBody);
  if (body.kind !== 'body') return body;
  if (body.value.status === 'err') return readRefusal(body.value.response, sent);
  const [status] = body.value.response.data.statuses;
  if (status === 'success') return { kind: 'canceled' };
  return status === undefined ? unknown('no status') : { kind: 'refused', cause: status.error };
}

const unknown = (cause: string): { readonly kind: 'unknown'; readonly cause: string } => ({ kind: 'unknown', cause });

type Unknown = ReturnType<typeof unknown>;

/** Anything but a 200 with a body of the known shape says nothing about the order. */
function readBody<Schema extends z.ZodType>(
  { status, text }: VenueHttpAnswer,
  schema: Schema,
): { readonly kind: 'body'; readonly value: z.infer<Schema> } | Unknown {
  if (status !== 200) return unknown(`HTTP ${status}`);
  const parsed = schema.safeParse(tryJson(text));
  return parsed.success ? { kind: 'body', value: parsed.data } : unknown('an answer of unknown shape');
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const DUPLICATE_NONCE = errorTexts.duplicateNonce(0).replace(/ 0$/, '');
const NONCE = 'Invalid nonce';

/**
 * A whole request refused. `duplicate nonce` means that a copy of these bytes arrived before; expiry and nonce errors
 * of a repeat may hide that one did.
 */
function readRefusal(
  cause: string,
  { repeats }: Sent,
): { readonly kind: 'refused' | 'unknown'; readonly cause: string } {
  const mayHideTheFirst = repeats > 0 && (cause.startsWith(NONCE) || cause.startsWith(errorTexts.expired));
  const kind = cause.startsWith(DUPLICATE_NONCE) || mayHideTheFirst ? 'unknown' : 'refused';
  return { kind, cause };
}

/** The fate an answer settles; undefined while it must be looked up. */
export function fateOfAnswer(request: VenueOrderRequest, answer: VenueAnswer): VenueFate | undefined {
  switch (answer.kind) {
    case 'unknown':
      return undefined;
    case 'refused':
      return { kind: 'refused', cause: answer.cause };
    case 'resting':
      return { kind: 'open', venueOrderId: answer.venueOrderId };
    case 'filled':
      return fateOfFilled(request, answer);
  }
}

/** `filled` is also the word for a part: of an IOC the rest has vanished, of a GTC it rests. */
function fateOfFilled(request: VenueOrderRequest, answer: Extract<VenueAnswer, { kind: 'filled' }>): VenueFate {
  const { venueOrderId, totalSize } = answer;
  const isWhole = totalSize >= request.size;
  if (!isWhole && request.timeInForce !== 'IOC') return { kind: 'open', venueOrderId };
  return { kind: 'ended', venueOrderId, executedSize: totalSize, status: isWhole ? 'filled' : 'canceled' };
}
