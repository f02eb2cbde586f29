/** Fills of an account as `/info` tells them: the newest from its engine, older ones from the table. */
import type { FillRecord } from '@perps/contracts/engine';
import type { InfoRequestOf, TwapSliceFill, UserFill } from '@perps/contracts/hyperliquid';
import { size, usd } from '@perps/domain/money';
import { HISTORY_MAX } from '@perps/domain/shard';
import { toUserFill } from '../wire/fills.ts';
import { isSliceFill, toSliceFills } from '../wire/twap.ts';
import type { InfoDeps } from './index.ts';

/** Rows of one answer, as at the venue. */
const ROWS_MAX = 2_000;

type FillDeps = Pick<InfoDeps, 'engines' | 'history' | 'markets'>;

/** Newest first; fills of TWAP slices are listed apart from all others, as at the venue. */
export async function newestFills(
  { user, aggregateByTime }: Pick<InfoRequestOf<'userFills'>, 'user' | 'aggregateByTime'>,
  accountId: string,
  { engines, markets }: FillDeps,
): Promise<readonly UserFill[]> {
  const fills = (await engines.query('fills', { accountId })).filter(isOrdinary).slice(0, ROWS_MAX);
  return toWire(aggregateByTime === true ? aggregated(fills) : fills, markets, user);
}

/** Oldest first unless reversed, bounds inclusive; the first page of them, to be continued from its last `time`. */
export async function fillsByTime(
  { user, startTime, endTime, reversed, aggregateByTime }: InfoRequestOf<'userFillsByTime'>,
  accountId: string,
  deps: FillDeps,
): Promise<readonly UserFill[]> {
  const range = { from: startTime, to: endTime ?? Number.MAX_SAFE_INTEGER, isNewestFirst: reversed ?? false };
  const fills = (await fillsWithin(accountId, range, deps)).filter(isOrdinary).slice(0, ROWS_MAX);
  return toWire(aggregateByTime === true ? aggregated(fills) : fills, deps.markets, user);
}

/** Newest first. */
export async function newestSliceFills(
  accountId: string,
  { engines, markets }: FillDeps,
): Promise<readonly TwapSliceFill[]> {
  const fills = await engines.query('fills', { accountId });
  return toSliceFills(fills, markets.instrument).slice(0, ROWS_MAX);
}

/** Oldest first, bounds inclusive. */
export async function sliceFillsByTime(
  { startTime, endTime, aggregateByTime }: InfoRequestOf<'userTwapSliceFillsByTime'>,
  accountId: string,
  deps: FillDeps,
): Promise<readonly TwapSliceFill[]> {
  const range = { from: startTime, to: endTime ?? Number.MAX_SAFE_INTEGER, isNewestFirst: false };
  const fills = (await fillsWithin(accountId, range, deps)).filter(isSliceFill).slice(0, ROWS_MAX);
  return toSliceFills(aggregateByTime === true ? aggregated(fills) : fills, deps.markets.instrument);
}

export const isOrdinary = (fill: FillRecord): boolean => !isSliceFill(fill);

interface Range {
  readonly from: number;
  readonly to: number;
  readonly isNewestFirst: boolean;
}

async function fillsWithin(accountId: string, range: Range, deps: FillDeps): Promise<readonly FillRecord[]> {
  const newest = await deps.engines.query('fills', { accountId });
  const kept = newest.filter(({ time }) => time >= range.from && time <= range.to);
  const older = await olderFills(accountId, { ...range, newest, kept: kept.length }, deps);
  const known = new Set(kept.map(({ tradeId }) => tradeId));
  const all = [...older.filter(({ tradeId }) => !known.has(tradeId)), ...kept];
  const sign = range.isNewestFirst ? -1 : 1;
  return all.toSorted((left, right) => sign * (left.time - right.time || left.tradeId - right.tradeId));
}

/** What the engine has forgotten of the range; nothing where it still has all of it, or enough. */
async function olderFills(
  accountId: string,
  { newest, kept, ...range }: Range & { readonly newest: readonly FillRecord[]; readonly kept: number },
  { history }: FillDeps,
): Promise<readonly FillRecord[]> {
  if (newest.length < HISTORY_MAX) return [];
  const oldestKept = newest.reduce((oldest, { time }) => Math.min(oldest, time), Number.MAX_SAFE_INTEGER);
  const hasEnough = range.isNewestFirst && kept >= ROWS_MAX;
  if (range.from > oldestKept || hasEnough) return [];
  return history.fillsOf(accountId, { ...range, to: Math.min(range.to, oldestKept), limit: ROWS_MAX });
}

const toWire = (fills: readonly FillRecord[], { instrument }: FillDeps['markets'], user: string): UserFill[] =>
  fills.map((fill) => toUserFill(fill, instrument, user)).filter((row) => row !== undefined);

/** Fills of one order at one moment, in one transaction and at one price, count as one: sums, the first one's rest. */
export function aggregated(fills: readonly FillRecord[]): readonly FillRecord[] {
  const merged = new Map<string, FillRecord>();
  for (const fill of fills) {
    const key = [fill.orderId, fill.time, fill.hash, fill.price].join(':');
    const first = merged.get(key);
    merged.set(key, first === undefined ? fill : together(first, fill));
  }
  return [...merged.values()];
}

/** Trades have rising ids: the lowest one began where the position stood before all of them. */
function together(left: FillRecord, right: FillRecord): FillRecord {
  const first = left.tradeId < right.tradeId ? left : right;
  return {
    ...first,
    size: size(left.size + right.size),
    closedPnl: usd(left.closedPnl + right.closedPnl),
    fee: usd(left.fee + right.fee),
    builderFee: usd(left.builderFee + right.builderFee),
  };
}
