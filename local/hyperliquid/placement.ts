/** One order of a user, from its checks to its answer. */
import { divide, formatDecimal } from '@perps/domain/money';
import {
  errorTexts,
  type FillLiquidation,
  type OrderStatusItem,
  type WireOrderStatus,
  type WireTif,
} from '@perps/contracts/hyperliquid';
import {
  absolute,
  ceilDivide,
  crossSummary,
  leverageOf,
  maximum,
  maxLeverageAt,
  minimum,
  positionSize,
  type Account,
} from './accounts.ts';
import type { Side } from './book.ts';
import { followGroup, followPosition, tell } from './lifecycle.ts';
import type { Market } from './market.ts';
import { bboText, execute, restingMargin, type Execution } from './matching.ts';
import type { OrderRecord, OrderTrigger } from './orders.ts';
import { formatSz, isOnTick, priceDecimals } from './ticks.ts';
import { nextOid, type Venue } from './venue.ts';

/** An order whose texts are already numbers of its market. */
export interface OrderRequest {
  readonly account: Account;
  readonly market: Market;
  readonly side: Side;
  readonly price: bigint;
  readonly size: bigint;
  readonly tif: WireTif;
  readonly isReduceOnly: boolean;
  readonly cloid: string | undefined;
  readonly builder: OrderRecord['builder'];
  readonly hash: string;
  readonly trigger?: OrderTrigger;
  readonly twapId?: number;
  readonly liquidation?: FillLiquidation;
}

export interface Refusal {
  readonly status: WireOrderStatus;
  readonly error: string;
}

/** What became of a request; without a record where the order was refused. */
export interface Placement {
  readonly item: OrderStatusItem;
  readonly order: OrderRecord | undefined;
}

const VALUE_MIN = 10_000_000n;

/** Places the order and says how it went; refusals that reach the book engine leave a record and an update. */
export function placeOrder(venue: Venue, request: OrderRequest): Placement {
  const refusal = firstRefusal(venue, request) ?? unmatchable(request);
  if (refusal !== undefined) return { item: refuse(venue, request, refusal), order: undefined };
  const order = recordOf(venue, request, sizeToWork(request));
  venue.orders.add(order);
  const execution = work(venue, request, order);
  return { item: answerOf(request, order, execution), order };
}

/** What of a request may be worked: reduce-only ones are cut to the position. */
export const sizeToWork = (request: OrderRequest): bigint =>
  request.isReduceOnly ? minimum(request.size, closableSize(request)) : request.size;

/** Brings an order that is already on record to the book: matches what crosses, rests or ends the remainder. */
export function work(venue: Venue, request: OrderRequest, order: OrderRecord): Execution {
  const { market, side, price, hash, liquidation } = request;
  const taker = { owner: order.user, side, limit: price, size: order.size };
  const execution: Execution = market.book.wouldCross(side, price)
    ? execute(venue, market, { taker, order, hash, ...(liquidation === undefined ? {} : { liquidation }) })
    : { filled: 0n, notional: 0n, left: order.size };
  order.size = execution.left;
  if (execution.left === 0n) order.status = 'filled';
  else if (isImmediate(request.tif)) order.status = execution.filled > 0n ? 'canceled' : 'iocCancelRejected';
  else {
    market.book.rest({ oid: order.oid, owner: order.user, side, price, size: execution.left });
    market.version += 1;
  }
  tell(venue, order);
  followGroup(venue, order);
  followPosition(venue, request.account, market);
  if (order.status !== 'open') venue.orders.trim(order.user);
  return execution;
}

const isImmediate = (tif: WireTif): boolean => tif === 'Ioc' || tif === 'FrontendMarket' || tif === 'LiquidationMarket';

function answerOf(request: OrderRequest, order: OrderRecord, execution: Execution): OrderStatusItem {
  const ids = idsOf(order);
  if (execution.filled === 0n) return order.status === 'open' ? { resting: ids } : { error: unmatched(request).error };
  const { asset } = request.market;
  const average = divide(execution.notional, execution.filled, 'halfUp');
  return {
    filled: {
      totalSz: formatSz(asset, execution.filled),
      avgPx: formatDecimal(average, priceDecimals(asset)),
      ...ids,
    },
  };
}

export const idsOf = (order: OrderRecord): { oid: number; cloid?: string } => ({
  oid: order.oid,
  ...(order.cloid === undefined ? {} : { cloid: order.cloid }),
});

