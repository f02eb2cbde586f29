import type { AccountCommand } from './commands.ts';
import type { Draft } from './draft.ts';
import type { Rejection } from './results.ts';

export function adjustIsolatedMargin(
  draft: Draft,
  { symbol }: Extract<AccountCommand, { type: 'AdjustIsolatedMargin' }>,
): Rejection | undefined {
  return draft.context.markets[symbol] === undefined ? { reason: 'UnknownSymbol', symbol } : undefined;
}
