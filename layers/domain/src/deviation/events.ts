/** What a shard does about deviations: facts of the whole shard. A stored `type` is never renamed. */
import type { Transfer } from '../ledger/index.ts';
import { toPlatform, transfer } from '../ledger/index.ts';
import { negateUsd, type Usd } from '../money/index.ts';

export type DeviationEvent =
  /** The reserve has paid a deviation to the venue's account, or received it. */
  | {
      readonly type: 'DeviationCovered';
      readonly id: string;
      readonly symbol: string;
      readonly amount: Usd;
      readonly transfers: readonly Transfer[];
    }
  /** Opens of a symbol at the venue are stopped for this cause, or go on as far as it is concerned. */
  | ({ readonly type: 'VenueOpensSet' } & VenueStop);

/** One cause's word on a symbol; a symbol is stopped while any of its causes says so. */
export interface VenueStop {
  readonly symbol: string;
  readonly cause: string;
  readonly isStopped: boolean;
  /** When it was decided, ms: the newest word of a cause holds, in whatever order they arrive. */
  readonly decidedAt: number;
}

/**
 * The reserve pays the amount (10⁻⁶ USD; negative = receives it) to the venue's account, whose books say so much more
 * than the venue has.
 */
export const coverTransfer = (id: string, amount: Usd): Transfer =>
  transfer('deviation-cover', id, [
    toPlatform('risk-reserve', negateUsd(amount)),
    toPlatform('venue:hl-trading', amount),
  ]);
