import type { Random } from '@perps/runtime/ports';

export interface BackoffPolicy {
  readonly baseMs: number;
  readonly capMs: number;
}

/** Wait before try `attempt` (1 = the first repeat): uniform in [0, min(cap, base · 2^(attempt-1))] ("full jitter"), ms. */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: Random): number {
  return random.next() * backoffCeilingMs(policy, attempt);
}

/** The longest wait `backoffMs` can answer, ms. */
export function backoffCeilingMs({ baseMs, capMs }: BackoffPolicy, attempt: number): number {
  // 2^30 base steps are past any cap; the bound keeps the power finite however long an outage lasts.
  return Math.min(capMs, baseMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 30));
}
