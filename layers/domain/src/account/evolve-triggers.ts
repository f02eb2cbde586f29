/** What trigger orders and the dead-man's switch leave in the state. */
import { unreachable } from '../kernel/index.ts';
import type { AccountEvent } from './events.ts';
import type { AccountState } from './model.ts';
import { without } from './records.ts';

type TriggerEvent = Extract<
  AccountEvent,
  {
    type:
      'TriggerPlaced' | 'TriggerChanged' | 'TriggerFired' | 'TriggerEnded' | 'CancelAllScheduled' | 'CancelAllFired';
  }
>;

export function triggersEvolved(state: AccountState, event: TriggerEvent): AccountState {
  switch (event.type) {
    case 'TriggerPlaced':
    case 'TriggerChanged':
      return { ...state, triggers: { ...state.triggers, [event.trigger.orderId]: event.trigger } };
    case 'TriggerFired':
      return { ...state, triggers: without(state.triggers, String(event.orderId)) };
    case 'TriggerEnded':
      return { ...state, triggers: without(state.triggers, String(event.trigger.orderId)) };
    case 'CancelAllScheduled': {
      const { cancelAllAt: _before, ...rest } = state;
      return event.cancelAllAt === undefined ? rest : { ...rest, cancelAllAt: event.cancelAllAt };
    }
    case 'CancelAllFired': {
      const { cancelAllAt: _due, ...rest } = state;
      return { ...rest, cancelAllFirings: { day: event.day, count: event.count } };
    }
    default:
      return unreachable(event);
  }
}
