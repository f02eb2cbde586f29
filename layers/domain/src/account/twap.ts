/**
 * TWAPs: a size worked in slices every thirty seconds, each an IOC order placed, routed and margined as any other.
 * A slice that is refused for the moment (halted, paused, blind, no liquidity) is missed; later ones catch up on it.
 */
import { checkSize, type MarketView, roundedPrice, slippageLimit } from '../market/index.ts';
import { notional, type Size, size, ZERO_SIZE, ZERO_USD } from '../money/index.ts';
import type { AccountCommand, OrderRequest } from './commands.ts';
import { type Draft, emit, takeOrderId } from './draft.ts';
import { checkStates, checkTrading, MINIMUM_ORDER_VALUE } from './order-checks.ts';
import { placePlanned, type Planned, planOrder } from './place-orders.ts';
import type { Rejection, TwapOutcome } from './results.ts';
import { oppositeOf } from './state.ts';
import { endTwap, finishIfOver, lotsInFlight, runningTwap } from './twap-end.ts';
import { nextSliceAt, sliceCountOf, type Twap, TWAP_SLICE_MS } from './twap-model.ts';

/** Hyperliquid's bounds. */
const MINUTES_MIN = 5;
const MINUTES_MAX = 1_440;
/** Of an account at once. */
export const RUNNING_TWAPS_MAX = 20;
/** How far from the mark a slice may execute, tenths of a basis point: 3 %. */
const SLIPPAGE_TENTHS_BPS = 3_000;
/** A slice is at most so many times the usual one. */
const CATCH_UP = 3n;

/** Begins a TWAP with its first slice. */
export function placeTwap(draft: Draft, command: Extract<AccountCommand, { type: 'PlaceTwap' }>): TwapOutcome {
  const { symbol, side, reduceOnly, minutes, isRandomized } = command;
  const rejection = checkTwap(draft, command);
  if (rejection !== undefined) return { status: 'refused', rejection };
  const twap: Twap = {
    twapId: takeOrderId(draft),
    symbol,
    side,
    size: command.size,
    reduceOnly,
    minutes,
    isRandomized,
    startedAt: draft.at,
    slicesDone: 0,
    executedSize: ZERO_SIZE,
    executedNotional: ZERO_USD,
  };
  const first = planSlice(draft, twap, 1);
  if (first?.ok === false && isFinal(first.rejection)) return { status: 'refused', rejection: first.rejection };
  emit(draft, { type: 'TwapPlaced', twap });
  runSlice(draft, twap);
  return { status: 'running', twapId: twap.twapId };
}

function checkTwap(
  draft: Draft,
  { symbol, side, size: wanted, reduceOnly, minutes }: Extract<AccountCommand, { type: 'PlaceTwap' }>,
): Rejection | undefined {
  const { markets, policy } = draft.context;
  if (policy.isTwapEnabled !== true) return { reason: 'TwapDisabled' };
  const view = markets[symbol];
  if (view === undefined || view.instrument.isDelisted) return { reason: 'UnknownSymbol', symbol };
  const trading = checkTrading(draft, view);
  if (trading !== undefined) return trading;
  const isWithin = Number.isSafeInteger(minutes) && minutes >= MINUTES_MIN && minutes <= MINUTES_MAX;
  if (!isWithin) return { reason: 'InvalidTwapDuration', minutes };
  const fault = checkSize(wanted);
  if (fault !== undefined) return { reason: fault === 'zeroSize' ? 'ZeroSize' : 'InvalidSize' };
  const closable = oppositeOf(draft.state, { symbol, side });
  if (reduceOnly && closable === 0n) return { reason: 'ReduceOnlyWouldIncrease' };
  const usual = size(wanted / BigInt(sliceCountOf({ minutes })));
  if (notional(view.markPrice, usual) < MINIMUM_ORDER_VALUE) return { reason: 'MinimumValue' };
  const running = draft.state.twaps?.running.length ?? 0;
  if (running >= RUNNING_TWAPS_MAX) return { reason: 'TooManyOpenOrders' };
  return checkStates(draft, symbol, { opens: !reduceOnly && wanted > closable, closes: closable > 0n });
}

