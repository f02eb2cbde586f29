/** Who may trade what at this moment: states and pauses, everywhere, of a symbol, of the account. */
import type { Operation, RoutingPolicy, TradingState } from '../routing/model.ts';
import type { AccountState, TriggerOrder } from './model.ts';

const STRICTNESS: Readonly<Record<TradingState, number>> = { ACTIVE: 0, REDUCING: 1, HALTED: 2 };

/** The strictest of the states that hold for the whole house and for the symbol. */
export const marketState = (policy: RoutingPolicy, symbol: string): TradingState =>
  stricter(policy.tradingState, policy.symbols[symbol]?.tradingState ?? 'ACTIVE');

/**
 * The account's own state for a symbol: what risk or operators set, and REDUCING from the first warning on until it is
 * cleared: of the cross scope for every symbol, of an isolated position for its own.
 */
export function accountTradingState(state: AccountState, symbol: string): TradingState {
  const own = state.tradingState ?? 'ACTIVE';
  if (own !== 'ACTIVE') return own;
  for (const scope in state.episodes) {
    if (scope === 'cross' || scope.slice(0, scope.lastIndexOf(':')) === symbol) return 'REDUCING';
  }
  return own;
}

/** True where the operation is paused everywhere or for the symbol. */
export const isPaused = (policy: RoutingPolicy, symbol: string, operation: Operation): boolean =>
  policy.pauses?.includes(operation) === true || policy.symbols[symbol]?.pauses?.includes(operation) === true;

/**
 * True while the trigger may not fire though the mark reaches it: it waits and fires when it is released, if the mark
 * still reaches it. A reduce-only one is held where closing is paused, any other where opening or closing is.
 */
export function isTriggerHeld(policy: RoutingPolicy, state: AccountState, trigger: TriggerOrder): boolean {
  return holdOf(policy, state, trigger) !== undefined;
}

/** What holds a trigger. */
export function holdOf(
  policy: RoutingPolicy,
  state: AccountState,
  { symbol, reduceOnly }: TriggerOrder,
): Operation | 'HALTED' | undefined {
  if (marketState(policy, symbol) === 'HALTED' || state.tradingState === 'HALTED') return 'HALTED';
  if (isPaused(policy, symbol, 'trigger')) return 'trigger';
  if (isPaused(policy, symbol, 'close')) return 'close';
  return !reduceOnly && isPaused(policy, symbol, 'open') ? 'open' : undefined;
}

const stricter = (left: TradingState, right: TradingState): TradingState =>
  STRICTNESS[left] >= STRICTNESS[right] ? left : right;
