export { ALL_GUARDS, type CommitGuards } from './guards.ts';
export { ClaimContestedError, CommitAbortedError, FencedError } from './errors.ts';
export { CHAIN_START, continuesChain, replay } from './replay.ts';
export type { ChainPosition, CommittedBatch, ReplayOptions } from './replay.ts';
export { claim, type ClaimOptions } from './claim.ts';
export { createJournalWriter, type JournalWriter, type WriterOptions } from './writer.ts';
export type { Durable } from './waiters.ts';
