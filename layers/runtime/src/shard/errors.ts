/** This host does not own the shard (any more). The command may have been committed: repeat the same id at the owner. */
export class NotOwnerError extends Error {
  readonly code = 'NotOwner';
  override readonly name = 'NotOwnerError';
}

/** The shard is starting, stopping, or closed after a failed check. Nothing was done. */
export class NotReadyError extends Error {
  readonly code = 'NotReady';
  override readonly name = 'NotReadyError';
}

/** More commands wait than the bound allows. Nothing was done. */
export class OverloadedError extends Error {
  readonly code = 'Overloaded';
  override readonly name = 'OverloadedError';
}

/** The machine threw while it decided: a bug of ours, without effect on the state. Nothing was done. */
export class CommandFailedError extends Error {
  readonly code = 'Internal';
  override readonly name = 'CommandFailedError';
}

/** Another owner's lease runs. */
export class LeaseHeldError extends Error {
  readonly code = 'LeaseHeld';
  override readonly name = 'LeaseHeldError';
}
