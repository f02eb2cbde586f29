/** Takes the facts of one entry into the state, in place; costs what the entry touches. */
import {
  accountDecider,
  type AccountEvent,
  type AccountState,
  CLOSED_VENUE_ORDERS_MAX,
  ID_STRIDE,
  type Order,
  orderOf,
  positionKey,
  runningTwap,
} from '../account/index.ts';
import type { Transfer } from '../ledger/index.ts';
import { negateSize, usd } from '../money/index.ts';
import { isShardWide, type RoutingPolicySet, type ShardEntry } from './messages.ts';
import { applyDeviation, withVenueStops } from './deviation.ts';
import { applyFunding, followFunding } from './funding.ts';
import { fillRecordOf, triggerRecord } from './history.ts';
import { endedOrder, rememberFill, rememberOrder } from './history-log.ts';
import { liquidationRecords } from './liquidation-records.ts';
import { addResting, isResting, removeResting } from './resting-index.ts';
import { followRisk, releaseHeld } from './risk.ts';
import { rememberResult } from './results.ts';
import { followExpiry, followSwitch, followTwap } from './timers.ts';
import { followTrigger } from './trigger-index.ts';
import { isSharedStream, type ShardState, type VenueOrder } from './state.ts';

export function apply(state: ShardState, entry: ShardEntry): void {
  const { streamId, events, at } = entry;
  if (isSharedStream(streamId)) applyShardWide(state, entry);
  else {
    const before = state.accounts.get(streamId) ?? accountDecider.initialState(streamId);
    let account = before;
    const memo = state.evolved.get(events);
    // At once: until a full collection a weak map holds on to what it maps to.
    state.evolved.delete(events);
    const states = memo?.from === account ? memo.states : undefined;
    let index = 0;
    for (const event of events) {
      if (isShardWide(event)) continue;
      const after = states?.[index] ?? accountDecider.evolve(account, event);
      index += 1;
      const step = { event, before: account, after, at };
      derive(state, step);
      followFunding(state.funding, step);
      account = after;
    }
    state.accounts.set(streamId, account);
    followOrders(state, before, account);
    followRisk(state, before, account);
  }
  keepResult(state, entry);
}

function applyShardWide(state: ShardState, entry: ShardEntry): void {
  for (const event of entry.events) {
    if (!isShardWide(event)) continue;
    if (event.type === 'RoutingPolicySet') setPolicy(state, event);
    else if (event.type === 'DeviationCovered' || event.type === 'VenueOpensSet') {
      if ('transfers' in event) book(state, event.transfers);
      applyDeviation(state, event);
    } else applyFunding(state, event);
  }
}

function setPolicy(state: ShardState, { policy, fees }: RoutingPolicySet): void {
  state.policy = withVenueStops(policy, state.venueStops.values());
  state.fees = fees;
  releaseHeld(state);
}

function keepResult(state: ShardState, { streamId, commandId, at, events, result }: ShardEntry): void {
  if (result === undefined) return;
  const first = events[0];
  const hash = first?.type === 'ActionSigned' ? { hash: first.hash } : {};
  rememberResult(state.results, { streamId, commandId }, { at, result, ...hash });
}

interface Step {
  readonly event: AccountEvent;
  readonly before: AccountState;
  readonly after: AccountState;
  readonly at: number;
}

/** Everything beside the account that an event moves. */
function derive(state: ShardState, step: Step): void {
  const { event, before, after } = step;
  switch (event.type) {
    case 'OrderPlaced':
      state.nextOrderId = Math.max(state.nextOrderId, event.order.orderId + ID_STRIDE);
      return;
    case 'OrderFilled':
      state.nextTradeId = Math.max(state.nextTradeId, event.tradeId + ID_STRIDE);
      book(state, event.transfers);
      deriveFill(state, event, step);
      return;
    case 'OrderChanged':
      return;
    case 'OrderEnded':
      deriveEnd(state, event, step);
      return;
    case 'DepositCredited':
    case 'LeverageUpdated':
    case 'IsolatedMarginAdjusted':
    case 'GainsRealized':
    case 'FundingPosted':
      book(state, event.transfers);
      return;
    case 'LiquidationStepped':
      book(state, event.transfers);
      deriveLiquidation(state, event, step);
      return;
    case 'TriggerPlaced':
    case 'TriggerChanged':
    case 'TriggerFired':
    case 'TriggerEnded':
      deriveTrigger(state, event, step);
      return;
    case 'CancelAllScheduled':
    case 'CancelAllFired':
      followSwitch(state.timers, before, after);
      return;
    case 'TwapPlaced':
    case 'TwapSliced':
    case 'TwapEnded':
      deriveTwap(state, event, step);
      return;
    default:
      deriveVenue(state, event, before.accountId);
  }
}

