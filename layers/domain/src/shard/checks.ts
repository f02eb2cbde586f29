/** Invariants of a shard, recounted the slow and obvious way (spec 07, consistency checks). */
import type { AccountState } from '../account/index.ts';
import { restsInternally } from './resting.ts';
import type { ShardState } from './model.ts';

/** What does not hold, in words; empty = all well. */
export function checkShard(state: ShardState): readonly string[] {
  return [...checkLedger(state), ...checkBalances(state), ...checkExposure(state), ...checkOrders(state)];
}

function checkLedger(state: ShardState): readonly string[] {
  let sum = 0n;
  for (const account of state.accounts.values()) sum += fundsOf(account);
  for (const balance of state.platform.values()) sum += balance;
  return sum === 0n ? [] : [`ledger sums to ${sum} instead of zero`];
}

/** Everything that belongs to the user, 10⁻⁶ USD. */
function fundsOf(account: AccountState): bigint {
  let sum: bigint = account.wallet + account.hold;
  for (const position of Object.values(account.positions)) sum += position.isolatedMargin;
  return sum;
}

function checkBalances(state: ShardState): readonly string[] {
  return [...state.accounts.values()]
    .filter((account) => account.wallet < 0n || account.hold < 0n)
    .map((account) => `balance of ${account.accountId} is below zero`);
}

function checkExposure(state: ShardState): readonly string[] {
  const recounted = new Map<string, bigint>();
  for (const account of state.accounts.values()) {
    for (const { route, symbol, size } of Object.values(account.positions)) {
      if (route === 'INTERNAL') recounted.set(symbol, (recounted.get(symbol) ?? 0n) + size);
    }
  }
  const symbols = new Set([...recounted.keys(), ...state.exposure.keys()]);
  return [...symbols]
    .filter((symbol) => (recounted.get(symbol) ?? 0n) !== (state.exposure.get(symbol) ?? 0n))
    .map(
      (symbol) =>
        `exposure of ${symbol} is ${state.exposure.get(symbol) ?? 0n}, positions say ${recounted.get(symbol) ?? 0n}`,
    );
}

function checkOrders(state: ShardState): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<number>();
  let resting = 0;
  for (const account of state.accounts.values()) {
    for (const order of Object.values(account.orders)) {
      if (seen.has(order.orderId)) problems.push(`order id ${order.orderId} stands twice`);
      if (order.orderId >= state.nextOrderId) problems.push(`order id ${order.orderId} is not below the counter`);
      seen.add(order.orderId);
      if (restsInternally(order)) resting += 1;
    }
  }
  let indexed = 0;
  for (const { buys, sells } of state.resting.values()) indexed += buys.length + sells.length;
  if (resting !== indexed) problems.push(`${indexed} orders in the resting index, ${resting} rest`);
  return problems;
}