/** Ends a running TWAP; a slice that is at the venue already keeps its own fate. */
export function cancelTwap(
  draft: Draft,
  { symbol, twapId }: Pick<Extract<AccountCommand, { type: 'CancelTwap' }>, 'symbol' | 'twapId'>,
): TwapOutcome {
  const twap = runningTwap(draft.state, twapId);
  if (twap === undefined || twap.symbol !== symbol) return { status: 'refused', rejection: { reason: 'TwapNotFound' } };
  endTwap(draft, twapId, { status: 'terminated' });
  return { status: 'canceled' };
}

/** Sends the slice that is due; asked too early, or twice, nothing happens. Switched off, what runs ends. */
export function runTwapSlice(draft: Draft, twapId: number): Rejection | undefined {
  const twap = runningTwap(draft.state, twapId);
  if (twap === undefined) return { reason: 'TwapNotFound' };
  if (draft.context.policy.isTwapEnabled !== true) {
    endTwap(draft, twapId, { status: 'error', rejection: { reason: 'TwapDisabled' } });
    return undefined;
  }
  const dueAt = nextSliceAt(twap);
  if (dueAt === undefined || dueAt > draft.at) return { reason: 'NothingToMatch' };
  runSlice(draft, twap);
  return undefined;
}

/** One slice, however many have come due since the last: after an outage nothing goes out in a burst. */
function runSlice(draft: Draft, twap: Twap): void {
  const { twapId } = twap;
  const due = Math.floor((draft.at - twap.startedAt) / TWAP_SLICE_MS) + 1;
  const slicesDone = Math.max(twap.slicesDone + 1, Math.min(sliceCountOf(twap), due));
  const planned = planSlice(draft, twap, slicesDone);
  const rejection = planned?.ok === false ? planned.rejection : undefined;
  emit(draft, { type: 'TwapSliced', twapId, slicesDone, ...(rejection === undefined ? {} : { rejection }) });
  if (planned?.ok === true) placePlanned(draft, planned.placement, { twapId });
  else if (rejection !== undefined && isFinal(rejection)) endTwap(draft, twapId, { status: 'error', rejection });
  else if (rejection !== undefined && twap.reduceOnly && oppositeOf(draft.state, twap) === 0n) {
    endTwap(draft, twapId, { status: 'terminated' });
  }
  finishIfOver(draft, twapId);
}

/** The slice of this number (from one); undefined where the TWAP is not behind its plan. */
function planSlice(draft: Draft, twap: Twap, slice: number): Planned | undefined {
  const wanted = sliceSize(draft, twap, slice);
  if (wanted === 0n) return undefined;
  const view = draft.context.markets[twap.symbol];
  // Not known yet, after a start: that is no reason to end.
  if (view === undefined) return { ok: false, rejection: { reason: 'MarketDataUnavailable' } };
  return planOrder(draft, requestOf(view, twap, wanted), { isFired: false });
}

/** What has been planned until now and is neither executed nor on its way, at most three usual slices. */
function sliceSize(draft: Draft, twap: Twap, slice: number): Size {
  const count = BigInt(sliceCountOf(twap));
  const taken = twap.executedSize + lotsInFlight(draft.state, twap.twapId);
  const missing = (twap.size * BigInt(slice)) / count - taken;
  const most = (twap.size / count) * CATCH_UP;
  const wanted = missing < most ? missing : most;
  if (wanted <= 0n) return ZERO_SIZE;
  if (!twap.isRandomized || BigInt(slice) >= count) return size(wanted);
  const varied = (wanted * perMille(twap.twapId, slice)) / 1_000n;
  const left = twap.size - taken;
  return size(varied < left ? varied : left);
}

/** 800 to 1,199, as good as random and the same at every replay: mixed from the TWAP's id and the slice's number. */
function perMille(twapId: number, slice: number): bigint {
  let mixed = Math.imul(twapId ^ Math.imul(slice, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return 800n + BigInt(((mixed ^ (mixed >>> 16)) >>> 0) % 400);
}

function requestOf(view: MarketView, { symbol, side, reduceOnly }: Twap, wanted: Size): OrderRequest {
  const worst = slippageLimit(view.markPrice, side, SLIPPAGE_TENTHS_BPS);
  const limitPrice = roundedPrice(view.instrument, worst, side === 'buy' ? 'down' : 'up');
  return { symbol, side, size: wanted, limitPrice, timeInForce: 'IOC', reduceOnly };
}

/** What another try would not change: the TWAP is over. */
const isFinal = ({ reason }: Rejection): boolean => FINAL.has(reason);
const FINAL: ReadonlySet<Rejection['reason']> = new Set(['InsufficientMargin', 'UnknownSymbol'] as const);
