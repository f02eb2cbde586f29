import { gainTransfer, type Transfer } from '../ledger/index.ts';
import { usd, type Usd } from '../money/index.ts';
import { type Draft, emit } from './draft.ts';
import { unrealizedPnl } from './margin.ts';
import type { Position } from './model.ts';
import { positionKey } from './state.ts';

interface Gain {
  readonly key: string;
  readonly position: Position;
  /** At mark, 10⁻⁶ USD, positive. */
  readonly gain: Usd;
}

/**
 * Turns floating gains of cross positions into money, largest first, until `needed` (10⁻⁶ USD) is there or no gain is
 * left. Sizes stay, entries move by what was paid, equity is the same: so a loss or a fee that the wallet alone cannot
 * pay is paid by the account that holds the gains, and not by `bad-debt`.
 */
export function realizeGains(draft: Draft, needed: Usd, exceptKey?: string): void {
  let left: bigint = needed;
  const positions: Position[] = [];
  const transfers: Transfer[] = [];
  for (const { key, position, gain } of left > 0n ? gainsOf(draft) : []) {
    if (left <= 0n || key === exceptKey) continue;
    const amount = usd(gain < left ? gain : left);
    left -= amount;
    const moved = position.size > 0n ? amount : -amount;
    positions.push({ ...position, entryNotional: usd(position.entryNotional + moved) });
    transfers.push(gainTransfer(position.route, position.positionId, amount));
  }
  if (positions.length > 0) emit(draft, { type: 'GainsRealized', positions, transfers });
}

/** Largest first; a position whose market is not known is worth nothing here. */
function gainsOf({ state, context }: Draft): readonly Gain[] {
  return Object.values(state.positions)
    .filter(({ marginMode }) => marginMode === 'cross')
    .flatMap((position) => {
      const view = context.markets[position.symbol];
      const gain = view === undefined ? usd(0n) : unrealizedPnl(position, view.markPrice);
      return gain > 0n ? [{ key: positionKey(position.symbol, position.route), position, gain }] : [];
    })
    .sort((left, right) =>
      left.gain === right.gain ? (left.key < right.key ? -1 : 1) : left.gain > right.gain ? -1 : 1,
    );
}
