/** Takes trigger orders: they rest without margin until the mark reaches them. */
import { checkPrice, checkSize, crosses, type MarketView } from '../market/index.ts';
import { notional, type Price, size } from '../money/index.ts';
import type { OrderRequest } from './commands.ts';
import { type Draft, emit, takeOrderId } from './draft.ts';
import type { Grouping, Trigger, TriggerOrder } from './model.ts';
import { checkAccount, checkStates, checkTrading, isFarFrom, MINIMUM_ORDER_VALUE } from './order-checks.ts';
import type { OrderOutcome, Rejection } from './results.ts';
import { oppositeOf } from './state.ts';
import { firesAtOrBelow } from './triggers.ts';

export interface TriggerRequest extends OrderRequest {
  readonly trigger: Trigger;
}

/** What a trigger order belongs to. */
export interface TriggerSetting {
  readonly grouping: Grouping;
  readonly parentId?: number;
  readonly siblings: readonly number[];
  readonly isArmed: boolean;
  /** What the trigger must still be ahead of: the mark, or the price its entry will open at. */
  readonly reference?: Price;
}

export const PLAIN: TriggerSetting = { grouping: 'na', siblings: [], isArmed: true };

export const isTriggerRequest = <Request extends { readonly trigger?: Trigger | undefined }>(
  request: Request,
): request is Request & { readonly trigger: Trigger } => request.trigger !== undefined;

/** A trigger order by itself, or in the place of one that is modified. */
export function placeTrigger(draft: Draft, request: TriggerRequest, setting: TriggerSetting): OrderOutcome {
  const rejection = checkTrigger(draft, request, setting);
  if (rejection !== undefined) return { status: 'refused', rejection };
  return restTrigger(draft, { request, setting, orderId: takeOrderId(draft) });
}

/** Lets a checked trigger order rest; a plain one is told as resting, as on Hyperliquid. */
export function restTrigger(
  draft: Draft,
  placed: { readonly request: TriggerRequest; readonly setting: TriggerSetting; readonly orderId: number },
): OrderOutcome {
  const { request, setting, orderId } = placed;
  const cloid = request.cloid === undefined ? {} : { cloid: request.cloid };
  const trigger: TriggerOrder = {
    orderId,
    ...cloid,
    symbol: request.symbol,
    side: request.side,
    size: request.size,
    limitPrice: request.limitPrice,
    reduceOnly: request.reduceOnly || setting.grouping !== 'na',
    trigger: request.trigger,
    grouping: setting.grouping,
    ...(setting.parentId === undefined ? {} : { parentId: setting.parentId }),
    siblings: setting.siblings,
    isArmed: setting.isArmed,
    placedAt: draft.at,
  };
  emit(draft, { type: 'TriggerPlaced', trigger });
  if (!setting.isArmed) return { status: 'waitingForFill', orderId, ...cloid };
  return { status: setting.grouping === 'na' ? 'resting' : 'waitingForTrigger', orderId, ...cloid };
}

/** The ladder of guards of a trigger order; the conditions of the moment it fires are tested then. */
export function checkTrigger(draft: Draft, request: TriggerRequest, setting: TriggerSetting): Rejection | undefined {
  const view = draft.context.markets[request.symbol];
  if (view === undefined || view.instrument.isDelisted) return { reason: 'UnknownSymbol', symbol: request.symbol };
  return (
    checkTrading(draft, view) ??
    checkTriggerValues(view, request, setting) ??
    checkAccount(draft, request) ??
    checkAhead(request, setting.reference ?? view.markPrice) ??
    (setting.isArmed ? checkPosition(draft, request, setting) : undefined)
  );
}

/** The tick rule holds for both prices; the limit must stand near the trigger, at which it will be used. */
function checkTriggerValues(
  { instrument }: MarketView,
  request: TriggerRequest,
  { grouping }: TriggerSetting,
): Rejection | undefined {
  const { limitPrice, trigger } = request;
  const faults = [checkPrice(instrument, limitPrice), checkPrice(instrument, trigger.price)];
  if (faults[0] === 'invalidPrice') return { reason: 'InvalidPrice' };
  if (faults[1] === 'invalidPrice') return { reason: 'InvalidTriggerPrice' };
  const isWhole = grouping === 'positionTpsl' && request.size === 0n;
  const sizeFault = isWhole ? undefined : checkSize(request.size);
  if (sizeFault !== undefined) return { reason: sizeFault === 'zeroSize' ? 'ZeroSize' : 'InvalidSize' };
  if (faults.includes('tickSize')) return { reason: 'TickSize' };
  return isFarFrom(trigger.price, limitPrice) ? { reason: 'PriceTooFar' } : undefined;
}

function checkAhead(request: TriggerRequest, reference: Price): Rejection | undefined {
  const { price } = request.trigger;
  const isAhead = firesAtOrBelow(request) ? price < reference : price > reference;
  return isAhead ? undefined : { reason: 'InvalidTriggerPrice' };
}

/** Of one that waits for the mark; a child's position comes with its entry. */
function checkPosition(draft: Draft, request: TriggerRequest, { grouping }: TriggerSetting): Rejection | undefined {
  const held = oppositeOf(draft.state, request);
  const reduceOnly = request.reduceOnly || grouping !== 'na';
  if (reduceOnly && held === 0n) return { reason: 'ReduceOnlyWouldIncrease' };
  const closesWhole =
    held > 0n && (request.size === held || request.size === 0n || (reduceOnly && request.size > held));
  if (notional(request.limitPrice, request.size) < MINIMUM_ORDER_VALUE && !closesWhole)
    return { reason: 'MinimumValue' };
  if (reduceOnly || request.size <= held) return undefined;
  return checkStates(draft, request.symbol, { opens: true, closes: false });
}

/** The price an entry will open at: the mark where it takes from the book, else its limit. */
export const entryReference = (view: MarketView, { side, limitPrice }: OrderRequest): Price =>
  crosses(view, side, limitPrice) ? view.markPrice : limitPrice;

/** A child's size, at most what its entry has filled. */
export const childOf = (request: TriggerRequest, filled: bigint): TriggerRequest => ({
  ...request,
  size: request.size < filled ? request.size : size(filled),
});
