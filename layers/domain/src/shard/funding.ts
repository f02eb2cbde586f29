/** The shard's hours: who holds at an hour is fixed by one event, whatever the rate turns out to be. */
import type { CommandResult } from '../account/index.ts';
import type { FundingEvent } from '../funding/index.ts';
import type { FundingCommand, ShardDecision, ShardFacts } from './messages.ts';
import { FUNDING_STREAM, type ShardState } from './state.ts';

export const HOUR_MS = 3_600_000;

const DONE: CommandResult = { kind: 'done' };

export function decideFunding(state: ShardState, command: FundingCommand, _facts: ShardFacts): ShardDecision {
  const { hour } = command;
  if (hour <= state.funding.closedHour) return { outcome: 'refused', streamId: FUNDING_STREAM, result: DONE };
  return {
    outcome: 'accepted',
    streamId: FUNDING_STREAM,
    events: [{ type: 'HourClosed', hour, accruals: [] }],
    result: DONE,
  };
}

export function applyFunding(state: ShardState, event: FundingEvent): void {
  state.funding.closedHour = event.hour;
}
