/** A liquidation from its start to its end: the largest loss first, figures anew after every step (spec 03). */
import { accruedFunding } from '../funding/index.ts';
import {
  CROSS,
  isLiquidationPaused,
  isScopeFresh,
  keysOf,
  riskFiguresOf,
  riskLevelOf,
} from '../liquidation/requirement.ts';
import { usd, type Usd } from '../money/index.ts';
import { type Draft, emit, viewOf } from './draft.ts';
import type { AccountEvent, RiskFigures } from './events.ts';
import { type Step, stepInternally } from './liquidation-step.ts';
import { stepAtVenue } from './liquidation-venue.ts';
import { unrealizedPnl } from './margin.ts';
import type { Order, RiskEpisode } from './model.ts';
import { stopOrder } from './order-end.ts';
import { leverageSettingOf } from './state.ts';
import { terminateTwaps } from './twap-end.ts';
import { orderOf } from './order-list.ts';

/** Steps of one decision; the host asks again where more is left. */
const STEPS_MAX = 50;

/** True where some position of the scope may be closed now. */
export function canLiquidate(draft: Draft, scope: string): boolean {
  const { state, context } = draft;
  return isScopeFresh(state, scope, context) && keysOf(state, scope).some((key) => !isPaused(draft, key));
}

export function startLiquidation(draft: Draft, scope: string, figures: RiskFigures): void {
  const { at, state } = draft;
  const liquidationId = `${state.accountId}:${scope}:${at}`;
  const since = state.episodes[scope]?.since ?? at;
  const episode: RiskEpisode = { level: 'liquidating', since, liquidationId, steps: 0, attempts: 0 };
  emit(draft, { type: 'LiquidationStarted', scope, liquidationId, figures, episode });
  continueLiquidation(draft, scope);
}

/** Takes the steps that can be taken now. Called again it goes on where it stands; while the venue decides, it waits. */
export function continueLiquidation(draft: Draft, scope: string): void {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const episode = draft.state.episodes[scope];
    if (episode?.level !== 'liquidating' || isAtVenue(draft, episode)) return;
    const figures = riskFiguresOf(draft.state, scope, draft.context);
    if (figures === undefined) return;
    if (endIfOver(draft, { scope, episode, figures })) return;
    if (!isScopeFresh(draft.state, scope, draft.context)) return;
    cancelOrders(draft, scope);
    if (episode.retryAt !== undefined && episode.retryAt > draft.at) return;
    const key = nextKey(draft, scope, episode);
    if (key === undefined) return handOverIfStuck(draft, { scope, episode, figures });
    takeStep(draft, { scope, key, episode, figures });
  }
}

function takeStep(draft: Draft, step: Step): void {
  if (draft.state.positions[step.key]?.route === 'HYPERLIQUID') stepAtVenue(draft, step);
  else stepInternally(draft, step);
}

const isAtVenue = (draft: Draft, { orderId }: RiskEpisode): boolean =>
  orderId !== undefined && orderOf(draft.state.orders, orderId) !== undefined;

type Standing = Omit<Step, 'key'>;

/** Closed where nothing is left; recovered where the equity is over the requirement again, on fresh marks. */
function endIfOver(draft: Draft, standing: Standing): boolean {
  const { scope, figures } = standing;
  if (keysOf(draft.state, scope).length === 0) {
    end(draft, standing, 'closed');
    return true;
  }
  if (figures.equity <= figures.maintenance || !isScopeFresh(draft.state, scope, draft.context)) return false;
  end(draft, standing, 'recovered');
  return true;
}

/** Where only positions are left that the venue would not close, people take over. */
function handOverIfStuck(draft: Draft, standing: Standing): void {
  const stuck = standing.episode.stuckKeys ?? [];
  const isStuck = keysOf(draft.state, standing.scope).every((key) => stuck.includes(key));
  if (isStuck) end(draft, standing, 'takeover');
}

function end(
  draft: Draft,
  { scope, episode, figures }: Standing,
  outcome: Extract<AccountEvent, { type: 'LiquidationEnded' }>['outcome'],
): void {
  const { since, steps, attempts, liquidationId = '' } = episode;
  const base = { since, steps: 0, attempts: 0 };
  const level = riskLevelOf(figures);
  const after: RiskEpisode | undefined =
    outcome === 'takeover'
      ? { level: 'takeover', since, liquidationId, steps, attempts }
      : outcome === 'closed' || level === 'safe'
        ? undefined
        : { level: level === 'warn50' ? 'warned50' : 'warned80', ...base };
  emit(draft, { type: 'LiquidationEnded', scope, liquidationId, outcome, figures, episode: after });
}

/** What may still fill of the scope would move what is being closed: all of it is cancelled, as at Hyperliquid. */
function cancelOrders(draft: Draft, scope: string): void {
  terminateTwaps(draft, (twap) => isInScope(draft, scope, twap));
  for (const order of draft.state.orders) {
    if (order.liquidationId !== undefined || !isInScope(draft, scope, order)) continue;
    const isAsked = order.legs.every((leg) => leg.status === 'done' || leg.isCancelRequested === true);
    if (!isAsked) stopOrder(draft, order, { cause: 'liquidated', status: 'liquidatedCanceled' });
  }
}

function isInScope(draft: Draft, scope: string, { symbol }: Pick<Order, 'symbol'>): boolean {
  if (scope !== CROSS) return draft.state.positions[scope]?.symbol === symbol;
  // What its market is not known of yet waits for the next check.
  const view = draft.context.markets[symbol];
  return view !== undefined && leverageSettingOf(draft.state, view.instrument).marginMode === 'cross';
}

const isPaused = (draft: Draft, key: string): boolean =>
  isLiquidationPaused(draft.context.policy, draft.state.positions[key]?.symbol ?? '');

/** The largest floating loss. */
function nextKey(draft: Draft, scope: string, episode: RiskEpisode): string | undefined {
  const stuck = episode.stuckKeys ?? [];
  const candidates = keysOf(draft.state, scope)
    .filter((key) => !stuck.includes(key) && !isPaused(draft, key))
    .map((key) => ({ key, gain: gainOf(draft, key) }));
  let worst = candidates[0];
  for (const candidate of candidates) if (worst !== undefined && candidate.gain < worst.gain) worst = candidate;
  return worst?.key;
}

/** Unrealised PnL less accrued funding, 10⁻⁶ USD. */
function gainOf(draft: Draft, key: string): Usd {
  const position = draft.state.positions[key];
  if (position === undefined) return usd(0n);
  const { markPrice } = viewOf(draft, position.symbol);
  return usd(unrealizedPnl(position, markPrice) - accruedFunding(position, draft.context.funding));
}
