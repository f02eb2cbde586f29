/** What became of a step at the venue: its event with actual fills, the next attempt, and on with the liquidation. */
import { riskFiguresOf } from '../liquidation/requirement.ts';
import { averagePrice, divide, magnitude, usd, type Usd, ZERO_USD } from '../money/index.ts';
import { type Draft, emit } from './draft.ts';
import { afterStep, liquidationPolicyOf, slippageOf } from './liquidation-step.ts';
import { RETRIES, RETRY_DELAY_MS } from './liquidation-venue.ts';
import { continueLiquidation } from './liquidation.ts';
import type { Order, Position, RiskEpisode, VenueStep } from './model.ts';
import { orderOf } from './order-list.ts';

/** To be called where an order of a liquidation has ended: books the step, then goes on. */
export function venueStepDecided(draft: Draft, order: Order): void {
  if (order.liquidationId === undefined || orderOf(draft.state.orders, order.orderId) !== undefined) return;
  const found = Object.entries(draft.state.episodes).find(([, { orderId }]) => orderId === order.orderId);
  const venueStep = found?.[1].venueStep;
  if (found === undefined || venueStep === undefined) return;
  const [scope, episode] = found;
  const ended = draft.state.closedVenueOrders.findLast(({ orderId }) => orderId === order.orderId) ?? order;
  const isFilled = ended.filledSize >= ended.size;
  const next = isFilled
    ? afterStep(draft, { episode, key: venueStep.key, isWhole: draft.state.positions[venueStep.key] === undefined })
    : afterFailure(draft, episode, venueStep.key);
  // Part of it filled: a step of its own, also where the rest is tried again.
  const after = { ...next, steps: episode.steps + (ended.filledSize > 0n ? 1 : 0) };
  if (ended.filledSize > 0n) emitStep(draft, { scope, episode, venueStep, ended, after });
  if (!isFilled) emit(draft, { type: 'LiquidationWaiting', scope, cause: 'notFilled', episode: after });
  continueLiquidation(draft, scope);
}

/** Once more in a second; after the limit order too has failed, the position is left to people. */
function afterFailure(draft: Draft, episode: RiskEpisode, key: string): RiskEpisode {
  const { orderId: _ended, venueStep: _step, ...rest } = episode;
  if (episode.attempts > RETRIES) return { ...rest, attempts: 0, stuckKeys: [...(episode.stuckKeys ?? []), key] };
  return { ...rest, attempts: episode.attempts + 1, retryAt: draft.at + RETRY_DELAY_MS };
}

function emitStep(
  draft: Draft,
  step: {
    readonly scope: string;
    readonly episode: RiskEpisode;
    readonly venueStep: VenueStep;
    readonly ended: Order;
    readonly after: RiskEpisode;
  },
): void {
  const { scope, episode, venueStep, ended, after } = step;
  const { position, markPrice, key, equity, maintenance } = venueStep;
  const closePrice = averagePrice(ended.filledNotional, ended.filledSize);
  const closed = ended.filledSize;
  const left = draft.state.positions[key];
  const remainder = remainderOf(draft, ended.orderId);
  const isForfeit = liquidationPolicyOf(draft).remainder === 'FORFEIT';
  const figures = { equity, maintenance };
  emit(draft, {
    type: 'LiquidationStepped',
    scope,
    liquidationId: episode.liquidationId ?? '',
    step: after.steps,
    positionId: position.positionId,
    symbol: position.symbol,
    route: position.route,
    size: position.size,
    closedSize: closed,
    markPrice,
    closePrice,
    slippage: slippageOf({ position, closed, markPrice, closePrice }),
    pnl: pnlOf(position, ended),
    remainder,
    marginZeroed: left === undefined && isForfeit ? position.isolatedMargin : ZERO_USD,
    badDebt: badDebtOf(draft, ended.orderId),
    before: figures,
    after: riskFiguresOf(draft.state, scope, draft.context) ?? figures,
    position: left,
    transfers: [],
    episode: after,
  });
}

/** Of what the order closed: its proceeds against its share of the entry. */
function pnlOf(position: Position, { filledSize, filledNotional }: Order): Usd {
  const isLong = position.size > 0n;
  const share = divide(position.entryNotional * filledSize, magnitude(position.size), isLong ? 'up' : 'down');
  return usd(isLong ? filledNotional - share : share - filledNotional);
}

/** What the fills of this decision took to the reserve, or gave back, of the margin. */
function remainderOf(draft: Draft, orderId: number): Usd {
  return sumOf(draft, orderId, (type) => type === 'liquidation' || type === 'margin-release');
}

function badDebtOf(draft: Draft, orderId: number): Usd {
  return sumOf(draft, orderId, (type) => type === 'bad-debt');
}

/** Σ of what the user's pots gave or received in transfers of the type, absolute, over the order's fills of this decision. */
function sumOf(draft: Draft, orderId: number, isWanted: (type: string) => boolean): Usd {
  let sum = 0n;
  for (const event of draft.events) {
    if (event.type !== 'OrderFilled' || event.orderId !== orderId) continue;
    for (const { type, postings } of event.transfers) {
      if (!isWanted(type)) continue;
      const own = postings.filter((one) => 'pot' in one);
      const posting = own.find(({ pot }) => pot !== 'wallet') ?? own[0];
      if (posting !== undefined) sum += posting.amount < 0n ? -posting.amount : posting.amount;
    }
  }
  return usd(sum);
}
