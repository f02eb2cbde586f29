import type { AccountCommand } from './commands.ts';
import { cancelOrder } from './cancel.ts';
import { type Draft, emit } from './draft.ts';
import type { CancelOutcome, Rejection } from './results.ts';

export function cancelAll(
  draft: Draft,
  { symbol }: Extract<AccountCommand, { type: 'CancelAll' }>,
): readonly CancelOutcome[] {
  return Object.values(draft.state.orders)
    .filter((order) => symbol === undefined || order.symbol === symbol)
    .map(({ symbol: of, orderId }) => cancelOrder(draft, { symbol: of, orderId }));
}

export function scheduleCancel(draft: Draft, cancelAllAt: number | undefined): Rejection | undefined {
  emit(draft, { type: 'CancelAllScheduled', cancelAllAt });
  return undefined;
}
