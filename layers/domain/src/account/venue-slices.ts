/** What follows from the legs of a sliced order alone. */
import type { EndStatus, Order, OrderLeg } from './model.ts';
import type { Ending } from './trigger-ends.ts';

/** A part of a sliced order that has not been sent to the venue. */
export const isUnsent = (leg: OrderLeg): boolean =>
  leg.route === 'HYPERLIQUID' && leg.venueCloid === undefined && leg.status !== 'done';

/** The earliest time (ms) of its next child; undefined while one is undecided, or where none is left. */
export function nextVenueSliceAt({ slicing, legs, placedAt }: Order): number | undefined {
  if (slicing === undefined || !legs.some(isUnsent)) return undefined;
  const sent = legs.filter(({ venueCloid }) => venueCloid !== undefined);
  return sent.every(({ status }) => status === 'done') ? placedAt + sent.length * slicing.intervalMs : undefined;
}

/** Where a part was executed, what became of one child is not what became of the order: its rest was cancelled. */
export function endingOfSliced({ slicing, filledSize }: Order, ending: Ending): Ending {
  if (slicing === undefined || filledSize === 0n || !OF_ONE_CHILD.has(ending.status)) return ending;
  return { ...ending, status: 'canceled' };
}

const OF_ONE_CHILD: ReadonlySet<EndStatus> = new Set([
  'filled',
  'rejected',
  'iocCancelRejected',
  'neverArrived',
] as const);

/** The legs once a child is over: where it has not filled whole, the rest is not sent any more. */
export function afterSlice(legs: readonly OrderLeg[], over: OrderLeg): readonly OrderLeg[] {
  if (over.filledSize >= over.size) return legs;
  return legs.map((leg): OrderLeg => (isUnsent(leg) ? { ...leg, status: 'done' } : leg));
}
