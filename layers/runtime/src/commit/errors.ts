/** Another owner has appended: this writer's history ends here. What it had not committed may be repeated elsewhere. */
export class FencedError extends Error {
  readonly code = 'Fenced';
  override readonly name = 'FencedError';
}

/** The writer was told to stop before the put was decided: the record may still land. */
export class CommitAbortedError extends Error {
  readonly code = 'CommitAborted';
  override readonly name = 'CommitAbortedError';
}

/** A claimer collided more often than its bound: the former owner is alive and busy. */
export class ClaimContestedError extends Error {
  readonly code = 'ClaimContested';
  override readonly name = 'ClaimContestedError';
}
