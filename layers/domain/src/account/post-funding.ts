import type { AccountCommand } from './commands.ts';
import type { Draft } from './draft.ts';
import type { Rejection } from './results.ts';
import type { Route } from '../routing/model.ts';

export function postFunding(draft: Draft, routes: readonly Route[]): Rejection | undefined {
  return routes.length === 0 && draft.events.length > 0 ? { reason: 'OrderNotFound' } : undefined;
}

export function correctFunding(
  draft: Draft,
  { symbol }: Extract<AccountCommand, { type: 'CorrectFunding' }>,
): Rejection | undefined {
  return draft.context.markets[symbol] === undefined ? { reason: 'UnknownSymbol', symbol } : undefined;
}
