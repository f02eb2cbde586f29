/** Rates of a shard's newest hours: payments name the hours they cover, not the rates those were charged at. */
import { divide, rate, type Rate } from '@perps/domain/money';
import type { ShardEvent } from '@perps/domain/shard';

/** By `symbol:route` (`…:settled` for corrections): hourly rates by the start of the hour, in the order they came. */
export type FundingRates = Readonly<Record<string, readonly (readonly [hour: number, rate: Rate])[]>>;

export const NO_RATES: FundingRates = {};

/** Postings come every eight hours: what is older was posted. Bounds what a shard remembers of a symbol. */
const HOURS_MAX = 16;

/** The rates after these facts of the shard; the same object where they tell none. Repeated facts change nothing. */
export function rememberRates(rates: FundingRates, events: readonly ShardEvent[]): FundingRates {
  return events.reduce((known, event) => {
    if (event.type === 'HourClosed') {
      return event.accruals.reduce(
        (all, accrual) => withRate(all, `${accrual.symbol}:INTERNAL`, [event.hour, accrual.rate]),
        known,
      );
    }
    if (event.type !== 'FundingSettled') return known;
    return event.settlements.reduce((all, { symbol, route, kind, rate: settled }) => {
      const key = `${symbol}:${route}`;
      const corrected = withRate(all, `${key}:settled`, [event.hour, settled]);
      // What was accrued at another rate was posted at that one.
      return kind === 'late' ? withRate(corrected, key, [event.hour, settled]) : corrected;
    }, known);
  }, rates);
}

function withRate(rates: FundingRates, key: string, [hour, value]: readonly [number, Rate]): FundingRates {
  const others = (rates[key] ?? []).filter(([other]) => other !== hour);
  return { ...rates, [key]: [...others, [hour, value] as const].slice(-HOURS_MAX) };
}

/** What is known of the hours after `since` up to `hour`: their number, the newest, and the mean rate. */
export function ratesBetween(
  rates: FundingRates,
  key: string,
  { since, hour }: { readonly since: number; readonly hour: number },
): { readonly hours: number; readonly newest: number; readonly mean: Rate } | undefined {
  const covered = (rates[key] ?? []).filter(([start]) => start > since && start <= hour);
  if (covered.length === 0) return undefined;
  const total = covered.reduce((sum, [, value]) => sum + value, 0n);
  return {
    hours: covered.length,
    newest: Math.max(...covered.map(([start]) => start)),
    mean: rate(divide(total, BigInt(covered.length), 'halfUp')),
  };
}

/** The rate an hour was settled at. */
export const settledRate = (rates: FundingRates, key: string, hour: number): Rate | undefined =>
  rates[`${key}:settled`]?.find(([start]) => start === hour)?.[1];
