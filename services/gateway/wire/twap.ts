/** TWAPs of an account, and the fills of their slices, in Hyperliquid's shapes. */
import type { AccountUpdate, FillRecord } from '@perps/contracts/engine';
import type { TwapHistoryRow, TwapSliceFill, TwapState } from '@perps/contracts/hyperliquid';
import type { AccountState, EndedTwap, Twap } from '@perps/domain/account';
import { formatSize, formatUsd, ZERO_SIZE, ZERO_USD } from '@perps/domain/money';
import { NO_TRANSACTION } from '@perps/domain/shard';
import { refusalText } from '../exchange/answers.ts';
import { toUserFill } from './fills.ts';
import { NOBODY } from './ledger.ts';
import { type InstrumentOf, WIRE_SIDE } from './orders.ts';

/** Where a symbol left the universe altogether, its TWAPs are not told. */
interface TwapView {
  readonly user: string;
  readonly instrumentOf: InstrumentOf;
}

const toTwapState = (twap: Twap, { user, instrumentOf }: TwapView): TwapState | undefined => {
  const instrument = instrumentOf(twap.symbol);
  if (instrument === undefined) return undefined;
  const { szDecimals } = instrument;
  return {
    coin: twap.symbol,
    executedNtl: formatUsd(twap.executedNotional),
    executedSz: formatSize(twap.executedSize, szDecimals),
    minutes: twap.minutes,
    randomize: twap.isRandomized,
    reduceOnly: twap.reduceOnly,
    side: WIRE_SIDE[twap.side],
    stopPx: null,
    sz: formatSize(twap.size, szDecimals),
    timestamp: twap.startedAt,
    trigger: null,
    user,
  };
};

/** The running ones, by id. */
export function twapStates(account: AccountState, view: TwapView): readonly (readonly [number, TwapState])[] {
  return (account.twaps?.running ?? []).flatMap((twap) => {
    const state = toTwapState(twap, view);
    return state === undefined ? [] : [[twap.twapId, state] as const];
  });
}

/** How each began and, where it has, ended; newest first. */
export function twapHistory(account: AccountState, view: TwapView): readonly TwapHistoryRow[] {
  const { running = [], ended = [] } = account.twaps ?? {};
  const rows = [
    ...running.map((twap) => startRow(twap, view)),
    ...ended.flatMap((row) => [startRow(row.twap, view), endRow(row, view)]),
  ].filter((row) => row !== undefined);
  return rows.reverse().sort((left, right) => right.time - left.time);
}

/** As it was when nothing had been executed. */
const startRow = (twap: Twap, view: TwapView): TwapHistoryRow | undefined =>
  rowOf({ ...twap, executedSize: ZERO_SIZE, executedNotional: ZERO_USD }, view, {
    at: twap.startedAt,
    status: { status: 'activated' },
  });

function endRow({ twap, endedAt, ending }: EndedTwap, view: TwapView): TwapHistoryRow | undefined {
  const instrument = view.instrumentOf(twap.symbol);
  const status: TwapHistoryRow['status'] =
    ending.status === 'error'
      ? {
          status: 'error',
          description: refusalText(ending.rejection, { signer: view.user, isUserSigned: false, instrument }),
        }
      : { status: ending.status };
  return rowOf(twap, view, { at: endedAt, status });
}

function rowOf(
  twap: Twap,
  view: TwapView,
  { at, status }: { readonly at: number; readonly status: TwapHistoryRow['status'] },
): TwapHistoryRow | undefined {
  const state = toTwapState(twap, view);
  return state === undefined ? undefined : { time: Math.floor(at / 1_000), state, status, twapId: twap.twapId };
}

export const isSliceFill = ({ twapId }: FillRecord): boolean => twapId !== undefined;

/** As recorded, the fill itself carries neither the TWAP's id nor a transaction. */
export function toSliceFills(fills: readonly FillRecord[], instrumentOf: InstrumentOf): TwapSliceFill[] {
  return fills.flatMap((record) => {
    const { twapId } = record;
    const fill = twapId === undefined ? undefined : toUserFill(record, instrumentOf, NOBODY);
    return fill === undefined || twapId === undefined ? [] : [{ fill: { ...fill, hash: NO_TRANSACTION }, twapId }];
  });
}

/** What one committed update adds to the history. */
export const twapHistoryOf = ({ events }: AccountUpdate, view: TwapView): readonly TwapHistoryRow[] =>
  events
    .map((event) => {
      if (event.type === 'TwapPlaced') return startRow(event.twap, view);
      return event.type === 'TwapEnded' ? endRow(event, view) : undefined;
    })
    .filter((row) => row !== undefined);
