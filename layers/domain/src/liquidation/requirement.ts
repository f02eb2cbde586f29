/** What stands behind an account's risk and what it must be at least: exact, at marks, with accrued funding. 10⁻⁶ USD. */
import type { RiskFigures } from '../account/events.ts';
import { unrealizedPnl } from '../account/margin.ts';
import type { AccountState, Position, RiskEpisode } from '../account/model.ts';
import type { Pricing } from '../account/pricing.ts';
import { accruedFunding } from '../funding/index.ts';
import { maintenanceMargin, type MarketView, tiersOf } from '../market/index.ts';
import { magnitude, usd, type Usd, ZERO_USD } from '../money/index.ts';
import type { RoutingPolicy } from '../routing/model.ts';

/** The scope of everything that is not isolated. */
export const CROSS = 'cross';
/** Without an accepted mark for so long, nobody is liquidated on it, ms. */
export const RISK_MARK_AGE_MS_MAX = 10_000;

/** How near the requirement is to the equity: at 50 %, at 80 %, at 100 %. */
export type RiskLevel = 'safe' | 'warn50' | 'warn80' | 'liquidate';
/** What a check would find to do; undefined = nothing. */
export type RiskFinding = 'clear' | 'warn50' | 'warn80' | 'liquidate';

/** Scopes with positions or with an episode: isolated positions by key, then `cross`, which may get back what they leave. */
export function riskScopesOf(state: AccountState): readonly string[] {
  const scopes = new Set<string>(Object.keys(state.episodes));
  for (const key in state.positions) {
    scopes.add(state.positions[key]?.marginMode === 'isolated' ? key : CROSS);
  }
  if (scopes.size <= 1) return [...scopes];
  return [...scopes].sort((left, right) => (left === CROSS ? 1 : right === CROSS ? -1 : left < right ? -1 : 1));
}

/** Keys of the positions that a scope stands for, ascending. */
export function keysOf(state: AccountState, scope: string): readonly string[] {
  if (scope !== CROSS) return state.positions[scope]?.marginMode === 'isolated' ? [scope] : [];
  const keys: string[] = [];
  for (const key in state.positions) if (state.positions[key]?.marginMode === 'cross') keys.push(key);
  return keys.length > 1 ? keys.sort() : keys;
}

/**
 * Equity and maintenance of a scope. Both routes of a coin count together, gross: neither nets the other, and their
 * sum decides the tier. undefined where a market is not known; nothing but zeros (or the wallet) where nothing is held.
 */
export function riskFiguresOf(state: AccountState, scope: string, pricing: Pricing): RiskFigures | undefined {
  if (scope !== CROSS) {
    const position = state.positions[scope];
    return position?.marginMode === 'isolated' ? isolatedFigures(position, pricing) : NOTHING;
  }
  let equity: bigint = state.wallet;
  let maintenance = 0n;
  for (const key in state.positions) {
    const position = state.positions[key];
    if (position?.marginMode !== 'cross') continue;
    const view = pricing.markets[position.symbol];
    if (view === undefined) return undefined;
    equity += valueOf(position, view, pricing);
    maintenance += maintenanceShare(state, position, view);
  }
  return { equity: usd(equity), maintenance: usd(maintenance) };
}

const NOTHING: RiskFigures = { equity: ZERO_USD, maintenance: ZERO_USD };

function isolatedFigures(position: Position, pricing: Pricing): RiskFigures | undefined {
  const view = pricing.markets[position.symbol];
  if (view === undefined) return undefined;
  return {
    equity: usd(position.isolatedMargin + valueOf(position, view, pricing)),
    maintenance: maintenanceAt(view, magnitude(position.size)),
  };
}

/** Unrealised PnL less the funding that has accrued. */
const valueOf = (position: Position, { markPrice }: MarketView, { funding }: Pricing): bigint =>
  unrealizedPnl(position, markPrice) - accruedFunding(position, funding);

/** Maintenance of so many lots (absolute) at mark. */
export const maintenanceAt = (view: MarketView, lots: bigint): Usd =>
  maintenanceMargin(usd(view.markPrice * lots), tiersOf(view.instrument));

/** The coin's whole requirement is counted with its INTERNAL position, or with the only one. */
function maintenanceShare(state: AccountState, position: Position, view: MarketView): bigint {
  const other = state.positions[`${position.symbol}:${position.route === 'INTERNAL' ? 'HYPERLIQUID' : 'INTERNAL'}`];
  if (other?.marginMode !== 'cross') return maintenanceAt(view, magnitude(position.size));
  return position.route === 'INTERNAL' ? maintenanceAt(view, magnitude(position.size) + magnitude(other.size)) : 0n;
}

export function riskLevelOf({ equity, maintenance }: RiskFigures): RiskLevel {
  if (maintenance === 0n) return 'safe';
  if (equity <= maintenance) return 'liquidate';
  if (5n * maintenance >= 4n * equity) return 'warn80';
  return 2n * maintenance >= equity ? 'warn50' : 'safe';
}

/** What is new about these figures: a warning comes once per episode, and a liquidation that runs goes on by itself. */
export function findingOf(episode: RiskEpisode | undefined, figures: RiskFigures): RiskFinding | undefined {
  const level = riskLevelOf(figures);
  if (episode?.level === 'liquidating') return undefined;
  if (level === 'safe') return episode === undefined ? undefined : 'clear';
  if (episode?.level === 'takeover') return undefined;
  if (level === 'liquidate') return level;
  if (episode?.level === 'warned80') return undefined;
  return level === 'warn50' && episode !== undefined ? undefined : level;
}

/** True where liquidations of the symbol are stopped by hand. */
export const isLiquidationPaused = (policy: RoutingPolicy, symbol: string): boolean =>
  policy.pauses?.includes('liquidation') === true || policy.symbols[symbol]?.pauses?.includes('liquidation') === true;

/** True where every mark of the scope is fresh and accepted: only then is anybody liquidated. */
export function isScopeFresh(state: AccountState, scope: string, { markets }: Pricing): boolean {
  return keysOf(state, scope).every((key) => {
    const view = markets[state.positions[key]?.symbol ?? ''];
    return view !== undefined && view.markAgeMs <= RISK_MARK_AGE_MS_MAX && !view.isPriceHeld;
  });
}
