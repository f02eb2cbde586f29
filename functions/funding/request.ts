/** Settings and input of the funding run. */
import { HOUR_MS } from '@perps/domain/funding';
import { z } from 'zod';

const queueUrls = z.array(z.url()).min(1).max(64);

export const fundingConfig = z.object({
  /** By shard; absent where they are too many for a function's environment: then each run is told. */
  COMMAND_QUEUE_URLS: z
    .string()
    .transform((text) => text.split(','))
    .pipe(queueUrls)
    .optional(),
  VENUE_URL: z.url(),
  HL_TRADING_ACCOUNT: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
  /** Symbols that may be internalised: their rates are asked for whether the venue account holds them or not. */
  FUNDING_SYMBOLS: z.string().transform((text) => text.split(',').filter((part) => part !== '')),
  FUNDING_SETTLEMENTS_TABLE: z.string().min(3),
});

export type FundingConfig = z.infer<typeof fundingConfig>;

export interface FundingRequest {
  /** Start of the hour to settle, ms. */
  readonly hour: number;
  /** Command queues by shard. */
  readonly queueUrls: readonly string[];
  /** Hours before it that are settled, too, where they are not. */
  readonly catchUp: number;
}

/** The venue's outages are shorter (the longest known one: 37 min); a run settles what they left. */
const CATCH_UP = 3;

/** The schedule gives the queues; an hour is named only by a person. */
const request = z.strictObject({
  hour: z.number().int().positive().multipleOf(HOUR_MS).optional(),
  queueUrls: queueUrls.optional(),
});

/** The input of a run; the hour is the named one alone, else the one that has begun last. Throws on a malformed input. */
export function requestOf(
  event: unknown,
  { now, configured }: { readonly now: number; readonly configured: readonly string[] | undefined },
): FundingRequest {
  const { hour, queueUrls: given } = request.parse(event);
  return {
    hour: hour ?? Math.floor(now / HOUR_MS) * HOUR_MS,
    queueUrls: queueUrls.parse(given ?? configured),
    catchUp: hour === undefined ? CATCH_UP : 0,
  };
}
