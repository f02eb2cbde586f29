/** One hour's funding: what the venue published and booked → commands to every shard. Run twice, it changes nothing twice. */
import { createHash } from 'node:crypto';
import { type FundingBooked, type FundingMarket, type FundingQueries, oracleOf } from '@perps/adapters/hyperliquid';
import { encodeQueuedCommand, type QueuedEngineCommand } from '@perps/contracts/engine';
import { type FundingRate, HOUR_MS, reconcileFunding } from '@perps/domain/funding';
import { type Usd, usd } from '@perps/domain/money';
import type { Route } from '@perps/domain/routing';
import type { CommandQueue } from '@perps/runtime/ports';

export interface FundingRunOptions {
  readonly venue: FundingQueries;
  readonly queue: Pick<CommandQueue, 'send'>;
  readonly shardCount: number;
  /** Internalised symbols. */
  readonly symbols: readonly string[];
  /** Σ of what users were charged (negative = paid) on HYPERLIQUID for an hour, by symbol. */
  readonly mirrored: (hour: number) => Promise<ReadonlyMap<string, Usd>>;
  readonly now: () => number;
}

/** What a symbol's users were charged is not what the venue booked for it. */
export interface MirrorDifference {
  readonly symbol: string;
  readonly hour: number;
  readonly booked: Usd;
  readonly mirrored: Usd;
  readonly difference: Usd;
  readonly level: 'logged' | 'alert' | 'p0';
}

export interface FundingRun {
  readonly hour: number;
  readonly settled: readonly string[];
  /** Symbols whose rate is not published yet: a later run takes them. */
  readonly missing: readonly string[];
  readonly differences: readonly MirrorDifference[];
}

/** The venue's oracle price stands for the hour's this long after it, ms. */
const ORACLE_MS_MAX = 10 * 60_000;
/** INTERNAL posts at these hours of the day (UTC). */
const POSTING_HOURS: ReadonlySet<number> = new Set([0, 8, 16]);
/** Commands in flight at once. */
const CONCURRENCY = 8;

/**
 * Closes the hour on every shard; settles it, and `catchUp` hours before it that an outage may have left, oldest first,
 * for the symbols whose rate is known; starts the postings that are due.
 */
export async function runFunding(
  options: FundingRunOptions,
  { hour, catchUp }: { readonly hour: number; readonly catchUp: number },
): Promise<FundingRun> {
  await toAllShards(options, { hour, what: 'close' }, { type: 'CloseFundingHour' });
  const markets = await options.venue.markets();
  for (let back = catchUp; back > 0; back -= 1) {
    const missed = hour - back * HOUR_MS;
    await settleHour(options, { hour: missed, markets });
    if (isPostingHour(missed)) await startPosting(options, missed, ['INTERNAL']);
  }
  const { settled, missing } = await settleHour(options, { hour, markets });
  // INTERNAL posts what is accrued, also where a rate is still missing; HYPERLIQUID what is settled.
  const internal = isPostingHour(hour) ? (['INTERNAL'] as const) : [];
  await startPosting(options, hour, missing.length === 0 ? [...internal, 'HYPERLIQUID'] : internal);
  const differences = await mirrorDifferences(options, { hour: hour - HOUR_MS, markets });
  return { hour, settled, missing, differences };
}

const isPostingHour = (hour: number): boolean => POSTING_HOURS.has(new Date(hour).getUTCHours());

async function settleHour(
  options: FundingRunOptions,
  at: HourAtVenue,
): Promise<Pick<FundingRun, 'settled' | 'missing'>> {
  const { hour } = at;
  const { rates, missing } = await ratesOf(options, at);
  const settled = rates.map(({ symbol }) => symbol);
  if (rates.length > 0) {
    const what = `settle:${createHash('sha256').update(settled.join()).digest('hex').slice(0, 16)}`;
    await toAllShards(options, { hour, what }, { type: 'SettleFundingHour', rates, source: 'hyperliquid' });
  }
  return { settled, missing };
}

