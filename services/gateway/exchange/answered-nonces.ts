/**
 * Actions whose answer has left. Sent again they are replays, and Hyperliquid calls them duplicates; an action whose
 * outcome stayed unknown is not among them: sent again it gets the engine's stored answer.
 */
import type { Rejection } from '@perps/domain/account';
import { createBoundedMap } from '../engine/bounded-map.ts';

/** Per process; what falls out, or was answered by another gateway, still gets the stored answer and has no effect. */
const COMMANDS_MAX = 50_000;

/** Refusals that leave the nonce free. */
const NOT_CONSUMED: ReadonlySet<Rejection['reason']> = new Set([
  'UnknownAccount',
  'UnknownSigner',
  'DuplicateNonce',
  'NonceTooLow',
  'NonceTooHigh',
  'Overloaded',
]);

export interface AnsweredNonces {
  has(commandId: string): boolean;
  remember(commandId: string, rejection: Rejection | undefined): void;
  /** An attempt ended without the engine's word: it may have been done. */
  leaveOpen(commandId: string): void;
  isOpen(commandId: string): boolean;
}

export function createAnsweredNonces(): AnsweredNonces {
  const answered = createBoundedMap<true>(COMMANDS_MAX);
  const open = createBoundedMap<true>(COMMANDS_MAX);
  return {
    has: (commandId) => answered.get(commandId) !== undefined,
    remember(commandId, rejection) {
      open.delete(commandId);
      if (rejection === undefined || !NOT_CONSUMED.has(rejection.reason)) answered.set(commandId, true);
    },
    leaveOpen: (commandId) => open.set(commandId, true),
    isOpen: (commandId) => open.get(commandId) !== undefined,
  };
}
