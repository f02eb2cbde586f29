/** Which shard an account lives in, and the names derived from it. */
import { createHash } from 'node:crypto';

/** Shard of an account: hash(accountId) mod N; N is fixed at the first start of a system. */
export function shardOf(accountId: string, shardCount: number): number {
  return createHash('sha256').update(accountId).digest().readUInt32BE(0) % shardCount;
}

/** Our account id of a main wallet address (lower case): stable, and not the address itself. */
export function accountIdOf(owner: string): string {
  return `u${createHash('sha256').update(`account:${owner.toLowerCase()}`).digest('hex').slice(0, 20)}`;
}

/** Lease resource of a shard. */
export const shardResource = (shard: number): string => `shard:${shard}`;

/** Lease resource of a signer slot of a venue account. */
export const signerResource = (account: 'hl-trading' | 'hl-hedge', slot: number): string => `signer:${account}:${slot}`;

/** The shard byte of a venue cloid; undefined where it is not one of ours. */
export function shardOfVenueCloid(cloid: string): number | undefined {
  return /^0x[0-9a-f]{32}$/.test(cloid) ? Number.parseInt(cloid.slice(2, 4), 16) : undefined;
}
