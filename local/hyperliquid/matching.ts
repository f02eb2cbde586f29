/** Executes takers against the books and books the fills of both sides. */
import type { UserFill } from '@perps/contracts/hyperliquid';
import { applyFill, feeOf, leverageOf, maximum, positionSize, absolute, ceilDivide, type Account } from './accounts.ts';
import type { Match, Side, Taker } from './book.ts';
import { opposite } from './book.ts';
import { MAKER_ADDRESS } from './liquidity.ts';
import { recordTrade, type Market } from './market.ts';
import { orderUpdateWire, type OrderRecord } from './orders.ts';
import { formatMoney, formatPx, formatSz } from './ticks.ts';
import { accountOf, nextTid, type Venue } from './venue.ts';

export interface Execution {
  readonly filled: bigint;
  /** Σ price × size, 10⁻⁶ USD. */
  readonly notional: bigint;
  readonly left: bigint;
}

/** Takes from the book for `taker`; `order` is its record where a user is behind it. */
export function execute(
  venue: Venue,
  market: Market,
  request: { readonly taker: Taker; readonly order: OrderRecord | undefined; readonly hash: string },
): Execution {
  const { taker, order, hash } = request;
  const result = market.book.take(taker);
  for (const resting of result.selfTrades) endRestingOrder(venue, resting.oid, 'selfTradeCanceled');
  let filled = 0n;
  let notional = 0n;
  for (const match of result.matches) {
    filled += match.size;
    notional += match.size * match.price;
    settle(venue, market, { match, taker, order, hash });
  }
  if (result.matches.length > 0 || result.selfTrades.length > 0) market.version += 1;
  return { filled, notional, left: result.left };
}

interface Settlement {
  readonly match: Match;
  readonly taker: Taker;
  readonly order: OrderRecord | undefined;
  readonly hash: string;
}

function settle(venue: Venue, market: Market, settlement: Settlement): void {
  const { match, taker, order, hash } = settlement;
  const { maker, price, size } = match;
  const { asset } = market;
  const time = venue.clock.now();
  const tid = nextTid(venue);
  const users: [string, string] = taker.side === 'B' ? [taker.owner, maker.owner] : [maker.owner, taker.owner];
  const trade = {
    coin: asset.name,
    side: taker.side,
    px: formatPx(asset, price),
    sz: formatSz(asset, size),
    time,
    hash,
    tid,
    users,
  };
  recordTrade(market, { price, size, wire: trade });
  venue.outbox.trade(trade);
  if (order !== undefined) bookFill(venue, market, { order, price, size, isTaker: true, hash, tid, time });
  if (maker.owner === MAKER_ADDRESS) {
    market.isThinned = true;
    return;
  }
  const makerOrder = venue.orders.get(maker.oid);
  if (makerOrder === undefined) return;
  bookFill(venue, market, { order: makerOrder, price, size, isTaker: false, hash, tid, time });
  afterMakerFill(venue, market, { order: makerOrder, price, size });
}

function afterMakerFill(venue: Venue, market: Market, fill: { order: OrderRecord; price: bigint; size: bigint }): void {
  const { order, price, size } = fill;
  const { asset } = market;
  const verb = order.side === 'B' ? 'Bought' : 'Sold';
  venue.outbox
    .of(order.user)
    .notifications.push(
      `Resting order filled: ${verb} ${formatSz(asset, size)} ${asset.name} at $${formatPx(asset, price)}`,
    );
  if (order.size === 0n) endRestingOrder(venue, order.oid, 'filled');
  followPosition(venue, accountOf(venue, order.user), market);
}

interface FillBooking {
  readonly order: OrderRecord;
  readonly price: bigint;
  readonly size: bigint;
  readonly isTaker: boolean;
  readonly hash: string;
  readonly tid: number;
  readonly time: number;
}

/** Builder fees are tenths of a basis point. */
const BUILDER_FEE_UNIT = 100_000;

