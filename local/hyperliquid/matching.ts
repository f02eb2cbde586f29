/** Executes takers against the books and books the fills of both sides. */
import type { FillLiquidation, UserFill } from '@perps/contracts/hyperliquid';
import { applyFill, ceilDivide, feeOf, leverageOf, maximum, positionSize, type Account } from './accounts.ts';
import type { Match, Side, Taker } from './book.ts';
import { opposite } from './book.ts';
import { endOrder, followPosition } from './lifecycle.ts';
import { MAKER_ADDRESS } from './liquidity.ts';
import { recordTrade, type Market } from './market.ts';
import type { OrderRecord } from './orders.ts';
import { formatMoney, formatPx, formatSz } from './ticks.ts';
import { accountOf, nextTid, type Venue } from './venue.ts';

export interface Execution {
  readonly filled: bigint;
  /** Σ price × size, 10⁻⁶ USD. */
  readonly notional: bigint;
  readonly left: bigint;
}

export interface Taking {
  readonly taker: Taker;
  /** The record of the taker's order where a user is behind it. */
  readonly order: OrderRecord | undefined;
  readonly hash: string;
  /** Where the taker is being liquidated: fills of both sides carry it. */
  readonly liquidation?: FillLiquidation;
}

/** Takes from the book and books the fills of both sides. */
export function execute(venue: Venue, market: Market, taking: Taking): Execution {
  const { taker } = taking;
  const result = market.book.take(taker);
  for (const resting of result.selfTrades) endOrder(venue, resting.oid, 'selfTradeCanceled');
  let filled = 0n;
  let notional = 0n;
  for (const match of result.matches) {
    filled += match.size;
    notional += match.size * match.price;
    settle(venue, market, { ...taking, match });
  }
  if (result.matches.length > 0 || result.selfTrades.length > 0) market.version += 1;
  return { filled, notional, left: result.left };
}

interface Settlement extends Taking {
  readonly match: Match;
}

function settle(venue: Venue, market: Market, settlement: Settlement): void {
  const { match, taker, order, hash, liquidation } = settlement;
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
  const common = { price, size, hash, tid, time, ...(liquidation === undefined ? {} : { liquidation }) };
  if (order !== undefined) bookFill(venue, market, { ...common, order, isTaker: true });
  if (maker.owner === MAKER_ADDRESS) {
    market.isThinned = true;
    return;
  }
  const makerOrder = venue.orders.get(maker.oid);
  if (makerOrder === undefined) return;
  bookFill(venue, market, { ...common, order: makerOrder, isTaker: false });
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
  if (order.size === 0n) endOrder(venue, order.oid, 'filled');
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
  readonly liquidation?: FillLiquidation;
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
    ...(booking.liquidation === undefined ? {} : { liquidation: booking.liquidation }),
    feeToken: 'USDC',
    twapId: null,
  };
  keepFill(venue, account, { fill, twapId: order.twapId });
}

/** Fills of TWAP slices are listed apart from all others. */
export function keepFill(venue: Venue, account: Account, row: { fill: UserFill; twapId?: number | undefined }): void {
  const { fill, twapId } = row;
  const changes = venue.outbox.of(account.address);
  if (twapId === undefined) {
    keep(account.fills, fill);
    changes.fills.push(fill);
  } else {
    keep(account.twapFills, { fill, twapId });
    changes.twapFills.push({ fill, twapId });
  }
}

function keep<T>(rows: T[], row: T): void {
  rows.push(row);
  if (rows.length > FILLS_KEPT) rows.splice(0, rows.length - FILLS_KEPT);
}

/** Only the 10,000 newest fills of an account are reachable at the venue. */
const FILLS_KEPT = 10_000;

function creditBuilder(venue: Venue, address: string, fee: bigint): void {
  const builder = venue.accounts.get(address);
  if (builder !== undefined) builder.rawUsd += fee;
}

/** Initial margin that resting orders reserve: per coin the dearer side of what would open. */
export function restingMargin(venue: Venue, account: Account): bigint {
  const byAsset = new Map<number, Record<Side, { size: bigint; notional: bigint }>>();
  for (const order of venue.orders.open(account.address)) {
    if (order.isReduceOnly || order.waitsFor !== undefined) continue;
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
