import { marginLock, type Transfer } from '../ledger/index.ts';
import { absoluteNotional, usd, type Usd } from '../money/index.ts';
import type { MarketView } from '../market/index.ts';
import { type Draft, emit } from './draft.ts';
import { availableMargin, marginAt } from './margin.ts';
import type { LeverageSetting, Position } from './model.ts';
import type { Rejection } from './results.ts';
import { positionOn } from './state.ts';

/**
 * Sets leverage and mode of a symbol. With an open position the mode is locked; a lower leverage takes the margin it
 * needs from what is available, a higher one gives nothing back by itself.
 */
export function updateLeverage(
  draft: Draft,
  update: { readonly symbol: string; readonly setting: LeverageSetting },
): Rejection | undefined {
  const { symbol, setting } = update;
  const view = draft.context.markets[symbol];
  if (view === undefined || view.instrument.isDelisted) return { reason: 'UnknownSymbol', symbol };
  const { instrument } = view;
  const { leverage, marginMode } = setting;
  if (!Number.isInteger(leverage) || leverage < 1 || leverage > instrument.maxLeverage)
    return { reason: 'InvalidLeverage' };
  if (marginMode === 'cross' && instrument.onlyIsolated) return { reason: 'CrossNotAllowed' };
  const positions = openPositions(draft, symbol);
  if (positions.some((position) => position.marginMode !== marginMode)) return { reason: 'MarginModeLocked' };
  return apply(draft, { view, setting, positions });
}

function apply(
  draft: Draft,
  update: { readonly view: MarketView; readonly setting: LeverageSetting; readonly positions: readonly Position[] },
): Rejection | undefined {
  const { view, setting, positions } = update;
  const changes = positions.map((position) => withLeverage(position, setting.leverage, view));
  const needed = usd(changes.reduce((sum, change) => sum + change.needed, 0n));
  if (needed > 0n) {
    const available = availableMargin(draft.state, draft.context);
    if (available === undefined) return { reason: 'MarketDataUnavailable' };
    if (needed > available) return { reason: 'LeverageNeedsMargin', marginMode: setting.marginMode };
  }
  emit(draft, {
    type: 'LeverageUpdated',
    symbol: view.instrument.symbol,
    setting,
    positions: changes.map(({ position }) => position),
    transfers: changes.flatMap(({ transfers }) => transfers),
  });
  return undefined;
}

/** The position under the new leverage, and what it takes from the available margin (10⁻⁶ USD). */
function withLeverage(
  position: Position,
  leverage: number,
  view: MarketView,
): { readonly position: Position; readonly needed: Usd; readonly transfers: readonly Transfer[] } {
  const changed = { ...position, leverage };
  if (position.marginMode === 'cross') {
    const value = absoluteNotional(view.markPrice, position.size);
    const margin = marginAt(view.instrument, value, leverage);
    const marginBefore = marginAt(view.instrument, value, position.leverage);
    return { position: changed, needed: usd(margin > marginBefore ? margin - marginBefore : 0n), transfers: [] };
  }
  const target = marginAt(view.instrument, position.entryNotional, leverage);
  // A collateral that losses or funding have eaten is not topped up by raising the leverage.
  const isLowered = leverage < position.leverage;
  const added = usd(isLowered && target > position.isolatedMargin ? target - position.isolatedMargin : 0n);
  if (added === 0n) return { position: changed, needed: added, transfers: [] };
  const isolatedMargin = usd(position.isolatedMargin + added);
  return {
    position: { ...changed, isolatedMargin },
    needed: added,
    transfers: [marginLock(position.positionId, added)],
  };
}

const openPositions = (draft: Draft, symbol: string): readonly Position[] =>
  [positionOn(draft.state, symbol, 'INTERNAL'), positionOn(draft.state, symbol, 'HYPERLIQUID')].filter(
    (position) => position !== undefined,
  );
