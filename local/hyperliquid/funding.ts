/**
 * Hourly funding: every position pays size × oracle × rate, shorts the other way round.
 * Rates are hourly, in parts of 10¹⁰; money in 10⁻⁶ USD.
 */
import type { FundingDelta, FundingHistoryRow } from '@perps/contracts/hyperliquid';
import type { Account, Position } from './accounts.ts';
import { formatRate, fundingRateOf, premiumOf, rateText, type Market } from './market.ts';
import { formatMoney, formatSz } from './ticks.ts';
import type { Asset } from './universe.ts';
import { ZERO_HASH, type Venue } from './venue.ts';

export const HOUR_MS = 3_600_000;
const RATE_SCALE = 10_000_000_000n;
/** Factors to book a payment that deviates, parts per million. */
const FACTOR_SCALE = 1_000_000;
/** Rows kept of each account and market; more than can be asked for at once. */
const ROWS_KEPT = 5_000;

export interface Settlement {
  /** What the rows are stamped with, ms. */
  readonly time: number;
  /** By coin: multiplies what is booked, for tests of deviations. */
  readonly factors?: Readonly<Record<string, number>>;
}

/** Past hours of every market, by asset id, oldest first. */
export type FundingHours = Map<number, FundingHistoryRow[]>;

/** Pays an hour's funding on every position of every account, at the present rates and oracles. */
export function settleFunding(venue: Venue, settlement: Settlement): number {
  for (const market of venue.markets) if (!market.asset.isDelisted) noteHour(venue, market, settlement.time);
  let payments = 0;
  for (const account of venue.accounts.values()) {
    for (const [assetId, position] of account.positions) {
      const market = venue.markets[assetId];
      if (market === undefined) continue;
      pay(venue, { account, position, market, settlement });
      payments += 1;
    }
  }
  return payments;
}

interface Payment {
  readonly account: Account;
  readonly position: Position;
  readonly market: Market;
  readonly settlement: Settlement;
}

function pay(venue: Venue, payment: Payment): void {
  const { account, position, market, settlement } = payment;
  const { asset } = market;
  const rate = fundingRateOf(market);
  const factor = BigInt(Math.round((settlement.factors?.[asset.name] ?? 1) * FACTOR_SCALE));
  const paid = (position.size * market.oracle * rate * factor) / (RATE_SCALE * BigInt(FACTOR_SCALE));
  if (position.isolatedRawUsd === undefined) account.rawUsd -= paid;
  else position.isolatedRawUsd -= paid;
  position.funding.sinceOpen += paid;
  position.funding.sinceChange += paid;
  account.fundingPaid.set(asset.id, (account.fundingPaid.get(asset.id) ?? 0n) + paid);
  const delta: FundingDelta = {
    coin: asset.name,
    usdc: formatMoney(-paid),
    szi: formatSz(asset, position.size),
    fundingRate: formatRate(rate),
    nSamples: null,
  };
  const { time } = settlement;
  account.fundings.push({ time, hash: ZERO_HASH, delta: { type: 'funding', ...delta } });
  if (account.fundings.length > ROWS_KEPT) account.fundings.shift();
  venue.outbox.of(account.address).fundings.push({ time, ...delta });
}

function noteHour(venue: Venue, market: Market, time: number): void {
  const rows = venue.fundingHours.get(market.asset.id) ?? [];
  venue.fundingHours.set(market.asset.id, rows);
  rows.push({
    coin: market.asset.name,
    fundingRate: formatRate(fundingRateOf(market)),
    premium: rateText(premiumOf(market) ?? 0),
    time,
  });
  if (rows.length > ROWS_KEPT) rows.shift();
}

/** Settles the hours that have come since the last look; hours settled by order are not settled again. */
export function settleDueHours(venue: Venue, now: number): void {
  const hour = Math.floor(now / HOUR_MS);
  while (venue.fundedHour < hour) {
    venue.fundedHour += 1;
    const { fundedHour } = venue;
    if (venue.orderedHours.delete(fundedHour)) continue;
    settleFunding(venue, { time: fundedHour * HOUR_MS + hourDelay(fundedHour) });
  }
}

const hourDelay = (hour: number): number => 15 + ((hour * 37) % 66);

/** 15 to 80 ms past an hour before the simulation began, always the same for the same hour. */
export const stampDelay = (asset: Asset, hour: number): number => 15 + ((hour * 37 + asset.id * 11) % 66);
