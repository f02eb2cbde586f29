import { applyTransfers } from '../ledger/index.ts';
import type { AccountEvent } from './events.ts';
import type { AccountState } from './model.ts';

/** Corrections of hours an account remembers, so that each is made good once. */
const SETTLED_MAX = 256;

/** Positions as their posting leaves them; a correction is remembered. */
export function fundingPosted(
  state: AccountState,
  event: Extract<AccountEvent, { type: 'FundingPosted' }>,
): AccountState {
  const positions = { ...state.positions };
  const settled: string[] = [];
  for (const { key, position, correction } of event.payments) {
    if (position !== undefined) positions[key] = position;
    if (correction !== undefined) settled.push(`${key}:${event.hour}`);
  }
  return {
    ...state,
    ...applyTransfers(state, event.transfers),
    positions,
    ...(settled.length === 0 ? {} : { settledFunding: [...state.settledFunding, ...settled].slice(-SETTLED_MAX) }),
  };
}
