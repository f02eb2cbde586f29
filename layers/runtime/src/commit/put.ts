import { backoffMs } from '@perps/runtime/backoff';
import type { Clock, JournalRecord, JournalStore, Random } from '@perps/runtime/ports';
import { CommitAbortedError, FencedError } from './errors.ts';
import type { CommitGuards } from './guards.ts';

/** First repeat after at most 20 ms (a put takes 1 to 10), later ones at most once in 2 s: an outage must not become a storm. */
const PUT_BACKOFF = { baseMs: 20, capMs: 2_000 };

export interface PutDeps {
  readonly journal: JournalStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly guards: CommitGuards;
  readonly signal: AbortSignal;
  /** Told at each undecided try (counted from 1). */
  readonly onUndecided?: (attempt: number, cause: unknown) => void;
}

/**
 * Puts one record until its fate is known: resolves once it stands in the journal.
 * @throws FencedError where another's record stands at its seq
 * @throws CommitAbortedError where the signal came first: the record may still land
 */
export async function putUntilDecided(record: JournalRecord, deps: PutDeps): Promise<void> {
  for (let attempt = 1; !deps.signal.aborted; attempt += 1) {
    const outcome = await deps.journal.append(record);
    if (outcome.status === 'appended') return;
    if (outcome.status === 'conflict') {
      if (isOurs(outcome.stored.token, record, { attempt, guards: deps.guards })) return;
      throw new FencedError(`shard ${record.shard}: seq ${record.seq} is taken by epoch ${outcome.stored.epoch}`);
    }
    deps.onUndecided?.(attempt, outcome.cause);
    await deps.clock.sleep(backoffMs(PUT_BACKOFF, attempt, deps.random), deps.signal);
  }
  throw new CommitAbortedError(`shard ${record.shard}: stopped before seq ${record.seq} was decided`);
}

function isOurs(
  storedToken: string,
  record: JournalRecord,
  { attempt, guards }: { readonly attempt: number; readonly guards: CommitGuards },
): boolean {
  if (!guards.ownTokenOnConflict && attempt > 1) return true;
  return storedToken === record.token;
}
