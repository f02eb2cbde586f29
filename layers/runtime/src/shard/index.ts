export type { ShardDecision, ShardMachine } from './machine.ts';
export { createShardHost } from './host.ts';
export type { CommitListener, ShardHost, ShardHostOptions } from './host.ts';
export { CommandFailedError, LeaseHeldError, NotOwnerError, NotReadyError, OverloadedError } from './errors.ts';
export type { RecoveryReport } from './recovery.ts';
export { loadState, writeSnapshot } from './snapshots.ts';
export type {
  LoadedState,
  SkippedSnapshot,
  SnapshotSource,
  WriteSnapshotOptions,
  WrittenSnapshot,
} from './snapshots.ts';
export { keepLease } from './lease-keeper.ts';
export type { LeaseKeeper, LeaseKeeperOptions } from './lease-keeper.ts';
