import { z } from 'zod';

const url = z.url();
const list = z
  .string()
  .min(1)
  .transform((text) => text.split(',').map((part) => part.trim()));
const positive = z.coerce.number().int().positive();

const settings = z.object({
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
  /** Who signs: a KMS key, every time; or a key that KMS unseals into memory at the start (decision 10). */
  HL_AGENT_SIGNING: z.enum(['kms', 'sealed']).default('kms'),
  /** `kms`: keys of the account's agents, by signer slot (HL allows four). */
  HL_AGENT_KEY_IDS: list.optional(),
  /** `sealed`: ciphertexts of `scripts/seal-agent-key.ts` (base64), by signer slot. */
  HL_AGENT_SEALED_KEYS: list.optional(),
  /** `sealed`: the agents' addresses, by signer slot. */
  HL_AGENT_ADDRESSES: list.optional(),
  /** `sealed`: the KMS key that seals them. */
  HL_AGENT_SEAL_KEY_ID: z.string().min(1).optional(),
  /** Where doors reach this process; default is made from host and port. */
  ADVERTISED_URL: z.string().optional(),
  /** Venue orders carry now + this (ms). */
  VENUE_EXPIRES_AFTER_MS: positive.default(5_000),
  LEASE_TTL_MS: positive.default(5_000),
  /** A snapshot follows at most so many journal records. */
  SNAPSHOT_EVERY_RECORDS: positive.default(5_000),
});

const NEEDED = {
  kms: ['HL_AGENT_KEY_IDS'],
  sealed: ['HL_AGENT_SEALED_KEYS', 'HL_AGENT_ADDRESSES', 'HL_AGENT_SEAL_KEY_ID'],
} as const;

/** Environment of the engine; `main.ts` reads it once and fails with every problem named. */
export const engineConfig = settings.check(({ value, issues }) => {
  const report = (name: string, message: string): void =>
    void issues.push({ code: 'custom', path: [name], message, input: value });
  for (const name of NEEDED[value.HL_AGENT_SIGNING]) {
    if (value[name] === undefined) report(name, `missing, HL_AGENT_SIGNING is ${value.HL_AGENT_SIGNING}`);
  }
  const { HL_AGENT_SEALED_KEYS: keys, HL_AGENT_ADDRESSES: addresses } = value;
  if (keys !== undefined && addresses !== undefined && keys.length !== addresses.length) {
    report('HL_AGENT_ADDRESSES', 'one for each sealed key');
  }
});

export type EngineConfig = z.infer<typeof engineConfig>;
