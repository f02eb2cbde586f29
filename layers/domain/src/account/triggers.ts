/** Firing: the mark has reached a trigger, and it becomes an order of the same id, routed at this moment. */
import { roundedPrice, slippageLimit } from '../market/index.ts';
import { type Price, type Size, size } from '../money/index.ts';
import type { OrderRequest } from './commands.ts';
import { type Draft, emit, viewOf } from './draft.ts';
import type { EndStatus, TriggerOrder } from './model.ts';
import { checkTrading } from './order-checks.ts';
import { stopOrder } from './order-end.ts';
import { placePlanned, planOrder } from './place-orders.ts';
import type { Rejection } from './results.ts';
import { oppositeOf } from './state.ts';
import { holdOf } from './trading-state.ts';
import { endTrigger } from './trigger-ends.ts';
import { orderOf } from './order-list.ts';

/** Ten percent. */
const MARKET_SLIPPAGE_TENTHS_BPS = 10_000;

/** Sell stops and buy take-profits fire at mark ≤ price; buy stops and sell take-profits at mark ≥ price. */
export const firesAtOrBelow = ({ side, trigger }: Pick<TriggerOrder, 'side' | 'trigger'>): boolean =>
  (side === 'sell') === (trigger.kind === 'stop');

/**
 * Fires a trigger order where the mark really has reached it, once. Blind, halted, paused or without a book, it waits.
 * What is refused for any other reason ends with that cause; closes go out also while the venue takes no opens.
 */
export function fireTrigger(draft: Draft, orderId: number): Rejection | undefined {
  const trigger = draft.state.triggers[orderId];
  if (trigger === undefined || !trigger.isArmed) return { reason: 'OrderNotFound' };
  const view = viewOf(draft, trigger.symbol);
  const held = checkTrading(draft, view) ?? checkHold(draft, trigger);
  if (held !== undefined) return held;
  const { markPrice } = view;
  const { price } = trigger.trigger;
  if (firesAtOrBelow(trigger) ? markPrice > price : markPrice < price) return { reason: 'NothingToMatch' };
  const planned = planOrder(draft, requestOf(draft, trigger), { isFired: true });
  if (!planned.ok && mustWait(draft, trigger, planned.rejection)) return planned.rejection;
  emit(draft, { type: 'TriggerFired', orderId, markPrice });
  if (!planned.ok) {
    const { rejection } = planned;
    endTrigger(draft, trigger, { status: endStatusOf(rejection), cause: causeOf(rejection) });
    return undefined;
  }
  stopSiblings(draft, trigger);
  placePlanned(draft, planned.placement, { orderId, trigger: trigger.trigger });
  return undefined;
}

/**
 * Nothing is wrong with the order itself: it fires when this is over, where the mark still reaches it. All it would
 * close may also be on its way to the venue already: should that come back unfilled, the position is still protected.
 */
function mustWait(draft: Draft, trigger: TriggerOrder, { reason }: Rejection): boolean {
  return WAITS.has(reason) || (reason === 'ReduceOnlyWouldIncrease' && oppositeOf(draft.state, trigger) > 0n);
}

const WAITS: ReadonlySet<Rejection['reason']> = new Set([
  'MarketDataUnavailable',
  'NoLiquidity',
  'TradingHalted',
  'OperationPaused',
] as const);

function checkHold(draft: Draft, trigger: TriggerOrder): Rejection | undefined {
  const hold = holdOf(draft.context.policy, draft.state, trigger);
  if (hold === undefined) return undefined;
  return hold === 'HALTED' ? { reason: 'TradingHalted' } : { reason: 'OperationPaused', operation: hold };
}

function requestOf(draft: Draft, trigger: TriggerOrder): OrderRequest {
  return {
    symbol: trigger.symbol,
    side: trigger.side,
    size: sizeOf(draft, trigger),
    limitPrice: limitOf(draft, trigger),
    timeInForce: trigger.trigger.isMarket ? 'IOC' : 'GTC',
    reduceOnly: trigger.reduceOnly,
    ...(trigger.cloid === undefined ? {} : { cloid: trigger.cloid }),
  };
}

/** A market trigger takes what the book has up to a tenth beyond the mark, whatever limit was sent with it, as at Hyperliquid. */
function limitOf(draft: Draft, { trigger, symbol, side, limitPrice }: TriggerOrder): Price {
  if (!trigger.isMarket) return limitPrice;
  const { instrument, markPrice } = viewOf(draft, symbol);
  const limit = slippageLimit(markPrice, side, MARKET_SLIPPAGE_TENTHS_BPS);
  return roundedPrice(instrument, limit, side === 'buy' ? 'down' : 'up');
}

/** Zero is the whole position of this moment; with none left, one lot is asked for and refused as reduce-only. */
function sizeOf(draft: Draft, trigger: TriggerOrder): Size {
  if (trigger.size > 0n) return trigger.size;
  const whole = oppositeOf(draft.state, trigger);
  return whole > 0n ? whole : size(1n);
}

/** A sibling that fired before and still rests would close the same lots. */
function stopSiblings(draft: Draft, { siblings }: TriggerOrder): void {
  for (const siblingId of siblings) {
    const order = orderOf(draft.state.orders, siblingId);
    if (order !== undefined) stopOrder(draft, order, { cause: 'user', status: 'siblingFilledCanceled' });
  }
}

const END_STATUS: Partial<Readonly<Record<Rejection['reason'], EndStatus>>> = {
  InsufficientMargin: 'marginCanceled',
  ReduceOnlyWouldIncrease: 'reduceOnlyCanceled',
  NothingToMatch: 'iocCancelRejected',
};

const endStatusOf = ({ reason }: Rejection): EndStatus => END_STATUS[reason] ?? 'rejected';

const causeOf = (rejection: Rejection): string =>
  'cause' in rejection ? `${rejection.reason}: ${rejection.cause}` : rejection.reason;
