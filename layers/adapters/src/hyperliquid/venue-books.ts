/** The trading account as the venue has it: executions and funding, for the comparison with our own books. */
import type { Execution } from '@perps/domain/deviation';
import type { Usd } from '@perps/domain/money';
import type { VenueBooks } from '@perps/runtime/deviation';
import { createAccountQueries } from './account-queries.ts';
import { createFundingQueries, type FundingMarket } from './funding-queries.ts';
import type { InfoClient } from './info.ts';

/**
 * Its markets are read once: create it anew for each run, or a market listed since fails it. Throws `VenueInfoError`
 * where an answer is not certain or not complete.
 */
export function createVenueBooks(options: { readonly info: InfoClient; readonly account: string }): VenueBooks {
  const queries = createFundingQueries(options);
  let known: Promise<ReadonlyMap<string, FundingMarket>> | undefined;
  const markets = (): Promise<ReadonlyMap<string, FundingMarket>> => (known ??= queries.markets());
  return {
    executions: async ({ from, to }) => {
      const listed = await markets();
      const szDecimalsOf = (symbol: string): number | undefined => listed.get(symbol)?.instrument.szDecimals;
      const rows = await createAccountQueries({ ...options, szDecimalsOf }).fillsSince(from);
      return rows
        .filter(({ fill }) => fill.time < to)
        .map(({ symbol, side, fill: { tid, price, size, fee, time } }): Execution => {
          return { tid, symbol, side, price, size, fee, time };
        });
    },
    funding: async (hour) => {
      const booked = await queries.booked(hour, await markets());
      return new Map(booked.map(({ symbol, amount }): [string, Usd] => [symbol, amount]));
    },
  };
}
