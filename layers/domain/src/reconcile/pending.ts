/** What a look at the venue says about an order whose fate is not known (spec 07). Pure; the host does the looking. */
import type { VenueFate } from '../account/index.ts';
import type { Size } from '../money/index.ts';

/** Past `expiresAfter` the venue refuses the order; an accepted one becomes visible within about a second. ms of venue time. */
export const VISIBILITY_LAG_MS = 2_000;
/** So many consistent "unknown order, no fills" answers past expiry and lag make it certain that it never arrived. */
export const ABSENCES_NEEDED = 2;

/** One look by cloid: order status first, then fills. */
export type VenueObservation =
  | {
      readonly kind: 'found';
      readonly venueOrderId: number;
      readonly status: 'open' | 'filled' | 'canceled' | 'rejected';
      readonly executedSize: Size;
      readonly cause?: string;
    }
  /** The venue knows neither an order nor a fill with this cloid, at its own time. */
  | { readonly kind: 'absent'; readonly venueTime: number }
  /** No certain answer: time-out, 5xx, contradiction. */
  | { readonly kind: 'unknown' };

export interface Undecided {
  readonly expiresAfter: number;
  /** Consistent absences seen so far, past expiry and lag. */
  readonly absences: number;
}

export type ReconcileStep =
  { readonly step: 'resolve'; readonly fate: VenueFate } | { readonly step: 'lookAgain'; readonly absences: number };

/**
 * Unknown is not failed: only an order that was seen, or one that is provably too late to arrive, is resolved.
 * Absence before `expiresAfter + VISIBILITY_LAG_MS` (venue time) says nothing.
 */
export function reconcilePending(pending: Undecided, observation: VenueObservation): ReconcileStep {
  switch (observation.kind) {
    case 'found':
      return { step: 'resolve', fate: fateOf(observation) };
    case 'unknown':
      return { step: 'lookAgain', absences: pending.absences };
    case 'absent': {
      const isTooLateToArrive = observation.venueTime >= pending.expiresAfter + VISIBILITY_LAG_MS;
      const absences = isTooLateToArrive ? pending.absences + 1 : 0;
      if (absences < ABSENCES_NEEDED) return { step: 'lookAgain', absences };
      return { step: 'resolve', fate: { kind: 'neverArrived' } };
    }
  }
}

function fateOf(found: Extract<VenueObservation, { kind: 'found' }>): VenueFate {
  const { venueOrderId, status, executedSize, cause } = found;
  if (status === 'open') return { kind: 'open', venueOrderId };
  return { kind: 'ended', venueOrderId, status, executedSize, ...(cause === undefined ? {} : { cause }) };
}
