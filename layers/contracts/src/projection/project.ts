/** Facts of an account → rows of the read tables. Pure: the same entries give the same rows, always. */
import type { AccountEvent, OrderLeg, Position } from '@perps/domain/account';
import { unreachable } from '@perps/domain/kernel';
import type { Transfer } from '@perps/domain/ledger';
import { averagePrice, divide, magnitude, usd, ZERO_USD, type Usd } from '@perps/domain/money';
import type { AccountProjection, RowWrite } from './model.ts';

/** The outcome of one command on one account, as journaled. */
export interface AccountFacts {
  readonly at: number;
  readonly events: readonly AccountEvent[];
}

/** The account after its facts, and the rows they write, in order; the last one is the account's `wallets` row. */
export interface Projected {
  readonly account: AccountProjection;
  readonly writes: readonly RowWrite[];
}

type Fact<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

/** The fold in progress: local to one call of `project`. */
interface Draft {
  account: AccountProjection;
  readonly at: number;
  readonly writes: RowWrite[];
}

/** Folds one entry. Throws `InvariantViolation` on an event it does not know: a consumer stops, it never skips. */
export function project(account: AccountProjection, { at, events }: AccountFacts): Projected {
  const draft: Draft = { account, at, writes: [] };
  for (const event of events) apply(draft, event);
  draft.writes.push(walletRow(draft));
  return { account: draft.account, writes: draft.writes };
}

function apply(draft: Draft, event: AccountEvent): void {
  switch (event.type) {
    case 'DepositCredited':
      return move(draft, event.transfers);
    case 'OrderPlaced':
      return placed(draft, event);
    case 'OrderFilled':
      return filled(draft, event);
    case 'OrderChanged':
      return orderProgressed(draft, event);
    case 'OrderEnded':
      return ended(draft, event);
    case 'LeverageUpdated':
      move(draft, event.transfers);
      for (const position of event.positions) openPosition(draft, position);
      return undefined;
    case 'ActionSigned':
    case 'AccountOpened':
    case 'CommandRefused':
    case 'VenueOrderRequested':
    case 'VenueCancelRequested':
    case 'VenueOrderResolved':
    case 'AgentApproved':
    case 'AgentRevoked':
    case 'BuilderFeeApproved':
    case 'ReferrerSet':
    case 'TriggerPlaced':
    case 'TriggerChanged':
    case 'TriggerFired':
    case 'TriggerEnded':
    case 'CancelAllScheduled':
    case 'CancelAllFired':
    case 'TradingStateSet':
    case 'IsolatedMarginAdjusted':
    case 'FundingPosted':
    case 'RiskWarned':
    case 'RiskCleared':
    case 'LiquidationStarted':
    case 'LiquidationStepped':
    case 'LiquidationWaiting':
    case 'LiquidationEnded':
      return undefined;
    default:
      return unreachable(event);
  }
}

/** One `balance_logs` row per posting to a pot of the user's. */
function move(draft: Draft, transfers: readonly Transfer[]): void {
  for (const { type, ref, postings } of transfers) {
    for (const posting of postings) {
      if (!('pot' in posting)) continue;
      const { userId, pots, logCount } = draft.account;
      const before = pots[posting.pot] ?? ZERO_USD;
      const after = usd(before + posting.amount);
      draft.account = { ...draft.account, pots: put(pots, posting.pot, after), logCount: logCount + 1 };
      write(draft, 'balance_logs', {
        user_id: userId,
        seq: logCount + 1,
        type,
        amount: String(posting.amount),
        before: String(before),
        after: String(after),
        ref_id: ref,
        pot: posting.pot,
        created_at: draft.at,
      });
    }
  }
}

function placed(draft: Draft, { order, routingLatencyMs }: Fact<'OrderPlaced'>): void {
  setOrderMargin(draft, order.orderId, order.orderMargin);
  write(draft, 'orders', {
    id: String(order.orderId),
    user_id: draft.account.userId,
    symbol: order.symbol,
    side: order.side,
    size: String(order.size),
    price: String(order.limitPrice),
    route: routeOf(order.legs),
    status: liveStatus(order.legs),
    routing_latency_ms: routingLatencyMs,
    filled_size: String(filledOf(order.legs)),
    order_margin: String(order.orderMargin),
    cloid: order.cloid ?? null,
    time_in_force: order.timeInForce,
    reduce_only: order.reduceOnly,
    cause: null,
    placed_at: order.placedAt,
    updated_at: draft.at,
  });
}

function filled(draft: Draft, event: Fact<'OrderFilled'>): void {
  move(draft, event.transfers);
  fillRow(draft, event);
  changePosition(draft, event);
  orderProgressed(draft, event);
}

function fillRow(draft: Draft, event: Fact<'OrderFilled'>): void {
  write(draft, 'fills', {
    id: String(event.tradeId),
    order_id: String(event.orderId),
    price: String(event.price),
    size: String(event.size),
    fee: String(event.fee),
    source: event.route,
    hl_fill_price: event.route === 'HYPERLIQUID' ? String(event.price) : null,
    user_id: draft.account.userId,
    symbol: event.symbol,
    side: event.side,
    liquidity: event.liquidity,
    closed_pnl: String(event.closedPnl),
    builder_fee: String(event.builderFee),
    venue_tid: event.venue === undefined ? null : String(event.venue.tid),
    filled_at: event.at,
  });
}

