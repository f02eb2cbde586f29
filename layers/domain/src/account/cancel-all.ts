/** Cancels of everything: by the user, or by the dead-man's switch. */
import type { AccountCommand } from './commands.ts';
import { type Draft, emit } from './draft.ts';
import type { AccountState } from './model.ts';
import { stopOrder } from './order-end.ts';
import type { CancelOutcome, Rejection } from './results.ts';
import { endTrigger } from './trigger-ends.ts';

/** A switch is set at least so far ahead, ms. */
export const CANCEL_ALL_AHEAD_MS = 5_000;
/** Firings of the switch on one UTC day; after that it cannot be set until the next. */
export const CANCEL_ALL_FIRINGS_MAX = 10;
const DAY_MS = 86_400_000;

/**
 * Ends every order and every trigger, protective ones too, as on Hyperliquid; at the venue they are only asked. The
 * switch acts only when it is due: a command that comes early, late or twice changes nothing.
 */
export function cancelAll(
  draft: Draft,
  { cause, symbol }: Extract<AccountCommand, { type: 'CancelAll' }>,
): readonly CancelOutcome[] {
  const isScheduled = cause === 'scheduled';
  if (isScheduled && !fireSwitch(draft)) return [];
  const status = isScheduled ? 'scheduledCancel' : 'canceled';
  const isMeant = (of: { readonly symbol: string }): boolean => symbol === undefined || of.symbol === symbol;
  const outcomes: CancelOutcome[] = [];
  for (const trigger of Object.values(draft.state.triggers).filter(isMeant)) {
    endTrigger(draft, trigger, { status });
    outcomes.push({ status: 'canceled' });
  }
  for (const order of Object.values(draft.state.orders).filter(isMeant)) {
    const hasEnded = stopOrder(draft, order, { cause: isScheduled ? 'scheduled' : 'user', status });
    outcomes.push(hasEnded ? { status: 'canceled' } : { status: 'pending', orderId: order.orderId });
  }
  return outcomes;
}

function fireSwitch(draft: Draft): boolean {
  const { cancelAllAt } = draft.state;
  if (cancelAllAt === undefined || draft.at < cancelAllAt) return false;
  const day = dayOf(draft.at);
  emit(draft, { type: 'CancelAllFired', day, count: firingsOn(draft.state, day) + 1 });
  return true;
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