function bookFill(venue: Venue, market: Market, booking: FillBooking): void {
  const { order, price, size } = booking;
  const { asset } = market;
  const account = accountOf(venue, order.user);
  const notional = price * size;
  const builderFee = order.builder === undefined ? 0n : feeOf(notional, order.builder.fee / BUILDER_FEE_UNIT);
  const fee = feeOf(notional, booking.isTaker ? venue.rules.takerFee : venue.rules.makerFee) + builderFee;
  const effect = applyFill(account, asset, { delta: order.side === 'B' ? size : -size, price, fee });
  order.size -= size;
  account.volume += notional;
  if (order.builder !== undefined) creditBuilder(venue, order.builder.address, builderFee);
  const fill: UserFill = {
    coin: asset.name,
    px: formatPx(asset, price),
    sz: formatSz(asset, size),
    side: order.side,
    time: booking.time,
    startPosition: formatSz(asset, effect.startPosition),
    dir: effect.dir,
    closedPnl: formatMoney(effect.closedPnl),
    hash: booking.hash,
    oid: order.oid,
    crossed: booking.isTaker,
    fee: formatMoney(fee),
    tid: booking.tid,
    ...(order.cloid === undefined ? {} : { cloid: order.cloid }),
    ...(builderFee > 0n ? { builderFee: formatMoney(builderFee) } : {}),
    feeToken: 'USDC',
    twapId: null,
  };
  account.fills.push(fill);
  if (account.fills.length > FILLS_KEPT) account.fills.splice(0, account.fills.length - FILLS_KEPT);
  venue.outbox.of(order.user).fills.push(fill);
}

/** Only the 10,000 newest fills of an account are reachable at the venue. */
const FILLS_KEPT = 10_000;

function creditBuilder(venue: Venue, address: string, fee: bigint): void {
  const builder = venue.accounts.get(address);
  if (builder !== undefined) builder.rawUsd += fee;
}

/** Ends an order that may rest: it leaves the book and its user is told. What it had left stays visible. */
export function endRestingOrder(venue: Venue, oid: number, status: OrderRecord['status']): void {
  const order = venue.orders.get(oid);
  if (order === undefined || order.status !== 'open') return;
  const market = venue.markets[order.assetId];
  if (market?.book.remove(oid) !== undefined) market.version += 1;
  order.status = status;
  order.statusAt = venue.clock.now();
  const changes = venue.outbox.of(order.user);
  changes.orderUpdates.push(orderUpdateWire(order));
  const isByVenue = status !== 'filled' && status !== 'canceled';
  if (isByVenue && market !== undefined) changes.venueCancels.push({ coin: market.asset.name, oid });
  venue.orders.trim(order.user);
}

/** Resting reduce-only orders follow the position: on the wrong side they end, together they never exceed it. */
export function followPosition(venue: Venue, account: Account, market: Market): void {
  const position = positionSize(account, market.asset);
  const closingSide: Side | undefined = position === 0n ? undefined : position > 0n ? 'A' : 'B';
  const orders = venue.orders
    .open(account.address)
    .filter((order) => order.isReduceOnly && order.assetId === market.asset.id && market.book.get(order.oid));
  const valid = orders.filter((order) => order.side === closingSide);
  for (const order of orders) if (order.side !== closingSide) endRestingOrder(venue, order.oid, 'reduceOnlyCanceled');
  let total = valid.reduce((sum, order) => sum + order.size, 0n);
  for (const [index, order] of valid.entries()) {
    if (total <= absolute(position)) return;
    if (index < valid.length - 1) {
      total -= order.size;
      endRestingOrder(venue, order.oid, 'reduceOnlyCanceled');
    } else {
      market.book.shrink(order.oid, absolute(position));
      order.size = absolute(position);
      market.version += 1;
    }
  }
}

/** Initial margin that resting orders reserve: per coin the dearer side of what would open. */
export function restingMargin(venue: Venue, account: Account): bigint {
  const byAsset = new Map<number, Record<Side, { size: bigint; notional: bigint }>>();
  for (const order of venue.orders.open(account.address)) {
    if (order.isReduceOnly) continue;
    const sides = byAsset.get(order.assetId) ?? { B: { size: 0n, notional: 0n }, A: { size: 0n, notional: 0n } };
    sides[order.side].size += order.size;
    sides[order.side].notional += order.size * order.price;
    byAsset.set(order.assetId, sides);
  }
  let margin = 0n;
  for (const [assetId, sides] of byAsset) {
    const market = venue.markets[assetId];
    if (market === undefined) continue;
    const position = positionSize(account, market.asset);
    const leverage = BigInt(leverageOf(account, market.asset).value);
    const opening = (side: Side): bigint => {
      const { size, notional } = sides[side];
      const closable = side === 'B' ? maximum(-position, 0n) : maximum(position, 0n);
      return size <= closable ? 0n : (notional * (size - closable)) / size;
    };
    margin += ceilDivide(maximum(opening('B'), opening('A')), leverage);
  }
  return margin;
}

/** The other side's best price, as the post-only refusal names both. */
export function bboText(market: Market): { bid: string; ask: string } {
  const text = (side: Side): string => {
    const best = market.book.best(side);
    return best === undefined ? '0.0' : formatPx(market.asset, best.price);
  };
  return { bid: text('B'), ask: text(opposite('B')) };
}
