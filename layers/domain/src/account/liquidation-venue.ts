/** A step of a liquidation at the venue: one plain order at a time. */
import { bestLevel, type MarketView, roundedPrice, slippageLimit } from '../market/index.ts';
import { type Price, type Size, size, ZERO_SIZE, ZERO_USD } from '../money/index.ts';
import { type Draft, emit, takeOrderId, venueCloidFor, viewOf } from './draft.ts';
import { closableOn } from './legs.ts';
import { closingSide, sliceOf, type Step } from './liquidation-step.ts';
import { quoteOf } from './matching.ts';
import type { Order, Position, RiskEpisode, Side, VenueStep } from './model.ts';
import { requestVenueOrder } from './place-orders.ts';
import { remainingOf } from './state.ts';

/** Failed attempts that are repeated as they were; the next one is a limit order, and then people take over. */
export const RETRIES = 3;
export const RETRY_DELAY_MS = 1_000;
/** How long the limit order may rest. */
const LIMIT_MS = 10_000;
/** How long the answers to the cancels of the user's own closing orders are waited for. */
const CANCEL_WAIT_MS = 5_000;

export function stepAtVenue(draft: Draft, step: Step): void {
  const { scope, key, episode, figures } = step;
  const position = draft.state.positions[key];
  if (position === undefined) return;
  const lots = sendableSize(draft, step, position);
  if (lots === 0n) {
    const retryAt = draft.at + RETRY_DELAY_MS;
    emit(draft, { type: 'LiquidationWaiting', scope, cause: 'ordersInFlight', episode: { ...episode, retryAt } });
    return;
  }
  const view = viewOf(draft, position.symbol);
  const order = orderOf(draft, { view, position, lots, episode });
  const leg = order.legs[0];
  if (leg === undefined) return;
  emit(draft, { type: 'OrderPlaced', order, routingLatencyMs: draft.at - draft.receivedAt, quote: quoteOf(view) });
  requestVenueOrder(draft, { order, leg, view });
  const venueStep: VenueStep = { key, position, markPrice: view.markPrice, ...figures };
  const { retryAt: _due, ...rest } = episode;
  emit(draft, {
    type: 'LiquidationWaiting',
    scope,
    cause: 'venue',
    episode: { ...rest, orderId: order.orderId, venueStep },
  });
}

/** Lots of the step that no order of the user's may close as well: two orders never close one position. */
function sendableSize(draft: Draft, { key, episode }: Step, position: Position): Size {
  const wanted = sliceOf(draft, { position, key, episode });
  const by = { symbol: position.symbol, side: closingSide(position), route: 'HYPERLIQUID' as const };
  let left: bigint = closableOn(draft, by);
  if (draft.at - episode.since < CANCEL_WAIT_MS) left -= restingLots(draft, by);
  if (left <= 0n) return ZERO_SIZE;
  return left < wanted ? size(left) : wanted;
}

function restingLots(draft: Draft, { symbol, side }: { readonly symbol: string; readonly side: Side }): bigint {
  let lots = 0n;
  for (const order of draft.state.orders) {
    if (order.symbol !== symbol || order.side !== side) continue;
    for (const leg of order.legs) {
      if (leg.route === 'HYPERLIQUID' && leg.status === 'open') lots += remainingOf(leg);
    }
  }
  return lots;
}

interface Sending {
  readonly view: MarketView;
  readonly position: Position;
  readonly lots: Size;
  readonly episode: RiskEpisode;
}

function orderOf(draft: Draft, { view, position, lots, episode }: Sending): Order {
  const orderId = takeOrderId(draft);
  const isLimit = episode.attempts > RETRIES;
  const { policy } = draft.context;
  return {
    orderId,
    symbol: position.symbol,
    side: closingSide(position),
    size: lots,
    limitPrice: limitOf(draft, view, position),
    timeInForce: isLimit ? 'GTC' : 'IOC',
    reduceOnly: false,
    legs: [
      {
        route: 'HYPERLIQUID',
        size: lots,
        filledSize: ZERO_SIZE,
        decision: {
          route: 'HYPERLIQUID',
          reason: 'closes_hyperliquid_position',
          mode: policy.mode,
          thresholdUsed: ZERO_USD,
          policyVersion: policy.version,
        },
        venueCloid: venueCloidFor(draft, orderId, 0),
        status: 'pending',
      },
    ],
    filledSize: ZERO_SIZE,
    filledNotional: ZERO_USD,
    orderMargin: ZERO_USD,
    placedAt: draft.at,
    ...(isLimit ? { expiresAt: draft.at + LIMIT_MS } : {}),
    ...(episode.liquidationId === undefined ? {} : { liquidationId: episode.liquidationId }),
  };
}

/** The slippage cap beyond the best level, or beyond the mark where that side of the book is not known. */
function limitOf(draft: Draft, view: MarketView, position: Position): Price {
  const side = closingSide(position);
  const best = bestLevel(view, side)?.price ?? view.markPrice;
  const limit = slippageLimit(best, side, draft.context.policy.slippageCapTenthsBps);
  return roundedPrice(view.instrument, limit, side === 'buy' ? 'up' : 'down');
}
