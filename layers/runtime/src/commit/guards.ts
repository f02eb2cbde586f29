/**
 * The protocol's guards, one switch each. They exist for the simulation alone, which shows that every one of them is
 * needed by taking it away; nothing outside `test/simulation` passes them.
 */
export interface CommitGuards {
  /** A collision counts as success only where the stored token is our own. Off: any collision on a repeated put does. */
  readonly ownTokenOnConflict: boolean;
  /** Replay applies a record only if it continues the last applied one. Off: whatever is stored is applied. */
  readonly chainRule: boolean;
  /** Neither replay nor a claim goes back to an older epoch. */
  readonly epochNeverBack: boolean;
  /** Answers wait for the put. Off: they leave with the decision. */
  readonly ackAfterDurable: boolean;
  /** A command that is known is answered, not decided again. */
  readonly dedupe: boolean;
  /** A claimer reads on after its fence, or the record it collided with, and is active only if its fence came last. */
  readonly rereadAroundFence: boolean;
}

export const ALL_GUARDS: CommitGuards = {
  ownTokenOnConflict: true,
  chainRule: true,
  epochNeverBack: true,
  ackAfterDurable: true,
  dedupe: true,
  rereadAroundFence: true,
};
