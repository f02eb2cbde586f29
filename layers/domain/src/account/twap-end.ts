/** How TWAPs end. */
import { type Size, size } from '../money/index.ts';
import { type Draft, emit } from './draft.ts';
import type { AccountState } from './model.ts';
import { remainingOf } from './state.ts';
import { sliceCountOf, type Twap, type TwapEnding } from './twap-model.ts';

export const runningTwap = (state: AccountState, twapId: number): Twap | undefined =>
  state.twaps?.running.find((twap) => twap.twapId === twapId);

/** Ends it as it is now; nothing where it has ended already. */
export function endTwap(draft: Draft, twapId: number, ending: TwapEnding): void {
  const twap = runningTwap(draft.state, twapId);
  if (twap !== undefined) emit(draft, { type: 'TwapEnded', twap, endedAt: draft.at, ending });
}

/** Terminates the account's TWAPs of these symbols. A slice that is at the venue already keeps its own fate. */
export function terminateTwaps(draft: Draft, isMeant: (of: { readonly symbol: string }) => boolean): void {
  for (const twap of draft.state.twaps?.running ?? []) {
    if (isMeant(twap)) endTwap(draft, twap.twapId, { status: 'terminated' });
  }
}

/** Lots of its slices that may still fill: at the venue, fate unknown. */
export function lotsInFlight(state: AccountState, twapId: number): Size {
  let lots = 0n;
  for (const order of state.orders) {
    if (order.twapId !== twapId) continue;
    for (const leg of order.legs) if (leg.status !== 'done') lots += remainingOf(leg);
  }
  return size(lots);
}

/** Finished once all is executed, or the last slice is over and nothing of it can fill any more. */
export function finishIfOver(draft: Draft, twapId: number | undefined): void {
  const twap = twapId === undefined ? undefined : runningTwap(draft.state, twapId);
  if (twap === undefined) return;
  const isOutOfTime = twap.slicesDone >= sliceCountOf(twap) && lotsInFlight(draft.state, twap.twapId) === 0n;
  if (twap.executedSize >= twap.size || isOutOfTime) endTwap(draft, twap.twapId, { status: 'finished' });
}
