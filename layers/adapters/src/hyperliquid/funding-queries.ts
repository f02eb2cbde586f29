/** Funding as the venue published and booked it, hour by hour. */
import { HOUR_MS } from '@perps/domain/funding';
import type { Instrument } from '@perps/domain/market';
import {
  divide,
  parseRate,
  parseSize,
  parseUsd,
  type Price,
  price,
  type Rate,
  type Size,
  type Usd,
} from '@perps/domain/money';
import { z } from 'zod';
import { type InfoClient, VenueInfoError } from './info.ts';
import { parseMetaAndContexts } from './parse.ts';

/** What the venue booked on an account for one hour of a symbol. */
export interface FundingBooked {
  readonly symbol: string;
  readonly rate: Rate;
  /** 10⁻⁶ USD, negative = paid. */
  readonly amount: Usd;
  /** Signed, as held at the hour. */
  readonly size: Size;
}

export interface FundingMarket {
  readonly instrument: Instrument;
  /** As it stands now. */
  readonly oraclePrice: Price | undefined;
}

/** Each answers with certainty or throws `VenueInfoError`. Hours are their start in ms; a rate is paid at it. */
export interface FundingQueries {
  /** By symbol. */
  markets(): Promise<ReadonlyMap<string, FundingMarket>>;
  /** Hourly rate paid at the hour; undefined = not published yet. */
  rate(symbol: string, hour: number): Promise<Rate | undefined>;
  /** Booked on the account at the hour. Markets that are not in `markets` are left out. */
  booked(hour: number, markets: ReadonlyMap<string, FundingMarket>): Promise<readonly FundingBooked[]>;
}

const decimal = z.string().max(40);
const time = z.number().int().nonnegative();
const historySchema = z.array(z.looseObject({ coin: z.string(), fundingRate: decimal, time }));
const paymentsSchema = z.array(
  z.looseObject({
    time,
    delta: z.looseObject({ coin: z.string(), usdc: decimal, szi: decimal, fundingRate: decimal }),
  }),
);

/** `account` is the account's own address, never an agent's. */
export function createFundingQueries({
  info,
  account: user,
}: {
  readonly info: InfoClient;
  readonly account: string;
}): FundingQueries {
  return {
    async markets() {
      const answer = certain('metaAndAssetCtxs', parseMetaAndContexts(await info.ask({ type: 'metaAndAssetCtxs' })));
      const oracles = new Map(answer.contexts.map(({ symbol, oraclePrice }) => [symbol, oraclePrice]));
      return new Map(
        answer.universe.instruments.map((instrument) => {
          const { symbol } = instrument;
          return [symbol, { instrument, oraclePrice: oracles.get(symbol) }];
        }),
      );
    },
    async rate(symbol, hour) {
      const body = await info.ask({ type: 'fundingHistory', coin: symbol, ...within(hour) });
      const rows = certain('fundingHistory', parsed(historySchema, body));
      const row = rows.find((one) => one.coin === symbol && isOf(hour, one.time));
      return row === undefined ? undefined : certain('fundingHistory', parseRate(row.fundingRate));
    },
    async booked(hour, markets) {
      const body = await info.ask({ type: 'userFunding', user, ...within(hour) });
      const rows = certain('userFunding', parsed(paymentsSchema, body));
      return rows.flatMap((row) => {
        const market = markets.get(row.delta.coin);
        return market === undefined || !isOf(hour, row.time) ? [] : [bookedOf(row.delta, market.instrument)];
      });
    },
  };
}

/** The oracle price behind a payment (−size × oracle × rate); undefined where it is too small to tell. */
export function oracleOf({ rate, amount, size }: FundingBooked): Price | undefined {
  const divisor = size * rate;
  const magnitude = amount < 0n ? -amount : amount;
  if (divisor === 0n || magnitude < TELLING_AMOUNT) return undefined;
  return price(divide(magnitude * PARTS, divisor < 0n ? -divisor : divisor, 'halfUp'));
}

/** One dollar: six decimals of it tell a price to a millionth. */
const TELLING_AMOUNT = 1_000_000n;
const PARTS = 10n ** 12n;

/** Stamps are a little past the hour. */
const within = (hour: number) => ({ startTime: hour, endTime: hour + HOUR_MS - 1 });
const isOf = (hour: number, stamp: number): boolean => stamp >= hour && stamp < hour + HOUR_MS;

function bookedOf(
  delta: { readonly coin: string; readonly usdc: string; readonly szi: string; readonly fundingRate: string },
  { szDecimals }: Instrument,
): FundingBooked {
  return {
    symbol: delta.coin,
    rate: certain('userFunding', parseRate(delta.fundingRate)),
    amount: certain('userFunding', parseUsd(delta.usdc)),
    size: certain('userFunding', parseSize(delta.szi, szDecimals)),
  };
}

function parsed<Shape>(schema: z.ZodType<Shape>, body: unknown): Shape | undefined {
  const result = schema.safeParse(body);
  return result.success ? result.data : undefined;
}

function certain<Value>(type: string, value: Value | undefined): Value {
  if (value === undefined) throw new VenueInfoError('VenueUnavailable', `${type}: not the shape we know`);
  return value;
}