const unmatchable = (request: OrderRequest): Refusal | undefined =>
  isImmediate(request.tif) && !request.market.book.wouldCross(request.side, request.price)
    ? unmatched(request)
    : undefined;

function unmatched(request: OrderRequest): Refusal {
  const { asset, book } = request.market;
  const isEmpty = book.best(request.side === 'B' ? 'A' : 'B') === undefined;
  if (isEmpty && request.tif === 'FrontendMarket') {
    return { status: 'marketOrderNoLiquidityRejected', error: errorTexts.noLiquidity(asset.id) };
  }
  return { status: 'iocCancelRejected', error: errorTexts.iocUnmatched(asset.id) };
}

/** What the position allows an order of this side to close. */
export function closableSize(request: Pick<OrderRequest, 'account' | 'market' | 'side'>): bigint {
  const position = positionSize(request.account, request.market.asset);
  return request.side === 'B' ? maximum(-position, 0n) : maximum(position, 0n);
}

/** The checks in the order in which they win. */
export function firstRefusal(venue: Venue, request: OrderRequest): Refusal | undefined {
  const { market, price, side } = request;
  const { asset } = market;
  const early = refusedByItself(request);
  if (early !== undefined) return early;
  const margin = request.isReduceOnly ? undefined : marginRefusal(venue, request, closableSize(request));
  if (margin !== undefined) return margin;
  if (request.tif === 'Alo' && market.book.wouldCross(side, price)) {
    return { status: 'badAloPxRejected', error: errorTexts.postOnly(asset.id, bboText(market)) };
  }
  return undefined;
}

/** The checks that need neither margin nor book. */
export function refusedByItself(request: OrderRequest): Refusal | undefined {
  const { market, price } = request;
  const { asset } = market;
  const closable = closableSize(request);
  if (!isOnTick(asset, price)) return { status: 'tickRejected', error: errorTexts.tick(asset.id) };
  if (request.isReduceOnly && closable === 0n) {
    return { status: 'reduceOnlyRejected', error: errorTexts.reduceOnly(asset.id) };
  }
  const closesAll = closable > 0n && (request.isReduceOnly ? request.size >= closable : request.size === closable);
  if (request.size * price < VALUE_MIN && !closesAll) {
    return { status: 'minTradeNtlRejected', error: errorTexts.minimumValue(asset.id) };
  }
  return undefined;
}

function marginRefusal(venue: Venue, request: OrderRequest, closable: bigint): Refusal | undefined {
  const { account, market, price, side } = request;
  const { asset } = market;
  const opening = request.size - minimum(request.size, closable);
  if (opening === 0n) return undefined;
  const leverage = leverageOf(account, asset);
  // A sell below the mark executes near the mark: the mark decides what it needs.
  const at = side === 'A' ? maximum(price, market.mark) : price;
  const held = closable > 0n ? 0n : absolute(positionSize(account, asset));
  if (leverage.value > maxLeverageAt(asset, (held + opening) * at)) {
    return { status: 'perpMarginRejected', error: errorTexts.marginTierLimit(asset.id) };
  }
  const cross = crossSummary(account, venue.markets);
  const available = cross.accountValue - cross.initialMargin - restingMargin(venue, account);
  if (ceilDivide(opening * at, BigInt(leverage.value)) > available) {
    return { status: 'perpMarginRejected', error: errorTexts.insufficientMargin(asset.id) };
  }
  return undefined;
}

/** Puts a refused order on record and gives its answer. */
export function refuse(venue: Venue, request: OrderRequest, refusal: Refusal): OrderStatusItem {
  const order = recordOf(venue, request, request.size);
  order.status = refusal.status;
  venue.orders.add(order);
  tell(venue, order);
  venue.orders.trim(order.user);
  return { error: refusal.error };
}

/** A record of the request, open, not yet known to anyone. */
export function recordOf(venue: Venue, request: OrderRequest, size: bigint): OrderRecord {
  const now = venue.clock.now();
  return {
    oid: nextOid(venue),
    user: request.account.address,
    assetId: request.market.asset.id,
    side: request.side,
    price: request.price,
    originalSize: request.size,
    size,
    tif: request.tif,
    isReduceOnly: request.isReduceOnly,
    cloid: request.cloid,
    builder: request.builder,
    placedAt: now,
    status: 'open',
    statusAt: now,
    ...(request.trigger === undefined ? {} : { trigger: request.trigger }),
    ...(request.twapId === undefined ? {} : { twapId: request.twapId }),
  };
}
