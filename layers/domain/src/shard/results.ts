/** Idempotency: what was answered to a command, for as long as somebody may ask again. */
import type { CommandResult } from '../account/index.ts';
import type { ShardOrder, ShardState } from './model.ts';

const KEPT_MS = 15 * 60_000;
const KEPT_PER_ACCOUNT_MAX = 1_000;

/** The first answer, if this command was seen; another body under the same signed id is a duplicate nonce. */
export function knownResult(state: ShardState, order: ShardOrder): CommandResult | undefined {
  const known = state.results.get(order.commandId);
  if (known === undefined) return undefined;
  const signed = 'signed' in order ? order.signed : undefined;
  if (known.hash === signed?.hash) return known.result;
  return { kind: 'refused', rejection: { reason: 'DuplicateNonce', nonce: signed?.nonce ?? 0 } };
}

export function rememberResult(
  state: ShardState,
  answer: {
    readonly commandId: string;
    readonly accountId: string;
    readonly at: number;
    readonly hash: string | undefined;
    readonly result: CommandResult;
  },
): void {
  const { commandId, accountId, at, hash, result } = answer;
  state.results.set(commandId, { accountId, at, hash, result });
  state.resultCounts.set(accountId, (state.resultCounts.get(accountId) ?? 0) + 1);
  forgetOld(state, at);
  if ((state.resultCounts.get(accountId) ?? 0) > KEPT_PER_ACCOUNT_MAX) forgetOldestOf(state, accountId);
}

function forgetOld(state: ShardState, now: number): void {
  for (const [commandId, known] of state.results) {
    if (known.at > now - KEPT_MS) return;
    forget(state, commandId, known.accountId);
  }
}

function forgetOldestOf(state: ShardState, accountId: string): void {
  for (const [commandId, known] of state.results) {
    if (known.accountId !== accountId) continue;
    forget(state, commandId, accountId);
    return;
  }
}

function forget(state: ShardState, commandId: string, accountId: string): void {
  state.results.delete(commandId);
  const left = (state.resultCounts.get(accountId) ?? 1) - 1;
  if (left === 0) state.resultCounts.delete(accountId);
  else state.resultCounts.set(accountId, left);
}
