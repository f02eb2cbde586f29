/** What must hold of a recovered shard before it opens (spec 07, step 6); each difference is one sentence. */
import { type AccountState, openingLeft, type Order } from '../account/index.ts';
import { isResting } from './resting-index.ts';
import { addLots } from './serialize.ts';
import { countSorted } from './sorted-list.ts';
import type { ShardState } from './state.ts';
import { timersOf } from './timers.ts';
import { countTriggers } from './trigger-index.ts';

/** Empty when all is well. */
export function checks(state: ShardState): readonly string[] {
  return [
    ...ledgerChecks(state),
    ...accountChecks(state),
    ...exposureChecks(state),
    ...timingChecks(state),
    ...venueChecks(state),
  ];
}

function ledgerChecks(state: ShardState): readonly string[] {
  let sum = 0n;
  for (const amount of state.platform.values()) sum += amount;
  for (const account of state.accounts.values()) sum += ownedBy(account);
  return sum === 0n ? [] : [`the ledger sums to ${sum}, not to zero`];
}

function ownedBy(account: AccountState): bigint {
  let sum = account.wallet + account.hold;
  for (const position of Object.values(account.positions)) sum += position.isolatedMargin;
  return sum;
}

function accountChecks(state: ShardState): readonly string[] {
  const failures: string[] = [];
  const orderIds = new Set<number>();
  for (const account of state.accounts.values()) {
    const { accountId } = account;
    if (account.wallet < 0n || account.hold < 0n) failures.push(`${accountId} has a negative balance`);
    for (const position of Object.values(account.positions)) {
      if (position.isolatedMargin < 0n) failures.push(`${position.positionId} has negative collateral`);
      if (position.size === 0n) failures.push(`${position.positionId} is flat but kept`);
    }
    for (const { orderId } of Object.values(account.triggers)) {
      if (orderIds.has(orderId)) failures.push(`trigger ${orderId} exists twice`);
      orderIds.add(orderId);
      if (orderId >= state.nextOrderId) failures.push(`trigger ${orderId} is beyond the next id`);
    }
    for (const order of account.orders) {
      if (orderIds.has(order.orderId)) failures.push(`order ${order.orderId} exists twice`);
      orderIds.add(order.orderId);
      if (order.orderId >= state.nextOrderId) failures.push(`order ${order.orderId} is beyond the next id`);
      if (!isMarginRight(order)) failures.push(`order ${order.orderId} sets aside ${order.orderMargin}`);
    }
  }
  return failures;
}

/** Margin is set aside exactly where something may still open. */
function isMarginRight(order: Order): boolean {
  return openingLeft(order.legs) === 0n ? order.orderMargin === 0n : order.orderMargin > 0n;
}

function exposureChecks(state: ShardState): readonly string[] {
  const failures: string[] = [];
  const recount = new Map<string, bigint>();
  let resting = 0;
  for (const account of state.accounts.values()) {
    for (const position of Object.values(account.positions)) addLots(recount, position);
    for (const order of account.orders) resting += isResting(order) ? 1 : 0;
  }
  for (const symbol of new Set([...recount.keys(), ...state.internalLots.keys()])) {
    const counted = recount.get(symbol) ?? 0n;
    const held = state.internalLots.get(symbol) ?? 0n;
    if (counted !== held) failures.push(`exposure of ${symbol} is ${held} lots, recounted ${counted}`);
  }
  let indexed = 0;
  for (const { buy, sell } of state.resting.values()) indexed += buy.length + sell.length;
  return indexed === resting ? failures : [...failures, `${indexed} resting orders are indexed, ${resting} exist`];
}

/** What fires by price or time is indexed, and nothing else is. */
function timingChecks(state: ShardState): readonly string[] {
  let armed = 0;
  let timers = 0;
  for (const account of state.accounts.values()) {
    timers += timersOf(account);
    for (const trigger of Object.values(account.triggers)) armed += trigger.isArmed ? 1 : 0;
  }
  const indexed = countTriggers(state.triggers);
  const timed = countSorted(state.timers);
  return [
    ...(indexed === armed ? [] : [`${indexed} triggers are indexed, ${armed} are armed`]),
    ...(timed === timers ? [] : [`${timed} timers are indexed, ${timers} exist`]),
  ];
}

/** Every venue leg that is not over has its record, and no record is without its leg. */
function venueChecks(state: ShardState): readonly string[] {
  const expected = [...state.accounts.values()].flatMap(venueLegsOf);
  const failures = expected
    .filter((venueCloid) => !state.venueOrders.has(venueCloid))
    .map((venueCloid) => `venue order ${venueCloid} has no record`);
  const { size } = state.venueOrders;
  if (size === expected.length) return failures;
  return [...failures, `${size} venue orders are recorded, ${expected.length} exist`];
}

const venueLegsOf = (account: AccountState): readonly string[] =>
  account.orders
    .flatMap((order) => order.legs)
    .filter((leg) => leg.status !== 'done')
    .map((leg) => leg.venueCloid)
    .filter((venueCloid) => venueCloid !== undefined);