async function startPosting(options: FundingRunOptions, hour: number, routes: readonly Route[]): Promise<void> {
  if (routes.length === 0) return;
  await toAllShards(options, { hour, what: `post:${routes.join('+')}` }, { type: 'StartFundingPosting', routes });
}

type HourCommand = Extract<
  QueuedEngineCommand,
  { type: 'CloseFundingHour' | 'SettleFundingHour' | 'StartFundingPosting' }
>;
type Untold<Command> = Command extends HourCommand
  ? Omit<Command, 'commandId' | 'shard' | 'hour' | 'receivedAt'>
  : never;

/** The same hour and content have the same id: a second run is answered, not done. Commands of one shard keep their order. */
async function toAllShards(
  { queue, shardCount, now }: FundingRunOptions,
  { hour, what }: { readonly hour: number; readonly what: string },
  command: Untold<HourCommand>,
): Promise<void> {
  const commandId = `funding:${hour}:${what}`;
  const receivedAt = now();
  for (let from = 0; from < shardCount; from += CONCURRENCY) {
    const shards = Array.from({ length: Math.min(CONCURRENCY, shardCount - from) }, (_, index) => from + index);
    await Promise.all(
      shards.map((shard) => {
        const body = encodeQueuedCommand({ ...command, commandId, shard, hour, receivedAt });
        return queue.send({ shard, groupId: 'config', commandId, body });
      }),
    );
  }
}

interface HourAtVenue {
  readonly hour: number;
  readonly markets: ReadonlyMap<string, FundingMarket>;
}

async function ratesOf(
  options: FundingRunOptions,
  { hour, markets }: HourAtVenue,
): Promise<{ readonly rates: readonly FundingRate[]; readonly missing: readonly string[] }> {
  const { venue, symbols, now } = options;
  const booked = new Map((await venue.booked(hour, markets)).map((row) => [row.symbol, row]));
  const isFresh = now() - hour <= ORACLE_MS_MAX;
  const rates: FundingRate[] = [];
  const missing: string[] = [];
  for (const symbol of [...new Set([...booked.keys(), ...symbols])].sort()) {
    const market = markets.get(symbol);
    if (market === undefined) continue;
    const payment = booked.get(symbol);
    const rate = payment?.rate ?? (await venue.rate(symbol, hour));
    if (rate === undefined) missing.push(symbol);
    else rates.push({ symbol, rate, ...oracleFact(payment, market, isFresh), ...paymentFact(payment) });
  }
  return { rates, missing };
}

function oracleFact(
  payment: FundingBooked | undefined,
  { oraclePrice }: FundingMarket,
  isFresh: boolean,
): Pick<FundingRate, 'oraclePrice'> {
  const known = (payment === undefined ? undefined : oracleOf(payment)) ?? (isFresh ? oraclePrice : undefined);
  return known === undefined ? {} : { oraclePrice: known };
}

const paymentFact = (payment: FundingBooked | undefined): Pick<FundingRate, 'payment'> =>
  payment === undefined ? {} : { payment: { amount: payment.amount, size: payment.size } };

/** The hour before is looked at: its rows are in the tables by now (SC-FS-005). */
async function mirrorDifferences(
  options: FundingRunOptions,
  { hour, markets }: HourAtVenue,
): Promise<readonly MirrorDifference[]> {
  const booked = new Map((await options.venue.booked(hour, markets)).map(({ symbol, amount }) => [symbol, amount]));
  const mirrored = await options.mirrored(hour);
  const differences: MirrorDifference[] = [];
  for (const symbol of new Set([...booked.keys(), ...mirrored.keys()])) {
    const amounts = { booked: booked.get(symbol) ?? usd(0n), mirrored: mirrored.get(symbol) ?? usd(0n) };
    const { level, difference } = reconcileFunding(amounts.booked, amounts.mirrored);
    if (level !== 'ok') differences.push({ symbol, hour, ...amounts, difference, level });
  }
  return differences;
}
