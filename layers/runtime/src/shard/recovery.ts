import { claim } from '@perps/runtime/commit';
import type { ChainPosition, ClaimOptions } from '@perps/runtime/commit';
import { loadState } from './snapshots.ts';
import type { SkippedSnapshot, SnapshotSource } from './snapshots.ts';

/** For SYSTEM_RECOVERED: what recovery did and how long each step took (ms). */
export interface RecoveryReport {
  readonly shard: number;
  readonly epoch: number;
  /** Seq of the snapshot the replay began from; 0 = from the start of the journal. */
  readonly snapshotSeq: number;
  readonly skippedSnapshots: readonly SkippedSnapshot[];
  /** Seq of our fence. */
  readonly fenceSeq: number;
  readonly batches: number;
  readonly entries: number;
  readonly stepsMs: {
    readonly lease: number;
    readonly snapshot: number;
    /** Replay of the tail and the fence. */
    readonly journal: number;
    readonly checks: number;
  };
  /** Invariants that do not hold: the shard stays closed. Empty when all is well. */
  readonly differences: readonly string[];
}

export interface Recovered<State> {
  readonly state: State;
  readonly position: ChainPosition;
  readonly report: RecoveryReport;
}

export interface RecoveryOptions<State, Command, Event, Result>
  extends SnapshotSource<State, Command, Event, Result>, Omit<ClaimOptions<Event, Result>, 'from' | 'apply'> {
  /** How long acquiring the lease took, ms (for the report). */
  readonly leaseMs: number;
}

/**
 * Snapshot, journal tail, fence, checks: the state of a shard that now is ours to write.
 * @throws what `claim` and `replay` throw: a journal that cannot be followed stops the shard
 */
export async function recover<State, Command, Event, Result>(
  options: RecoveryOptions<State, Command, Event, Result>,
): Promise<Recovered<State>> {
  const { shard, epoch, machine, clock } = options;
  const startedAt = clock.monotonic();
  const { state, position: from, skipped } = await loadState(options);
  const loadedAt = clock.monotonic();
  let batches = 0;
  let entries = 0;
  const position = await claim({
    ...options,
    from,
    apply: (batch) => {
      for (const entry of batch.entries) machine.apply(state, entry);
      batches += 1;
      entries += batch.entries.length;
    },
  });
  const claimedAt = clock.monotonic();
  const differences = machine.checks(state);
  const stepsMs = {
    lease: options.leaseMs,
    snapshot: loadedAt - startedAt,
    journal: claimedAt - loadedAt,
    checks: clock.monotonic() - claimedAt,
  };
  const report = {
    shard,
    epoch,
    snapshotSeq: from.appliedSeq,
    skippedSnapshots: skipped,
    fenceSeq: position.appliedSeq,
    batches,
    entries,
    stepsMs,
    differences,
  };
  return { state, position, report };
}
