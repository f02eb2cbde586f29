/** Settings and input of the funding run. */
import { HOUR_MS } from '@perps/domain/funding';
import { z } from 'zod';

const urls = z
  .string()
  .transform((text) => text.split(',').filter((part) => part !== ''))
  .pipe(z.array(z.url()).min(1));
const symbols = z.string().transform((text) => text.split(',').filter((part) => part !== ''));

export const fundingConfig = z.object({
  /** By shard. */
  COMMAND_QUEUE_URLS: urls,
  VENUE_URL: z.url(),
  HL_TRADING_ACCOUNT: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
  /** Symbols that are internalised: their rates are asked for whether the venue account holds them or not. */
  FUNDING_SYMBOLS: symbols,
  FUNDING_SETTLEMENTS_TABLE: z.string().min(3),
});

/** A scheduled event says nothing of an hour; a person's may name one (start, ms). */
const request = z.looseObject({ hour: z.number().int().positive().multipleOf(HOUR_MS).optional() });

/** The hour to settle: the named one, else the one that has begun last. Throws on a malformed input. */
export function hourOf(event: unknown, now: number): number {
  const { hour } = request.parse(event ?? {});
  return hour ?? Math.floor(now / HOUR_MS) * HOUR_MS;
}
