/** One hour's funding: what the venue published and booked → commands to every shard. Run twice, it changes nothing twice. */
import { createHash } from 'node:crypto';
import { type FundingBooked, type FundingMarket, type FundingQueries, oracleOf } from '@perps/adapters/hyperliquid';
import { encodeQueuedCommand, type QueuedEngineCommand } from '@perps/contracts/engine';
import { type FundingRate, HOUR_MS, reconcileFunding } from '@perps/domain/funding';
import { type Usd, usd } from '@perps/domain/money';
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

/** Closes the hour on every shard, settles the symbols whose rate is known, and starts the postings that are due. */
export async function runFunding(options: FundingRunOptions, hour: number): Promise<FundingRun> {
  await toAllShards(options, { hour, what: 'close' }, { type: 'CloseFundingHour' });
  const markets = await options.venue.markets();
  const { rates, missing } = await ratesOf(options, { hour, markets });
  const settled = rates.map(({ symbol }) => symbol);
  if (rates.length > 0) {
    const what = `settle:${createHash('sha256').update(settled.join()).digest('hex').slice(0, 16)}`;
    await toAllShards(options, { hour, what }, { type: 'SettleFundingHour', rates, source: 'hyperliquid' });
  }
  await startPostings(options, hour, missing.length === 0);
  const differences = await mirrorDifferences(options, { hour: hour - HOUR_MS, markets });
  return { hour, settled, missing, differences };
}

/** HYPERLIQUID posts what is settled; INTERNAL three times a day, also where a rate is still missing. */
async function startPostings(options: FundingRunOptions, hour: number, isComplete: boolean): Promise<void> {
  const isDue = POSTING_HOURS.has(new Date(hour).getUTCHours());
  const routes = [...(isDue ? (['INTERNAL'] as const) : []), ...(isComplete ? (['HYPERLIQUID'] as const) : [])];
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
