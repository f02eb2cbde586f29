/** What happened on a replayed day, counted from the journal's own facts. */
import type { AccountEvent } from '@perps/domain/account';

/** Amounts in 10⁻⁶ USD. */
export interface Tally {
  warnings50: number;
  warnings80: number;
  liquidationsStarted: number;
  isolatedSteps: number;
  crossSteps: number;
  venueSteps: number;
  recovered: number;
  takeovers: number;
  liquidatedNotional: bigint;
  forfeited: bigint;
  badDebt: bigint;
}

export const emptyTally = (): Tally => ({
  warnings50: 0,
  warnings80: 0,
  liquidationsStarted: 0,
  isolatedSteps: 0,
  crossSteps: 0,
  venueSteps: 0,
  recovered: 0,
  takeovers: 0,
  liquidatedNotional: 0n,
  forfeited: 0n,
  badDebt: 0n,
});

/** Adds one event. */
export function tally(sum: Tally, event: AccountEvent): void {
  switch (event.type) {
    case 'RiskWarned':
      if (event.level === 50) sum.warnings50 += 1;
      else sum.warnings80 += 1;
      return;
    case 'LiquidationStarted':
      sum.liquidationsStarted += 1;
      return;
    case 'LiquidationStepped':
      if (event.scope === 'cross') sum.crossSteps += 1;
      else sum.isolatedSteps += 1;
      if (event.route === 'HYPERLIQUID') sum.venueSteps += 1;
      sum.liquidatedNotional += event.closePrice * event.closedSize;
      sum.forfeited += event.remainder;
      sum.badDebt += event.badDebt;
      return;
    case 'LiquidationEnded':
      if (event.outcome === 'recovered') sum.recovered += 1;
      if (event.outcome === 'takeover') sum.takeovers += 1;
      return;
    default:
  }
}
