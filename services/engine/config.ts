import { z } from 'zod';

const url = z.url();
const list = z
  .string()
  .min(1)
  .transform((text) => text.split(',').map((part) => part.trim()));
const positive = z.coerce.number().int().positive();

/** Environment of the engine; `main.ts` reads it once and fails with every problem named. */
export const engineConfig = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(7001),
  HOST: z.string().default('0.0.0.0'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  JOURNAL_TABLE: z.string().min(3),
  LEASES_TABLE: z.string().min(3),
  SNAPSHOT_BUCKET: z.string().min(3),
  /** One FIFO queue per shard, in shard order. */
  COMMAND_QUEUE_URLS: list,
  SHARD_COUNT: positive,
  MARKET_DATA_URL: url,
  VENUE_URL: url,
  VENUE_WS_URL: url,
  VENUE_NETWORK: z.enum(['Mainnet', 'Testnet']),
  /** Address of the platform's trading account at the venue. */
  HL_TRADING_ACCOUNT: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
  /** KMS keys of the account's agents, by signer slot (HL allows four). */
  HL_AGENT_KEY_IDS: list,
  /** Where doors reach this process; default is made from host and port. */
  ADVERTISED_URL: z.string().optional(),
  /** Venue orders carry now + this (ms). */
  VENUE_EXPIRES_AFTER_MS: positive.default(5_000),
  LEASE_TTL_MS: positive.default(5_000),
  /** A snapshot follows at most so many journal records. */
  SNAPSHOT_EVERY_RECORDS: positive.default(5_000),
});

export type EngineConfig = z.infer<typeof engineConfig>;
