/** Money that is not trading: what moved, and what an account was worth over time. */
import type { LedgerUpdate } from '@perps/contracts/hyperliquid';
import { accountNotionals, type Account, type Sample } from './accounts.ts';
import { depositedAccount, type Venue } from './venue.ts';

/** Writes a movement into the account's ledger and tells its streams. */
export function noteLedger(venue: Venue, account: Account, update: LedgerUpdate): void {
  account.ledger.push(update);
  venue.outbox.of(account.address).ledger.push(update);
}

const SAMPLE_MS = 60_000;
/** Older samples are thinned so that at most so many remain. */
const SAMPLES_MAX = 2_000;

/** Notes what every account is worth, once a minute. */
export function sampleAccounts(venue: Venue, now: number): void {
  for (const address of venue.accounts.keys()) {
    const account = depositedAccount(venue, address);
    if (account === undefined) continue;
    const last = account.samples.at(-1);
    if (last !== undefined && now - last.time < SAMPLE_MS) continue;
    account.samples.push(sampleOf(venue, account));
    if (account.samples.length > SAMPLES_MAX) thin(account.samples);
  }
}

/** What an account is worth now. */
export function sampleOf(venue: Venue, account: Account): Sample {
  const perpValue = accountNotionals(account, venue.markets).accountValue;
  const { spotUsd, netDeposits, volume } = account;
  return {
    time: venue.clock.now(),
    perpValue,
    spotValue: spotUsd,
    pnl: perpValue + spotUsd - netDeposits,
    volume,
  };
}

/** Drops every other sample of the older half. */
function thin(samples: Sample[]): void {
  const half = Math.floor(samples.length / 2);
  const older = samples.splice(0, half).filter((_, index) => index % 2 === 0);
  samples.unshift(...older);
}
