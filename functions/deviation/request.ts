/** Settings and input of the comparison with the venue's books. */
import { deviationTables } from '@perps/adapters/aws';
import { z } from 'zod';

const queueUrls = z.array(z.url()).min(1).max(64);

export const deviationConfig = z.object({
  ...deviationTables,
  /** By shard; absent where they are too many for a function's environment: then each run is told. */
  COMMAND_QUEUE_URLS: z
    .string()
    .transform((text) => text.split(','))
    .pipe(queueUrls)
    .optional(),
  VENUE_URL: z.url(),
  HL_TRADING_ACCOUNT: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
});

/** The schedule gives the queues. A person closes a row, or compares at once what has not settled for long. */
const request = z.strictObject({
  queueUrls: queueUrls.optional(),
  windowMs: z.number().int().min(1_000).max(3_600_000).optional(),
  settlingMs: z.number().int().nonnegative().max(3_600_000).optional(),
  resolve: z.strictObject({ id: z.string().min(1).max(200), note: z.string().trim().min(1).max(1_000) }).optional(),
});

export type DeviationConfig = z.infer<typeof deviationConfig>;

export interface DeviationRequest {
  /** Command queues by shard. */
  readonly queueUrls: readonly string[];
  /** In place of the run's own, ms. */
  readonly timing: { readonly windowMs?: number; readonly settlingMs?: number };
  /** A row to close, in place of a run. */
  readonly resolve: { readonly id: string; readonly note: string } | undefined;
}

/** Throws on a malformed input. */
export function requestOf(event: unknown, configured: readonly string[] | undefined): DeviationRequest {
  const { queueUrls: given, resolve, windowMs, settlingMs } = request.parse(event);
  const timing = {
    ...(windowMs === undefined ? {} : { windowMs }),
    ...(settlingMs === undefined ? {} : { settlingMs }),
  };
  return { queueUrls: queueUrls.parse(given ?? configured), timing, resolve };
}
