/** What the host asks of a shard's funding. All of it rests on the state alone: after a restart it asks again. */
import { fundingIndexOf, type FundingPosting, HOUR_MS } from '../funding/index.ts';
import type { AccountCommand } from '../account/index.ts';
import type { Route } from '../routing/index.ts';
import type { ShardState } from './state.ts';

/** A correction to submit as `CorrectFunding`; the host adds the command's id and time. */
export type FundingCorrection = Pick<
  Extract<AccountCommand, { type: 'CorrectFunding' }>,
  'type' | 'accountId' | 'symbol' | 'route' | 'hour' | 'kind' | 'size' | 'indexChange'
>;

/** Hours (ms) whose holders are not fixed yet at a time, oldest first; of a new shard only the newest. */
export function hoursToClose(state: ShardState, now: number): readonly number[] {
  const newest = Math.floor(now / HOUR_MS) * HOUR_MS;
  const { closedHour } = state.funding;
  if (closedHour >= newest) return [];
  const from = closedHour === 0 ? newest : closedHour + HOUR_MS;
  return Array.from({ length: (newest - from) / HOUR_MS + 1 }, (_, index) => from + index * HOUR_MS);
}

/** Whether the host must close an hour before its next decision; cheap enough to ask before each. */
export const isHourOpen = (state: ShardState, now: number): boolean => now - state.funding.closedHour >= HOUR_MS;

/** The next corrections to submit, oldest hour first; each leaves when it is committed. Empty = nothing is to correct. */
export function fundingCorrections(state: ShardState, max: number): readonly FundingCorrection[] {
  const corrections: FundingCorrection[] = [];
  for (const { sizes, head, done, ...correction } of state.funding.corrections) {
    for (let index = head; index < sizes.length; index += 1) {
      if (corrections.length >= max) return corrections;
      const entry = sizes[index];
      if (entry === undefined || done.has(entry[0])) continue;
      corrections.push({ type: 'CorrectFunding', accountId: entry[0], ...correction, size: entry[1] });
    }
  }
  return corrections;
}

/** The posting that is under way, also after a restart; the host posts, then says `FinishFundingPosting`. */
export const fundingPosting = (state: ShardState): FundingPosting | undefined => state.funding.posting;

/**
 * Accounts with something to post on these routes, each once, looked up as the host takes them: it may submit
 * `PostFunding` in chunks between steps. Those that are posted already are passed over.
 */
export function* accountsToPost(state: ShardState, routes: readonly Route[]): Generator<string, void, undefined> {
  const { indexes } = state.funding;
  for (const accountId of state.accounts.keys()) {
    const positions = state.accounts.get(accountId)?.positions ?? {};
    for (const key in positions) {
      const position = positions[key];
      if (position === undefined || !routes.includes(position.route)) continue;
      if (fundingIndexOf(indexes, position) === position.fundingIndex) continue;
      yield accountId;
      break;
    }
  }
}