/** An id is used once, and what ends without having fired is history. */
function deriveTrigger(
  state: ShardState,
  event: Extract<AccountEvent, { type: 'TriggerPlaced' | 'TriggerChanged' | 'TriggerFired' | 'TriggerEnded' }>,
  { before, after, at }: Step,
): void {
  const orderId = 'trigger' in event ? event.trigger.orderId : event.orderId;
  const { accountId } = after;
  state.nextOrderId = Math.max(state.nextOrderId, orderId + ID_STRIDE);
  followTrigger(state.triggers, accountId, { before: before.triggers[orderId], after: after.triggers[orderId] });
  if (event.type !== 'TriggerEnded') return;
  const { trigger, status } = event;
  const cause = event.cause === undefined ? {} : { cause: event.cause };
  const record = { ...triggerRecord(accountId, trigger), status, ...cause, statusAt: at };
  rememberOrder(state.history, record, at);
}

function deriveTwap(
  state: ShardState,
  event: Extract<AccountEvent, { type: 'TwapPlaced' | 'TwapSliced' | 'TwapEnded' }>,
  { before, after }: Step,
): void {
  const twapId = 'twap' in event ? event.twap.twapId : event.twapId;
  state.nextOrderId = Math.max(state.nextOrderId, twapId + ID_STRIDE);
  followTwap(state.timers, after.accountId, {
    before: runningTwap(before, twapId),
    after: runningTwap(after, twapId),
  });
}

/** Records of what is at the venue. */
function deriveVenue(state: ShardState, event: AccountEvent, accountId: string): void {
  if (event.type === 'VenueOrderRequested') {
    const { request } = event;
    state.lastVenueNonce = Math.max(state.lastVenueNonce, request.nonce);
    state.venueOrders.set(request.venueCloid, { accountId, request, status: 'pending' });
    state.venueOwners.set(request.venueCloid, accountId);
  } else if (event.type === 'VenueCancelRequested') {
    const { request } = event;
    state.lastVenueNonce = Math.max(state.lastVenueNonce, request.nonce);
    const order = state.venueOrders.get(request.venueCloid);
    if (order !== undefined) state.venueOrders.set(request.venueCloid, { ...order, cancel: request });
  } else if (event.type === 'VenueOrderResolved') {
    resolveVenueOrder(state, event);
  }
}

function resolveVenueOrder(state: ShardState, event: Extract<AccountEvent, { type: 'VenueOrderResolved' }>): void {
  const order = state.venueOrders.get(event.venueCloid);
  if (order === undefined) return;
  if (event.fate === 'open') state.venueOrders.set(event.venueCloid, { ...order, status: 'open' });
  else if (event.fate === 'cancelRefused') state.venueOrders.set(event.venueCloid, withoutCancel(order));
  else state.venueOrders.delete(event.venueCloid);
}

function withoutCancel({ accountId, request, status }: VenueOrder): VenueOrder {
  return { accountId, request, status };
}

function book(state: ShardState, transfers: readonly Transfer[]): void {
  for (const { postings } of transfers) {
    for (const posting of postings) {
      if (!('platform' in posting)) continue;
      state.platform.set(posting.platform, usd((state.platform.get(posting.platform) ?? 0n) + posting.amount));
    }
  }
}

