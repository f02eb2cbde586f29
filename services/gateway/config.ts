/** Settings of the gateway, from the environment. */
import { historyConfig, wholeNumber } from '@perps/adapters/aws';
import { z } from 'zod';

/** Read with `loadConfig`. */
export const gatewayConfig = z.object({
  PORT: wholeNumber(0, 65_535).default(8080),
  HOST: z.string().default('0.0.0.0'),
  /** The network clients must have signed for: what was signed for Hyperliquid mainnet is refused by default. */
  SIGNING_NETWORK: z.enum(['Testnet', 'Mainnet']).default('Testnet'),
  SHARD_COUNT: wholeNumber(1, 256),
  /** market-data's RPC, `ws://host:port/rpc`. */
  MARKET_DATA_URL: z.url(),
  /** Per client address; absent = Hyperliquid's 1,200, and a generous limit for loopback. */
  RATE_LIMIT_WEIGHT_PER_MINUTE: wholeNumber(1, 1_000_000_000).optional(),
  /** Set behind edge and balancer: the client's address is then the last entry but one of X-Forwarded-For. */
  TRUST_PROXY: z.stringbool().default(false),
  IDENTITIES_TABLE: z.string(),
  LEASES_TABLE: z.string(),
  RECEIPTS_TABLE: z.string(),
  RECEIPT_KEY_ID: z.string(),
  /** Receipts name the route a fill took; where traders are not told it, only operators hand them out (spec 02). */
  DISCLOSE_ROUTE: z.stringbool().default(false),
  ...historyConfig.shape,
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export type GatewayConfig = z.infer<typeof gatewayConfig>;
