import type { AccountEvent } from './events.ts';
import type { AccountState } from './model.ts';

/**
 * People have looked at what was handed to them: the scope is judged anew with the next check, from the first step on.
 * Nothing where it was not handed over.
 */
export const resumeLiquidation = ({ episodes }: AccountState, scope: string): readonly AccountEvent[] =>
  episodes[scope]?.level === 'takeover' ? [{ type: 'RiskCleared', scope }] : [];