function deriveFill(state: ShardState, event: Extract<AccountEvent, { type: 'OrderFilled' }>, step: Step): void {
  const { accountId } = step.after;
  if (event.route === 'INTERNAL') {
    const lots = event.side === 'buy' ? event.size : negateSize(event.size);
    const net = (state.internalLots.get(event.symbol) ?? 0n) + lots;
    if (net === 0n) state.internalLots.delete(event.symbol);
    else state.internalLots.set(event.symbol, net);
  }
  const live = orderOf(step.after.orders, event.orderId);
  const late =
    live === undefined ? step.after.closedVenueOrders.find(({ orderId }) => orderId === event.orderId) : undefined;
  const cloid = (live ?? late)?.cloid;
  if (late !== undefined) replaceEnded(state, late, step);
  rememberFill(state.history, fillRecordOf(event, { accountId, cloid }), step.at);
}

/** An INTERNAL step moves the shard's exposure, and is told as an order that was filled. */
function deriveLiquidation(
  state: ShardState,
  event: Extract<AccountEvent, { type: 'LiquidationStepped' }>,
  { before, after, at }: Step,
): void {
  if (event.route !== 'INTERNAL') return;
  const records = liquidationRecords(event, after.accountId);
  if (records !== undefined) {
    state.nextOrderId = Math.max(state.nextOrderId, records.fill.orderId + ID_STRIDE);
    state.nextTradeId = Math.max(state.nextTradeId, records.fill.tradeId + ID_STRIDE);
    rememberOrder(state.history, records.order, at);
    rememberFill(state.history, records.fill, at);
  }
  const key = positionKey(event.symbol, 'INTERNAL');
  const was = before.positions[key]?.size ?? 0n;
  const is = after.positions[key]?.size ?? 0n;
  const net = (state.internalLots.get(event.symbol) ?? 0n) + is - was;
  if (net === 0n) state.internalLots.delete(event.symbol);
  else state.internalLots.set(event.symbol, net);
}

/** A late fill changes what history says of its order. */
function replaceEnded({ history }: ShardState, order: Order, { after, at }: Step): void {
  const record = endedOrder(history, after.accountId, order.orderId);
  if (record !== undefined) rememberOrder(history, { ...record, order }, at);
}

function deriveEnd(state: ShardState, event: Extract<AccountEvent, { type: 'OrderEnded' }>, step: Step): void {
  const { before, at } = step;
  const order = orderOf(before.orders, event.orderId);
  if (order === undefined) return;
  const { accountId } = before;
  const cause = event.cause === undefined ? {} : { cause: event.cause };
  rememberOrder(state.history, { accountId, order, status: event.status, ...cause, statusAt: at }, at);
  const isFull = before.closedVenueOrders.length === CLOSED_VENUE_ORDERS_MAX;
  if (!isFull || step.after.closedVenueOrders === before.closedVenueOrders) return;
  for (const leg of before.closedVenueOrders[0]?.legs ?? []) {
    if (leg.venueCloid !== undefined) state.venueOwners.delete(leg.venueCloid);
  }
}

/** Of a whole entry: an order that came and went within it was never indexed. Both lists are by order id. */
function followOrders(state: ShardState, before: AccountState, after: AccountState): void {
  const { accountId, orders: is } = after;
  const { orders: was } = before;
  if (was === is) return;
  for (let left = 0, right = 0; left < was.length || right < is.length;) {
    const [old, now] = [was[left], is[right]];
    const isGone = old !== undefined && (now === undefined || old.orderId < now.orderId);
    const isNew = now !== undefined && (old === undefined || now.orderId < old.orderId);
    if (old !== now) follow(state, accountId, { before: isNew ? undefined : old, after: isGone ? undefined : now });
    if (!isNew) left += 1;
    if (!isGone) right += 1;
  }
}

/** Keeps the indexes of resting INTERNAL legs and of lifetimes in step with an order. */
function follow(
  state: ShardState,
  accountId: string,
  order: { readonly before: Order | undefined; readonly after: Order | undefined },
): void {
  followExpiry(state.timers, accountId, order);
  const was = isResting(order.before);
  const is = isResting(order.after);
  if (was === is) return;
  if (is && order.after !== undefined) addResting(state.resting, accountId, order.after);
  else if (order.before !== undefined) removeResting(state.resting, order.before);
}
