/** Settings of market-data, from the environment. */
import { z } from 'zod';

const settings = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(7002),
  HOST: z.string().default('0.0.0.0'),
  VENUE_URL: z.url(),
  VENUE_WS_URL: z.url(),
  /** Comma-separated; absent = every market of the venue that is not delisted. */
  SYMBOLS: z
    .string()
    .optional()
    .transform((text) =>
      text
        ?.split(',')
        .map((symbol) => symbol.trim())
        .filter((symbol) => symbol !== ''),
    ),
  /** Of the venue's budget for our address; other services share it where they share the address. */
  VENUE_WEIGHT_PER_MINUTE: z.coerce.number().int().min(100).default(800),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type MarketDataConfig = z.infer<typeof settings>;

/** Throws with the name of the setting that is missing or wrong. */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): MarketDataConfig {
  const parsed = settings.safeParse(environment);
  if (!parsed.success) throw new Error(`market-data settings: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
