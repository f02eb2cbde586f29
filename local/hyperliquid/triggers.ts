/** Stops and takers of profit: what is accepted, when they fire, and what they become. */
import { errorTexts } from '@perps/contracts/hyperliquid';
import { minimum } from './accounts.ts';
import { endOrder, tell } from './lifecycle.ts';
import type { Market } from './market.ts';
import { waitsForRise } from './order-wire.ts';
import type { OrderRecord } from './orders.ts';
import {
  closableSize,
  firstRefusal,
  idsOf,
  recordOf,
  refuse,
  refusedByItself,
  work,
  type OrderRequest,
  type Placement,
  type Refusal,
} from './placement.ts';
import { isOnTick, stepAt } from './ticks.ts';
import { accountOf, randomHash, type Venue } from './venue.ts';

export interface TriggerRequest extends OrderRequest {
  readonly trigger: NonNullable<OrderRequest['trigger']>;
}

export interface TriggerSetting {
  readonly waitsFor: 'fill' | 'trigger';
  /** The price the trigger must still be ahead of: the mark, or what a parent will open at. */
  readonly reference: bigint;
}

/**
 * Accepts a trigger order or refuses it. Margin is asked for when it fires, not before.
 * A plain one answers `resting`, one that waits for its parent or protects a position a bare word.
 */
export function placeTrigger(venue: Venue, request: TriggerRequest, setting: TriggerSetting): Placement {
  const refusal = triggerRefusal(request, setting);
  if (refusal !== undefined) return { item: refuse(venue, request, refusal), order: undefined };
  const order = recordOf(venue, request, request.size);
  order.waitsFor = setting.waitsFor;
  venue.orders.add(order);
  tell(venue, order);
  return { item: { resting: idsOf(order) }, order };
}

function triggerRefusal(request: TriggerRequest, setting: TriggerSetting): Refusal | undefined {
  const { market, side, trigger } = request;
  const { asset } = market;
  const isAhead = waitsForRise(side, trigger.kind)
    ? trigger.price > setting.reference
    : trigger.price < setting.reference;
  const areOnTick = isOnTick(asset, trigger.price) && isOnTick(asset, request.price);
  if (!areOnTick) return { status: 'tickRejected', error: errorTexts.tick(asset.id) };
  if (!isAhead) return { status: 'badTriggerPxRejected', error: errorTexts.badTriggerPrice(asset.id) };
  // A child's position comes with its parent, a share of a position needs no size of its own.
  if (setting.waitsFor === 'fill') return undefined;
  if (trigger.position !== undefined && closableSize(request) > 0n) return undefined;
  return refusedByItself(request);
}

const hasFired = (order: OrderRecord, mark: bigint): boolean => {
  const { trigger } = order;
  if (trigger === undefined) return false;
  return waitsForRise(order.side, trigger.kind) ? mark >= trigger.price : mark <= trigger.price;
};

/** Fires what the marks have reached, oldest first. */
export function fireTriggers(venue: Venue): void {
  for (const order of venue.orders.armed()) {
    const market = venue.markets[order.assetId];
    // Firing one may have ended or armed others: each is looked at as it is by now.
    if (market === undefined || order.status !== 'open' || order.waitsFor !== 'trigger') continue;
    if (hasFired(order, market.mark)) fire(venue, market, order);
  }
}

function fire(venue: Venue, market: Market, order: OrderRecord): void {
  const { trigger } = order;
  if (trigger === undefined) return;
  const request = firedRequest(venue, market, order);
  trigger.isTriggered = true;
  order.status = 'triggered';
  tell(venue, order);
  order.status = 'open';
  const refusal = firstRefusal(venue, request);
  if (refusal !== undefined) {
    endOrder(venue, order.oid, refusal.status);
    return;
  }
  order.size = order.isReduceOnly ? minimum(request.size, closableSize(request)) : request.size;
  order.waitsFor = undefined;
  work(venue, request, order);
}

function firedRequest(venue: Venue, market: Market, order: OrderRecord): OrderRequest {
  const account = accountOf(venue, order.user);
  const { side, trigger } = order;
  const isMarket = trigger?.isMarket === true;
  const isWholePosition = trigger?.position?.asked === 0n;
  return {
    account,
    market,
    side,
    price: isMarket ? slippagePrice(market, side) : order.price,
    size: isWholePosition ? closableSize({ account, market, side }) : order.size,
    tif: isMarket ? 'Ioc' : order.tif,
    isReduceOnly: order.isReduceOnly,
    cloid: order.cloid,
    builder: order.builder,
    hash: randomHash(venue),
  };
}

const SLIPPAGE_PERCENT = 10n;

/** The worst price of a market order: 10 % beyond the mark, on a tick. */
function slippagePrice(market: Market, side: OrderRecord['side']): bigint {
  const { asset, mark } = market;
  const raw = (mark * (side === 'B' ? 100n + SLIPPAGE_PERCENT : 100n - SLIPPAGE_PERCENT)) / 100n;
  const price = raw - (raw % stepAt(asset, raw));
  return price > 0n ? price : 1n;
}
