/** Cancels of everything: by the user, or by the dead-man's switch. */
import type { AccountCommand } from './commands.ts';
import { type Draft, emit } from './draft.ts';
import type { AccountState, Order, TriggerOrder } from './model.ts';
import { stopOrder } from './order-end.ts';
import type { CancelOutcome, Rejection } from './results.ts';
import { isActive } from './state.ts';
import { endTrigger } from './trigger-ends.ts';
import { terminateTwaps } from './twap-end.ts';
import { orderOf } from './order-list.ts';

/** A switch is set at least so far ahead, ms. */
export const CANCEL_ALL_AHEAD_MS = 5_000;
/** Firings of the switch on one UTC day; after that it cannot be set until the next. */
export const CANCEL_ALL_FIRINGS_MAX = 10;
/** Ended by one firing of the switch; where there is more it stays due, so that no account holds up its shard. */
const CANCELED_BY_TURN_MAX = 250;
const DAY_MS = 86_400_000;

/**
 * Ends every order and every trigger, protective ones too, as on Hyperliquid; at the venue they are only asked. TWAPs end
 * with them: what would go on trading is what both are meant to stop. The switch acts only when it is due: a command that comes early, late or twice changes nothing.
 */
export function cancelAll(
  draft: Draft,
  { cause, symbol }: Extract<AccountCommand, { type: 'CancelAll' }>,
): readonly CancelOutcome[] {
  const { triggers, orders, cancelAllAt } = draft.state;
  const isMeant = (of: { readonly symbol: string }): boolean => symbol === undefined || of.symbol === symbol;
  const found = [
    ...Object.values(triggers).filter(isMeant),
    ...Object.values(orders).filter((order) => isMeant(order) && (cause === 'user' || isActive(order))),
  ];
  if (cause === 'user') {
    terminateTwaps(draft, isMeant);
    return found.map((one) => cancel(draft, one, USER));
  }
  if (cancelAllAt === undefined || draft.at < cancelAllAt) return [];
  if (found.length <= CANCELED_BY_TURN_MAX) disarm(draft);
  terminateTwaps(draft, isMeant);
  return found.slice(0, CANCELED_BY_TURN_MAX).map((one) => cancel(draft, one, SCHEDULED));
}

const USER = { cause: 'user', status: 'canceled' } as const;
const SCHEDULED = { cause: 'scheduled', status: 'scheduledCancel' } as const;

function cancel(draft: Draft, one: TriggerOrder | Order, stop: typeof USER | typeof SCHEDULED): CancelOutcome {
  if ('legs' in one) {
    const order = orderOf(draft.state.orders, one.orderId);
    const hasEnded = order === undefined || stopOrder(draft, order, stop);
    return hasEnded ? { status: 'canceled' } : { status: 'pending', orderId: one.orderId };
  }
  // As it is now: another end in this command may have changed it or taken it along.
  const trigger = draft.state.triggers[one.orderId];
  if (trigger !== undefined) endTrigger(draft, trigger, { status: stop.status });
  return { status: 'canceled' };
}

function disarm(draft: Draft): void {
  const day = dayOf(draft.at);
  emit(draft, { type: 'CancelAllFired', day, count: firingsOn(draft.state, day) + 1 });
}

/** Sets or moves the switch (ms); undefined disarms it. */
export function scheduleCancel(draft: Draft, cancelAllAt: number | undefined): Rejection | undefined {
  if (cancelAllAt !== undefined) {
    if (cancelAllAt < draft.at + CANCEL_ALL_AHEAD_MS) return { reason: 'ScheduleTooSoon' };
    if (firingsOn(draft.state, dayOf(draft.at)) >= CANCEL_ALL_FIRINGS_MAX) return { reason: 'TooManyScheduledCancels' };
  }
  if (cancelAllAt !== draft.state.cancelAllAt) emit(draft, { type: 'CancelAllScheduled', cancelAllAt });
  return undefined;
}

const dayOf = (at: number): number => Math.floor(at / DAY_MS);

const firingsOn = ({ cancelAllFirings }: AccountState, day: number): number =>
  cancelAllFirings.day === day ? cancelAllFirings.count : 0;
