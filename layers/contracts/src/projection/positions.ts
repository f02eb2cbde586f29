/** Fills, and the positions they and everything else change → `fills`, `positions`. */
import type { Position } from '@perps/domain/account';
import { absoluteNotional, averagePrice, divide, magnitude, type Price, usd, ZERO_USD } from '@perps/domain/money';
import { type Draft, type Fact, without, write } from './draft.ts';

/** The venue's executions have its hash; what we execute ourselves has no transaction. */
const NO_TRANSACTION = `0x${'0'.repeat(64)}`;
const HOUR_MS = 3_600_000;

export function fillBooked(draft: Draft, event: Fact<'OrderFilled'>): void {
  const { account } = draft;
  draft.account = { ...account, volume: usd(account.volume + absoluteNotional(event.price, event.size)) };
  write(draft, 'fills', {
    id: String(event.tradeId),
    order_id: String(event.orderId),
    price: String(event.price),
    size: String(event.size),
    fee: String(event.fee),
    source: event.route,
    hl_fill_price: event.route === 'HYPERLIQUID' ? String(event.price) : null,
    user_id: account.userId,
    position_id: event.positionId,
    symbol: event.symbol,
    side: event.side,
    liquidity: event.liquidity,
    start_size: String(event.startSize),
    closed_pnl: String(event.closedPnl),
    builder_fee: String(event.builderFee),
    cloid: account.cloids[String(event.orderId)] ?? null,
    venue_tid: event.venue === undefined ? null : String(event.venue.tid),
    ...(event.venue === undefined ? {} : { venue_bucket: venueBucketOf(event.venue.tid) }),
    hash: event.venue?.hash ?? NO_TRANSACTION,
    // The venue's time where it executed, which a user's list of fills is ordered by.
    filled_at: event.venue?.time ?? event.at,
    decided_at: event.at,
    ...(event.liquidationMark === undefined ? {} : { liquidation_mark: String(event.liquidationMark) }),
    ...(event.twapId === undefined ? {} : { twap_id: String(event.twapId) }),
  });
}

/** A step of a liquidation on the INTERNAL route is an execution, too; it counts no volume. */
export function liquidationFillBooked(draft: Draft, event: Fact<'LiquidationStepped'>): void {
  const { fill } = event;
  if (fill === undefined || event.route !== 'INTERNAL') return;
  write(draft, 'fills', {
    id: String(fill.tradeId),
    order_id: String(fill.orderId),
    price: String(event.closePrice),
    size: String(event.closedSize),
    fee: '0',
    source: event.route,
    hl_fill_price: null,
    user_id: draft.account.userId,
    position_id: event.positionId,
    symbol: event.symbol,
    side: event.size > 0n ? 'sell' : 'buy',
    liquidity: 'taker',
    start_size: String(event.size),
    closed_pnl: String(fill.closedPnl),
    builder_fee: '0',
    cloid: null,
    venue_tid: null,
    hash: NO_TRANSACTION,
    filled_at: fill.at,
    decided_at: fill.at,
    liquidation_mark: String(event.markPrice),
  });
}

/**
 * All executions at the venue are listed by time, whoever's they are: in so many lists, because one partition of an index
 * takes a thousand rows a second.
 */
export const VENUE_BUCKETS = 8;

const venueBucketOf = (tid: number): number => tid % VENUE_BUCKETS;

/** After a fill: the row it is in now, and the one it left (closed, or flipped into a new one). */
export function positionFilled(draft: Draft, { symbol, route, position, price }: Fact<'OrderFilled'>): void {
  const before = draft.account.positions[`${symbol}:${route}`];
  if (before !== undefined && before.id !== position?.positionId) {
    positionClosed(draft, { symbol, route, positionId: before.id, price, status: 'CLOSED' });
  }
  if (position !== undefined) positionSet(draft, position);
}

/** It is gone. What the venue liquidates is closed by its last fill already, and called liquidated by the step's end. */
export function positionClosed(
  draft: Draft,
  closed: {
    readonly symbol: string;
    readonly route: string;
    readonly positionId: string;
    readonly price: Price;
    readonly status: 'CLOSED' | 'LIQUIDATED';
  },
): void {
  const key = `${closed.symbol}:${closed.route}`;
  const { positions } = draft.account;
  if (positions[key]?.id === closed.positionId) {
    draft.account = { ...draft.account, positions: without(positions, key) };
  }
  write(draft, 'positions', {
    id: closed.positionId,
    size: '0',
    status: closed.status,
    isolated_margin: '0',
    close_price: String(closed.price),
    closed_at: draft.at,
    updated_at: draft.at,
  });
}

/** The open position as it is now; `fundedHour` where funding was posted to it. */
export function positionSet(draft: Draft, position: Position, fundedHour?: number): void {
  const { positionId: id, marginMode, entryNotional, leverage } = position;
  const crossMargin =
    marginMode === 'cross' ? usd(divide(entryNotional, BigInt(Math.max(leverage, 1)), 'up')) : ZERO_USD;
  const key = `${position.symbol}:${position.route}`;
  const { positions } = draft.account;
  const known = positions[key]?.id === id ? positions[key].fundedHour : undefined;
  const open = {
    id,
    crossMargin,
    fundedHour: fundedHour ?? known ?? position.openedAt - (position.openedAt % HOUR_MS),
  };
  draft.account = { ...draft.account, positions: { ...positions, [key]: open } };
  write(draft, 'positions', {
    id,
    user_id: draft.account.userId,
    symbol: position.symbol,
    direction: position.size > 0n ? 'long' : 'short',
    size: String(magnitude(position.size)),
    entry_price: String(averagePrice(entryNotional, position.size)),
    margin_mode: marginMode,
    position_source: position.route,
    status: 'OPEN',
    leverage,
    entry_notional: String(entryNotional),
    isolated_margin: String(position.isolatedMargin),
    funding_paid: String(position.fundingPaid),
    close_price: null,
    opened_at: position.openedAt,
    closed_at: null,
    updated_at: draft.at,
  });
}
