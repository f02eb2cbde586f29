/** TWAPs: a size worked in slices every thirty seconds, each an IOC that may catch up on what earlier ones missed. */
import type { TwapHistoryRow, TwapState } from '@perps/contracts/hyperliquid';
import { minimum } from './accounts.ts';
import type { Side } from './book.ts';
import type { Market } from './market.ts';
import { closableSize, firstRefusal, recordOf, sizeToWork, work, type OrderRequest } from './placement.ts';
import { formatMoney, formatPx, formatSz, stepAt } from './ticks.ts';
import { accountOf, ZERO_HASH, type Venue } from './venue.ts';

export interface Twap {
  readonly twapId: number;
  readonly user: string;
  readonly assetId: number;
  readonly side: Side;
  readonly size: bigint;
  readonly minutes: number;
  readonly isRandom: boolean;
  readonly isReduceOnly: boolean;
  readonly startAt: number;
  /** Starts only when the mark has reached it. */
  readonly trigger: { readonly price: bigint; readonly isAbove: boolean } | undefined;
  readonly stopPrice: bigint | undefined;
  executedSize: bigint;
  /** 10⁻⁶ USD. */
  executedNotional: bigint;
  /** When the first slice was due; undefined while the trigger waits. */
  activeAt: number | undefined;
  slicesDone: number;
}

export const SLICE_MS = 30_000;
const SLIPPAGE_PERCENT = 3n;
/** A slice is at most so many times the usual one. */
const CATCH_UP = 3n;

const sliceCount = (twap: Twap): number => (twap.minutes * 60_000) / SLICE_MS;

/** Sends the slices that are due. */
export function workTwaps(venue: Venue, now: number): void {
  for (const twap of venue.twaps.values()) {
    const market = venue.markets[twap.assetId];
    if (market === undefined) continue;
    activate(venue, market, twap);
    while (isDue(venue, twap, now)) slice(venue, market, twap);
  }
}

function isDue(venue: Venue, twap: Twap, now: number): boolean {
  if (twap.activeAt === undefined || !venue.twaps.has(twap.twapId)) return false;
  return now >= twap.activeAt + twap.slicesDone * SLICE_MS;
}

function activate(venue: Venue, market: Market, twap: Twap): void {
  const { trigger } = twap;
  if (twap.activeAt !== undefined) return;
  const isReached =
    trigger === undefined || (trigger.isAbove ? market.mark >= trigger.price : market.mark <= trigger.price);
  if (!isReached) return;
  twap.activeAt = venue.clock.now();
  note(venue, twap, 'activated');
}

function slice(venue: Venue, market: Market, twap: Twap): void {
  if (isStopped(market, twap)) {
    endTwap(venue, twap, 'stopped');
    return;
  }
  const count = sliceCount(twap);
  twap.slicesDone += 1;
  const size = sliceSize(venue, twap, count);
  if (size > 0n) sendSlice(venue, market, { twap, size });
  const isDone = twap.executedSize >= twap.size || twap.slicesDone >= count;
  if (isDone) endTwap(venue, twap, 'finished');
}

/** The stop is a price that a buy must not pay more than, and a sell not get less than. */
const isStopped = (market: Market, twap: Twap): boolean =>
  twap.stopPrice !== undefined && (twap.side === 'B' ? market.mark > twap.stopPrice : market.mark < twap.stopPrice);

/** What has been planned until now and is not executed, at most three usual slices; random ones vary by a fifth. */
function sliceSize(venue: Venue, twap: Twap, count: number): bigint {
  const planned = (twap.size * BigInt(twap.slicesDone)) / BigInt(count);
  const usual = twap.size / BigInt(count);
  const wanted = minimum(planned - twap.executedSize, (usual > 0n ? usual : 1n) * CATCH_UP);
  const isLast = twap.slicesDone >= count;
  if (!twap.isRandom || isLast) return wanted;
  return (wanted * BigInt(800 + Math.floor(venue.random.next() * 400))) / 1_000n;
}

function sendSlice(venue: Venue, market: Market, part: { readonly twap: Twap; readonly size: bigint }): void {
  const { twap, size } = part;
  const account = accountOf(venue, twap.user);
  const { side } = twap;
  const raw = (market.mark * (side === 'B' ? 100n + SLIPPAGE_PERCENT : 100n - SLIPPAGE_PERCENT)) / 100n;
  const request: OrderRequest = {
    account,
    market,
    side,
    price: raw - (raw % stepAt(market.asset, raw)),
    size: minimum(size, twap.size - twap.executedSize),
    tif: 'Ioc',
    isReduceOnly: twap.isReduceOnly,
    cloid: undefined,
    builder: undefined,
    // As recorded: slices carry no transaction.
    hash: ZERO_HASH,
    twapId: twap.twapId,
  };
  if (twap.isReduceOnly && closableSize(request) === 0n) {
    endTwap(venue, twap, 'terminated');
    return;
  }
  const refusal = firstRefusal(venue, request);
  if (refusal !== undefined && refusal.status !== 'minTradeNtlRejected') return;
  const order = recordOf(venue, request, sizeToWork(request));
  venue.orders.add(order);
  const { filled, notional } = work(venue, request, order);
  twap.executedSize += filled;
  twap.executedNotional += notional;
  venue.outbox.of(twap.user);
}

type TwapEnd = 'finished' | 'terminated' | 'stopped';

/** Ends a TWAP; its history says how. */
export function endTwap(venue: Venue, twap: Twap, status: TwapEnd): void {
  if (!venue.twaps.delete(twap.twapId)) return;
  note(venue, twap, status);
}

/** Writes the history of a TWAP on. */
export function note(venue: Venue, twap: Twap, status: TwapEnd | 'activated' | 'waitingForTrigger'): void {
  const row: TwapHistoryRow = {
    time: Math.floor(venue.clock.now() / 1_000),
    state: stateOf(venue, twap),
    status: { status },
    twapId: twap.twapId,
  };
  accountOf(venue, twap.user).twapHistory.push(row);
  venue.outbox.of(twap.user).twapHistory.push(row);
}

/** Running and waiting TWAPs of a user. */
export const twapStates = (venue: Venue, user: string): readonly (readonly [number, TwapState])[] =>
  [...venue.twaps.values()]
    .filter((twap) => twap.user === user)
    .map((twap) => [twap.twapId, stateOf(venue, twap)] as const);

function stateOf(venue: Venue, twap: Twap): TwapState {
  const asset = venue.markets[twap.assetId]?.asset;
  if (asset === undefined) throw new RangeError(`no asset ${twap.assetId}`);
  return {
    coin: asset.name,
    executedNtl: formatMoney(twap.executedNotional),
    executedSz: formatSz(asset, twap.executedSize),
    minutes: twap.minutes,
    randomize: twap.isRandom,
    reduceOnly: twap.isReduceOnly,
    side: twap.side,
    stopPx: twap.stopPrice === undefined ? null : formatPx(asset, twap.stopPrice),
    sz: formatSz(asset, twap.size),
    timestamp: twap.startAt,
    trigger:
      twap.trigger === undefined ? null : { px: formatPx(asset, twap.trigger.price), above: twap.trigger.isAbove },
    user: twap.user,
  };
}
