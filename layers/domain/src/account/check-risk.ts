/** Looks at each scope of the account at the accepted marks: clears, warns once, liquidates, goes on with a liquidation. */
import { findingOf, isScopeFresh, riskFiguresOf, riskScopesOf } from '../liquidation/requirement.ts';
import { type Draft, emit } from './draft.ts';
import type { RiskFigures } from './events.ts';
import { canLiquidate, continueLiquidation, startLiquidation } from './liquidation.ts';
import type { Rejection } from './results.ts';

/** Asked again at the same prices it finds nothing new. A scope whose market is not known is left as it is. */
export function checkRisk(draft: Draft): Rejection | undefined {
  if (draft.state.owner === undefined) return { reason: 'UnknownAccount' };
  for (const scope of riskScopesOf(draft.state)) checkScope(draft, scope);
  return undefined;
}

function checkScope(draft: Draft, scope: string): void {
  const episode = draft.state.episodes[scope];
  if (episode?.level === 'liquidating') {
    continueLiquidation(draft, scope);
    return;
  }
  const figures = riskFiguresOf(draft.state, scope, draft.context);
  if (figures === undefined) return;
  switch (findingOf(episode, figures)) {
    case undefined:
      return;
    case 'clear':
      if (isScopeFresh(draft.state, scope, draft.context)) emit(draft, { type: 'RiskCleared', scope });
      return;
    case 'warn50':
      warn(draft, { scope, figures, level: 50 });
      return;
    case 'warn80':
      warn(draft, { scope, figures, level: 80 });
      return;
    case 'liquidate':
      // A mark that is not fresh, or a stop by hand, leaves no more than the warning.
      if (canLiquidate(draft, scope)) startLiquidation(draft, scope, figures);
      else if (episode?.level !== 'warned80') warn(draft, { scope, figures, level: 80 });
  }
}

function warn(
  draft: Draft,
  { scope, figures, level }: { readonly scope: string; readonly figures: RiskFigures; readonly level: 50 | 80 },
): void {
  const since = draft.state.episodes[scope]?.since ?? draft.at;
  const episode = { level: level === 50 ? 'warned50' : 'warned80', since, steps: 0, attempts: 0 } as const;
  emit(draft, { type: 'RiskWarned', scope, level, figures, episode });
}
