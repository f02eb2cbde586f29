/** Dividing a large venue leg into equal children. */
import type { MarketView } from '../market/index.ts';
import { absoluteNotional, type Size, size, ZERO_SIZE } from '../money/index.ts';
import { type Draft, venueCloidFor } from './draft.ts';
import type { OrderLeg, TimeInForce, VenueSlicing } from './model.ts';

/** How a venue leg of an IOC order is sliced; undefined = sent whole. */
export function slicingOf(
  draft: Draft,
  view: MarketView,
  leg: { readonly size: Size; readonly timeInForce: TimeInForce },
): VenueSlicing | undefined {
  const { venueSlicing } = draft.context.policy;
  if (venueSlicing === undefined || leg.timeInForce !== 'IOC') return undefined;
  const { above, slices, intervalMs } = venueSlicing;
  if (slices < 2 || absoluteNotional(view.markPrice, leg.size) <= above) return undefined;
  const count = BigInt(slices);
  return { size: size((leg.size + count - 1n) / count), intervalMs };
}

/** The first child of a leg, and what waits behind it. What closes goes first. */
export function split(
  draft: Draft,
  orderId: number,
  { leg, sliceSize, attempt }: { readonly leg: OrderLeg; readonly sliceSize: Size; readonly attempt: number },
): readonly OrderLeg[] {
  const { venueCloid: _whole, openingSize = ZERO_SIZE, ...base } = leg;
  const first = leg.size < sliceSize ? leg.size : sliceSize;
  const left = size(leg.size - first);
  const openingLater = openingSize < left ? openingSize : left;
  const openingNow = size(openingSize - openingLater);
  const opening = (lots: Size): Pick<OrderLeg, 'openingSize'> => (lots === 0n ? {} : { openingSize: lots });
  const sent: OrderLeg = {
    ...base,
    size: first,
    ...opening(openingNow),
    venueCloid: venueCloidFor(draft, orderId, attempt),
  };
  return left === 0n ? [sent] : [sent, { ...base, size: left, ...opening(openingLater) }];
}
