/** Sets an account's watches: where its marks may go before its next level can be reached. */
import type { AccountState, Position, RiskEpisode } from '../account/model.ts';
import type { Pricing } from '../account/pricing.ts';
import { CLEAR_LEVEL, isolatedPrice, maintenanceNear, nextLevelOf, type TierFacts, toleranceOf } from './bands.ts';
import { CROSS } from './requirement.ts';
import { laddersOf, numberOf, type RiskIndex, type RouteLadders, tiersIn, unwatch, watch } from './risk-index.ts';

/** One position in doubles. */
interface Held {
  readonly ladders: RouteLadders;
  readonly tiers: TierFacts;
  /** Signed lots, and the mark in ticks. */
  readonly size: number;
  readonly mark: number;
  readonly notional: number;
  /** Unrealised PnL less accrued funding, 10⁻⁶ USD. */
  readonly value: number;
}

/**
 * `near` = a level may be there already: to be looked at exactly, and nothing is watched. `unpriced` = a market is not
 * known yet.
 */
export type Banded = 'watched' | 'near' | 'unpriced';

export function bandAccount(index: RiskIndex, account: AccountState, pricing: Pricing): Banded {
  const known = index.numbers.get(account.accountId);
  if (known !== undefined) unwatch(index, known);
  let scopes = 0;
  let isNear = false;
  const cross: { readonly position: Position; readonly held: Held }[] = [];
  const banding = { index, number: -1 };
  for (const key in account.positions) {
    const position = account.positions[key];
    if (position === undefined) continue;
    if (banding.number === -1) banding.number = numberOf(index, account.accountId);
    const held = heldOf(index, { key, position }, pricing);
    if (held === undefined) {
      unwatch(index, banding.number);
      return 'unpriced';
    }
    if (position.marginMode === 'cross') cross.push({ position, held });
    else {
      scopes += account.episodes[key] === undefined ? 0 : 1;
      if (!bandIsolated(banding, { position, held, episode: account.episodes[key] })) isNear = true;
    }
  }
  if (cross.length > 0) {
    scopes += account.episodes[CROSS] === undefined ? 0 : 1;
    if (!bandCross(banding, account, cross)) isNear = true;
  }
  // An episode of what is not held any more ends at once.
  if (scopes !== countOf(account.episodes)) isNear = true;
  if (!isNear) return 'watched';
  if (banding.number !== -1) unwatch(index, banding.number);
  return 'near';
}

function countOf(record: object): number {
  let count = 0;
  for (const _key in record) count += 1;
  return count;
}

interface Banding {
  readonly index: RiskIndex;
  readonly number: number;
}

function heldOf(
  index: RiskIndex,
  { key, position }: { readonly key: string; readonly position: Position },
  { markets, funding }: Pricing,
): Held | undefined {
  const view = markets[position.symbol];
  if (view === undefined) return undefined;
  const tiers = tiersIn(index, view);
  const ladders = laddersOf(index, key, { tiers, funding });
  const size = Number(position.size);
  const mark = Number(view.markPrice);
  const signed = size * mark;
  const entry = Number(position.entryNotional);
  const accrued = (size * Number(ladders.fundingIndex - position.fundingIndex)) / 1e12;
  const value = (size > 0 ? signed - entry : signed + entry) - accrued;
  return { ladders, tiers, size, mark, notional: Math.abs(signed), value };
}

/** False where a level may be there already. */
function bandIsolated(
  { index, number }: Banding,
  of: { readonly position: Position; readonly held: Held; readonly episode: RiskEpisode | undefined },
): boolean {
  const { position, held, episode } = of;
  const { ladders, tiers, size, mark, notional } = held;
  if (episode?.level === 'liquidating') return true;
  const equity = Number(position.isolatedMargin) + held.value;
  const maintenance = maintenanceNear(tiers, notional);
  const tolerance = toleranceOf(equity, notional);
  const level = nextLevelOf(episode);
  const isLong = size > 0;
  if (level !== undefined) {
    if (equity - level * maintenance <= tolerance) return false;
    const price = isolatedPrice(tiers, { size, mark, equity: equity - tolerance }, level);
    watch(index, ladders, { number, side: isLong ? 'below' : 'above', price, mark });
  }
  if (episode === undefined) return true;
  if (CLEAR_LEVEL * maintenance - equity <= tolerance) return false;
  const price = isolatedPrice(tiers, { size, mark, equity: equity + tolerance }, CLEAR_LEVEL);
  watch(index, ladders, { number, side: isLong ? 'above' : 'below', price, mark });
  return true;
}

/**
 * The slack is shared so that every position may move by the same part of its mark: until one has, the sum cannot have
 * used it up. False where a level may be there already.
 */
function bandCross(
  banding: Banding,
  account: AccountState,
  cross: readonly { readonly position: Position; readonly held: Held }[],
): boolean {
  const episode = account.episodes[CROSS];
  if (episode?.level === 'liquidating') return true;
  let equity = Number(account.wallet);
  let maintenance = 0;
  let notional = 0;
  let weight = 0;
  for (const { position, held } of cross) {
    equity += held.value;
    notional += held.notional;
    weight += held.notional * (1 + CLEAR_LEVEL * held.tiers.rateMax);
    maintenance += maintenanceShare(account, position, held);
  }
  const tolerance = toleranceOf(equity, notional);
  const level = nextLevelOf(episode);
  if (level !== undefined) {
    const slack = equity - level * maintenance - tolerance;
    if (slack <= 0) return false;
    watchAll(banding, cross, { part: slack / weight, isAdverse: true });
  }
  if (episode === undefined) return true;
  const missing = CLEAR_LEVEL * maintenance - equity - tolerance;
  if (missing <= 0) return false;
  watchAll(banding, cross, { part: missing / weight, isAdverse: false });
  return true;
}

function watchAll(
  { index, number }: Banding,
  cross: readonly { readonly held: Held }[],
  { part, isAdverse }: { readonly part: number; readonly isAdverse: boolean },
): void {
  for (const { held } of cross) {
    const { ladders, size, mark } = held;
    const side = size > 0 === isAdverse ? 'below' : 'above';
    const price = side === 'below' ? mark * (1 - part) : mark * (1 + part);
    watch(index, ladders, { number, side, price, mark });
  }
}

/** As in `requirement.ts`: a coin's routes count together, with its INTERNAL position. */
function maintenanceShare(account: AccountState, position: Position, { tiers, notional, mark }: Held): number {
  const isInternal = position.route === 'INTERNAL';
  const other = account.positions[`${position.symbol}:${isInternal ? 'HYPERLIQUID' : 'INTERNAL'}`];
  if (other?.marginMode !== 'cross') return maintenanceNear(tiers, notional);
  return isInternal ? maintenanceNear(tiers, notional + Math.abs(Number(other.size)) * mark) : 0;
}
