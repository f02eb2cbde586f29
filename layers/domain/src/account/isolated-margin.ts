/** Collateral added to isolated positions or taken from them. Amounts in 10⁻⁶ USD. */
import { accruedFunding } from '../funding/index.ts';
import { marginLock, marginRelease, type Transfer } from '../ledger/index.ts';
import type { MarketView } from '../market/index.ts';
import { absoluteNotional, divide, maxUsd, minUsd, usd, type Usd, ZERO_USD } from '../money/index.ts';
import type { AccountCommand } from './commands.ts';
import { type Draft, emit } from './draft.ts';
import { availableMargin, marginAt, unrealizedPnl } from './margin.ts';
import type { Position } from './model.ts';
import { checkTrading } from './order-checks.ts';
import type { Rejection } from './results.ts';
import { positionOn } from './state.ts';

type Adjust = Extract<AccountCommand, { type: 'AdjustIsolatedMargin' }>;

interface Adjusted {
  readonly position: Position;
  readonly transfers: readonly Transfer[];
}

/**
 * Adds (positive) or removes collateral. Where both routes hold the symbol, the INTERNAL position comes first: it
 * receives all of an addition, and gives what it can before the HYPERLIQUID one does.
 */
export function adjustIsolatedMargin(draft: Draft, { symbol, amount }: Adjust): Rejection | undefined {
  const view = draft.context.markets[symbol];
  if (view === undefined) return { reason: 'UnknownSymbol', symbol };
  const positions = (['INTERNAL', 'HYPERLIQUID'] as const)
    .map((route) => positionOn(draft.state, symbol, route))
    .filter((position) => position !== undefined);
  const [first] = positions;
  if (first === undefined) return { reason: 'NoPosition' };
  if (first.marginMode !== 'isolated') return { reason: 'NotIsolated' };
  const adjusted = amount >= 0n ? add(draft, first, amount) : remove(draft, { view, positions, amount: usd(-amount) });
  if ('reason' in adjusted) return adjusted;
  const changed = adjusted.filter(({ transfers }) => transfers.length > 0);
  if (changed.length === 0) return undefined;
  emit(draft, {
    type: 'IsolatedMarginAdjusted',
    symbol,
    amount,
    positions: changed.map(({ position }) => position),
    transfers: changed.flatMap(({ transfers }) => transfers),
  });
  return undefined;
}

function add(draft: Draft, position: Position, amount: Usd): readonly Adjusted[] | Rejection {
  const available = availableMargin(draft.state, draft.context);
  if (available === undefined) return { reason: 'MarketDataUnavailable' };
  if (amount > available) return { reason: 'InsufficientMargin' };
  if (amount === 0n) return [];
  const isolatedMargin = usd(position.isolatedMargin + amount);
  return [{ position: { ...position, isolatedMargin }, transfers: [marginLock(position.positionId, amount)] }];
}

function remove(
  draft: Draft,
  removal: { readonly view: MarketView; readonly positions: readonly Position[]; readonly amount: Usd },
): readonly Adjusted[] | Rejection {
  const { view, positions, amount } = removal;
  const held = checkTrading(draft, view);
  if (held !== undefined) return held;
  let left = amount;
  const adjusted = positions.map((position): Adjusted => {
    const taken = minUsd(left, removable(draft, position, view));
    if (taken === 0n) return { position, transfers: [] };
    left = usd(left - taken);
    const isolatedMargin = usd(position.isolatedMargin - taken);
    return { position: { ...position, isolatedMargin }, transfers: [marginRelease(position.positionId, taken)] };
  });
  return left > 0n ? { reason: 'MarginBelowRequirement' } : adjusted;
}

/** What the position holds beyond the larger of its initial margin and a tenth of its notional, at mark. */
function removable(draft: Draft, position: Position, view: MarketView): Usd {
  const value = absoluteNotional(view.markPrice, position.size);
  const required = maxUsd(marginAt(view.instrument, value, position.leverage), usd(divide(value, 10n, 'up')));
  const pnl = unrealizedPnl(position, view.markPrice);
  const equity = position.isolatedMargin + pnl - accruedFunding(position, draft.context.funding);
  return maxUsd(ZERO_USD, minUsd(position.isolatedMargin, usd(equity - required)));
}
