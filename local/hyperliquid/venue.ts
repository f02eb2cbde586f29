/** The whole state of the simulated venue and the few things every part of it needs. */
import type { Clock } from '@perps/runtime/ports';
import type { SeededRandom } from '@perps/runtime/testing';
import type { NonceWindow } from '@perps/domain/nonces';
import type { Network } from '@perps/contracts/hyperliquid';
import { createAccount, type Account } from './accounts.ts';
import type { FundingHours } from './funding.ts';
import type { Market } from './market.ts';
import type { OrderRegistry } from './orders.ts';
import type { Outbox } from './outbox.ts';
import type { Twap } from './twap.ts';

export interface VenueRules {
  readonly network: Network;
  /** Fractions of the notional. */
  readonly takerFee: number;
  readonly makerFee: number;
  /** How long a new order stays unknown to `orderStatus`, ms. */
  readonly visibilityLagMs: number;
  /** USD that must have been traded before `scheduleCancel` is allowed. */
  readonly scheduleCancelVolume: number;
}

export interface Venue {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly rules: VenueRules;
  /** By asset id. */
  readonly markets: readonly Market[];
  readonly accounts: Map<string, Account>;
  readonly orders: OrderRegistry;
  readonly outbox: Outbox;
  /** Kept nonces by signer. */
  readonly nonces: Map<string, NonceWindow>;
  /** Master by agent address; replaced and revoked agents move to the second. */
  readonly agents: Map<string, string>;
  readonly formerAgents: Map<string, string>;
  readonly fundingHours: FundingHours;
  /** The hour (since 1970) in which the simulation began: earlier ones are invented. */
  readonly firstHour: number;
  /** Hours (since 1970) of the last regular settlement, and those settled before their time by order. */
  fundedHour: number;
  readonly orderedHours: Set<number>;
  readonly twaps: Map<number, Twap>;
  /** Highest oid given out so far. */
  lastOid: number;
}

/** The account of an address; an address that never deposited gets an empty one. */
export function accountOf(venue: Venue, address: string): Account {
  const known = venue.accounts.get(address);
  if (known !== undefined) return known;
  const fresh = createAccount(address);
  venue.accounts.set(address, fresh);
  return fresh;
}

/** The account of an address that has ever deposited. */
export function depositedAccount(venue: Venue, address: string): Account | undefined {
  const account = venue.accounts.get(address);
  return account?.hasDeposited === true ? account : undefined;
}

export const marketOfCoin = (venue: Venue, coin: string): Market | undefined =>
  venue.markets.find((market) => market.asset.name === coin);

export function nextOid(venue: Venue): number {
  venue.lastOid += 1;
  return venue.lastOid;
}

/** Trade ids are fifteen random digits, as recorded. */
export const nextTid = (venue: Venue): number => 100_000_000_000_000 + Math.floor(venue.random.next() * 9e14);

/** A hash as long as the venue's. */
export function randomHash(venue: Venue): string {
  let hash = '0x';
  while (hash.length < 66)
    hash += Math.floor(venue.random.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return hash;
}

/** Trades of the simulated crowd among themselves carry no transaction, as recorded ones of TWAPs do. */
export const ZERO_HASH = `0x${'0'.repeat(64)}`;

/** Credits a deposit of `amount` (10⁻⁶ USD). */
export function deposit(venue: Venue, address: string, amount: bigint): Account {
  const account = accountOf(venue, address);
  account.rawUsd += amount;
  account.netDeposits += amount;
  account.hasDeposited = true;
  return account;
}
