/** Answers to commands, remembered so that a repeat is answered the same and changes nothing (I4). */
import type { CommandResult } from '../account/index.ts';

/** A repeat later than this is not recognised by its id any more (nonces and deposit ids still are). ms. */
export const RESULT_KEPT_MS = 15 * 60_000;
export const RESULTS_PER_STREAM_MAX = 1_000;

export interface RememberedResult {
  readonly at: number;
  readonly result: CommandResult;
  /** Hash of the signed action; the same id with another hash is another command. */
  readonly hash?: string;
}

/** By command id, oldest first (a Map keeps insertion order). */
export type StreamResults = Map<string, RememberedResult>;

export function rememberResult(results: StreamResults, commandId: string, remembered: RememberedResult): void {
  results.set(commandId, remembered);
  for (const [oldestId, oldest] of results) {
    if (results.size <= RESULTS_PER_STREAM_MAX && oldest.at >= remembered.at - RESULT_KEPT_MS) return;
    results.delete(oldestId);
  }
}