function orderProgressed(draft: Draft, { orderId, legs, orderMargin }: Fact<'OrderFilled' | 'OrderChanged'>): void {
  const id = String(orderId);
  const progress = { id, route: routeOf(legs), filled_size: String(filledOf(legs)), updated_at: draft.at };
  // A fill that comes after its order has ended changes how much was filled, not how it ended.
  if (!(id in draft.account.orderMargins)) return write(draft, 'orders', progress);
  setOrderMargin(draft, orderId, orderMargin);
  return write(draft, 'orders', { ...progress, status: liveStatus(legs), order_margin: String(orderMargin) });
}

function ended(draft: Draft, { orderId, status, cause }: Fact<'OrderEnded'>): void {
  const id = String(orderId);
  draft.account = { ...draft.account, orderMargins: without(draft.account.orderMargins, id) };
  write(draft, 'orders', { id, status, cause: cause ?? null, order_margin: '0', updated_at: draft.at });
}

/** After a fill: the row it is in now, and the one it left (closed, or flipped into a new one). */
function changePosition(draft: Draft, { symbol, route, position, price }: Fact<'OrderFilled'>): void {
  const key = `${symbol}:${route}`;
  const before = draft.account.positions[key];
  if (before !== undefined && before.id !== position?.positionId) {
    draft.account = { ...draft.account, positions: without(draft.account.positions, key) };
    write(draft, 'positions', {
      id: before.id,
      size: '0',
      status: 'closed',
      isolated_margin: '0',
      close_price: String(price),
      closed_at: draft.at,
      updated_at: draft.at,
    });
  }
  if (position !== undefined) openPosition(draft, position);
}

function openPosition(draft: Draft, position: Position): void {
  const { positionId: id, marginMode, entryNotional, leverage } = position;
  const crossMargin =
    marginMode === 'cross' ? usd(divide(entryNotional, BigInt(Math.max(leverage, 1)), 'up')) : ZERO_USD;
  const key = `${position.symbol}:${position.route}`;
  draft.account = { ...draft.account, positions: { ...draft.account.positions, [key]: { id, crossMargin } } };
  write(draft, 'positions', {
    id,
    user_id: draft.account.userId,
    symbol: position.symbol,
    direction: position.size > 0n ? 'long' : 'short',
    size: String(magnitude(position.size)),
    entry_price: String(averagePrice(entryNotional, position.size)),
    margin_mode: marginMode,
    position_source: position.route,
    status: 'open',
    leverage,
    entry_notional: String(entryNotional),
    isolated_margin: String(position.isolatedMargin),
    close_price: null,
    opened_at: position.openedAt,
    closed_at: null,
    updated_at: draft.at,
  });
}

/**
 * total = available + frozen + cross used. Frozen is what orders, isolated positions and holds bind; cross used is the
 * initial margin at entry of cross positions (the journal holds no mark prices), so available may be negative.
 */
function walletRow({ account, at }: Draft): RowWrite {
  const wallet = account.pots['wallet'] ?? ZERO_USD;
  const total = sum(Object.values(account.pots));
  const ordersBind = sum(Object.values(account.orderMargins));
  const crossUsed = sum(Object.values(account.positions).map(({ crossMargin }) => crossMargin));
  return {
    table: 'wallets',
    columns: {
      user_id: account.userId,
      total_balance: String(total),
      available_balance: String(wallet - ordersBind - crossUsed),
      frozen_margin: String(total - wallet + ordersBind),
      cross_margin_used: String(crossUsed),
      updated_at: at,
    },
  };
}

function setOrderMargin(draft: Draft, orderId: number, margin: Usd): void {
  draft.account = { ...draft.account, orderMargins: { ...draft.account.orderMargins, [String(orderId)]: margin } };
}

const filledOf = (legs: readonly OrderLeg[]): bigint => legs.reduce((total, leg) => total + leg.filledSize, 0n);

/** Orders that close on one route and open on the other have two. */
const routeOf = (legs: readonly OrderLeg[]): string => [...new Set(legs.map((leg) => leg.route))].join('+');

function liveStatus(legs: readonly OrderLeg[]): string {
  if (legs.some((leg) => leg.status === 'pending')) return 'pending';
  return filledOf(legs) > 0n ? 'partiallyFilled' : 'open';
}

const write = (draft: Draft, table: RowWrite['table'], columns: RowWrite['columns']): void =>
  void draft.writes.push({ table, columns });

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

const put = (pots: AccountProjection['pots'], pot: string, amount: Usd): AccountProjection['pots'] =>
  amount === 0n ? without(pots, pot) : { ...pots, [pot]: amount };

function without<Value>(record: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> {
  const { [key]: _removed, ...rest } = record;
  return rest;
}
