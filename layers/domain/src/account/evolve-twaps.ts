/** What TWAPs leave in the state. */
import { unreachable } from '../kernel/index.ts';
import { notional, size, usd } from '../money/index.ts';
import type { AccountEvent } from './events.ts';
import type { AccountState } from './model.ts';
import type { Twap, Twaps } from './twap-model.ts';

/** Ended TWAPs that an account remembers. */
export const ENDED_TWAPS_MAX = 100;

const NONE: Twaps = { running: [], ended: [] };

type TwapEvent = Extract<AccountEvent, { type: 'TwapPlaced' | 'TwapSliced' | 'TwapEnded' }>;

export function twapsEvolved(state: AccountState, event: TwapEvent): AccountState {
  const { running, ended } = state.twaps ?? NONE;
  switch (event.type) {
    case 'TwapPlaced':
      return { ...state, twaps: { running: [...running, event.twap], ended } };
    case 'TwapSliced': {
      const { twapId, slicesDone } = event;
      const sliced = running.map((twap) => (twap.twapId === twapId ? { ...twap, slicesDone } : twap));
      return { ...state, twaps: { running: sliced, ended } };
    }
    case 'TwapEnded': {
      const { twap, endedAt, ending } = event;
      return {
        ...state,
        twaps: {
          running: running.filter(({ twapId }) => twapId !== twap.twapId),
          ended: [...ended, { twap, endedAt, ending }].slice(-ENDED_TWAPS_MAX),
        },
      };
    }
    default:
      return unreachable(event);
  }
}

/** Counts a fill of a slice to its TWAP, also where that has ended meanwhile. */
export function executedByTwap(
  state: AccountState,
  event: Extract<AccountEvent, { type: 'OrderFilled' }>,
): Pick<AccountState, 'twaps'> {
  const { twapId } = event;
  if (twapId === undefined || state.twaps === undefined) return {};
  const after = (twap: Twap): Twap =>
    twap.twapId === twapId
      ? {
          ...twap,
          executedSize: size(twap.executedSize + event.size),
          executedNotional: usd(twap.executedNotional + notional(event.price, event.size)),
        }
      : twap;
  return {
    twaps: {
      running: state.twaps.running.map(after),
      ended: state.twaps.ended.map((row) => (row.twap.twapId === twapId ? { ...row, twap: after(row.twap) } : row)),
    },
  };
}
