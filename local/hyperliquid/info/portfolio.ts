/** `portfolio`: what an account was worth and has gained, over four periods, with and without its spot wallet. */
import { portfolioPeriods, type Portfolio, type PortfolioPeriod } from '@perps/contracts/hyperliquid';
import type { Account, Sample } from '../accounts.ts';
import { sampleOf } from '../ledger.ts';
import { formatMoney } from '../ticks.ts';
import type { Venue } from '../venue.ts';

const DAY_MS = 86_400_000;
const PERIOD_MS: Readonly<Record<string, number>> = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };
const POINTS_MAX = 100;

/** One row per period, from the minute's samples and the present moment. */
export function portfolio(venue: Venue, account: Account): Portfolio {
  const samples = [...account.samples, sampleOf(venue, account)];
  return portfolioPeriods.map((period) => {
    const isPerp = period.startsWith('perp');
    const span = PERIOD_MS[isPerp ? period.slice(4).toLowerCase() : period];
    const start = span === undefined ? 0 : venue.clock.now() - span;
    return [period, periodOf({ samples, start, isPerp })] as const;
  });
}

function periodOf(view: {
  readonly samples: readonly Sample[];
  readonly start: number;
  readonly isPerp: boolean;
}): PortfolioPeriod {
  const inside = view.samples.filter(({ time }) => time >= view.start);
  const before = view.samples.findLast(({ time }) => time < view.start);
  const base = before ?? inside[0];
  const points = thinned(inside);
  const value = (sample: Sample): bigint => sample.perpValue + (view.isPerp ? 0n : sample.spotValue);
  return {
    accountValueHistory: points.map((sample) => [sample.time, formatMoney(value(sample))] as const),
    pnlHistory: points.map((sample) => [sample.time, formatMoney(sample.pnl - (base?.pnl ?? 0n))] as const),
    vlm: formatMoney((inside.at(-1)?.volume ?? 0n) - (before?.volume ?? 0n)),
  };
}

/** Evenly spaced, the first and the last among them. */
function thinned(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= POINTS_MAX) return samples;
  return Array.from({ length: POINTS_MAX }, (_, index) =>
    samples.at(Math.round((index * (samples.length - 1)) / (POINTS_MAX - 1))),
  ).flatMap((sample) => sample ?? []);
}
