/** One order of a user, from its checks to its answer. */
import { errorTexts, type OrderStatusItem, type Tif, type WireOrderStatus } from '@perps/contracts/hyperliquid';
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
import type { Market } from './market.ts';
import { bboText, execute, followPosition, restingMargin, type Execution } from './matching.ts';
import { orderUpdateWire, type OrderRecord } from './orders.ts';
import { formatSz, isOnTick, priceDecimals } from './ticks.ts';
import { nextOid, type Venue } from './venue.ts';
import { divide, formatDecimal } from '@perps/domain/money';

/** An order whose texts are already numbers of its market. */
export interface OrderRequest {
  readonly account: Account;
  readonly market: Market;
  readonly side: Side;
  readonly price: bigint;
  readonly size: bigint;
  readonly tif: Tif;
  readonly isReduceOnly: boolean;
  readonly cloid: string | undefined;
  readonly builder: OrderRecord['builder'];
  readonly hash: string;
}

interface Refusal {
  readonly status: WireOrderStatus;
  readonly error: string;
}

const VALUE_MIN = 10_000_000n;

/** Places the order and says how it went; refusals that reach the book engine leave a record and an update. */
export function placeOrder(venue: Venue, request: OrderRequest): OrderStatusItem {
  const { market } = request;
  const refusal = firstRefusal(venue, request);
  if (refusal !== undefined) return refuse(venue, request, refusal);
  const closable = closableSize(request);
  const size = request.isReduceOnly ? minimum(request.size, closable) : request.size;
  const order = recordOf(venue, request, size);
  const isCrossing = market.book.wouldCross(request.side, request.price);
  if (!isCrossing && isImmediate(request.tif)) return refuse(venue, request, unmatched(request));
  venue.orders.add(order);
  const taker = { owner: request.account.address, side: request.side, limit: request.price, size };
  const execution: Execution = isCrossing
    ? execute(venue, market, { taker, order, hash: request.hash })
    : { filled: 0n, notional: 0n, left: size };
  finish(venue, request, { order, execution });
  followPosition(venue, request.account, market);
  return answerOf(request, order, execution);
}

const isImmediate = (tif: Tif): boolean => tif === 'Ioc' || tif === 'FrontendMarket';

function finish(venue: Venue, request: OrderRequest, outcome: { order: OrderRecord; execution: Execution }): void {
  const { order, execution } = outcome;
  const { market, side, price } = request;
  order.size = execution.left;
  if (execution.left === 0n) order.status = 'filled';
  else if (isImmediate(request.tif)) order.status = 'canceled';
  else {
    market.book.rest({ oid: order.oid, owner: order.user, side, price, size: execution.left });
    market.version += 1;
  }
  order.statusAt = venue.clock.now();
  venue.outbox.of(order.user).orderUpdates.push(orderUpdateWire(order));
  if (order.status !== 'open') venue.orders.trim(order.user);
}

function answerOf(request: OrderRequest, order: OrderRecord, execution: Execution): OrderStatusItem {
  const ids = { oid: order.oid, ...(order.cloid === undefined ? {} : { cloid: order.cloid }) };
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

function unmatched(request: OrderRequest): Refusal {
  const { asset, book } = request.market;
  const isEmpty = book.best(request.side === 'B' ? 'A' : 'B') === undefined;
  if (isEmpty && request.tif === 'FrontendMarket') {
    return { status: 'marketOrderNoLiquidityRejected', error: errorTexts.noLiquidity(asset.id) };
  }
  return { status: 'iocCancelRejected', error: errorTexts.iocUnmatched(asset.id) };
}

/** What the position allows an order of this side to close. */
function closableSize(request: OrderRequest): bigint {
  const position = positionSize(request.account, request.market.asset);
  return request.side === 'B' ? maximum(-position, 0n) : maximum(position, 0n);
}

/** The checks in the order in which they win. */
function firstRefusal(venue: Venue, request: OrderRequest): Refusal | undefined {
  const { market, price, side } = request;
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
  const margin = request.isReduceOnly ? undefined : marginRefusal(venue, request, closable);
  if (margin !== undefined) return margin;
  if (request.tif === 'Alo' && market.book.wouldCross(side, price)) {
    return { status: 'badAloPxRejected', error: errorTexts.postOnly(asset.id, bboText(market)) };
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

function refuse(venue: Venue, request: OrderRequest, refusal: Refusal): OrderStatusItem {
  const order = recordOf(venue, request, request.size);
  order.status = refusal.status;
  venue.orders.add(order);
  venue.outbox.of(order.user).orderUpdates.push(orderUpdateWire(order));
  venue.orders.trim(order.user);
  return { error: refusal.error };
}

function recordOf(venue: Venue, request: OrderRequest, size: bigint): OrderRecord {
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
  };
}
