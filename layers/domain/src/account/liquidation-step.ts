/** A step of a liquidation on the INTERNAL route: settled at the mark, half the spread worse, without a fee. */
import { riskFiguresOf } from '../liquidation/requirement.ts';
import { type MarketView, slippageLimit } from '../market/index.ts';
import { absoluteNotional, magnitude, price, type Price, type Size, size, usd, ZERO_USD } from '../money/index.ts';
import type { LiquidationPolicy } from '../routing/model.ts';
import { type Draft, emit, takeOrderId, takeTradeId, viewOf } from './draft.ts';
import type { AccountEvent, RiskFigures } from './events.ts';
import { evolve } from './evolve.ts';
import { displayedPnl } from './fill.ts';
import { closeLiquidated } from './liquidation-money.ts';
import { quoteOf } from './matching.ts';
import type { Position, RiskEpisode, Side } from './model.ts';
import { followPositions } from './order-end.ts';
import { postAccrued } from './post-funding.ts';
import { realizeGains } from './realize-gains.ts';

const DEFAULT_POLICY: LiquidationPolicy = { remainder: 'FORFEIT', firstSlicePercent: 20, sliceDelayMs: 30_000 };

export const liquidationPolicyOf = (draft: Draft): LiquidationPolicy =>
  draft.context.policy.liquidation ?? DEFAULT_POLICY;

/** One step, and what it starts from. */
export interface Step {
  readonly scope: string;
  readonly key: string;
  readonly episode: RiskEpisode;
  readonly figures: RiskFigures;
}

export function stepInternally(draft: Draft, { scope, key, episode, figures }: Step): void {
  postAccrued(draft, draft.state.positions[key]);
  const position = draft.state.positions[key];
  if (position === undefined) return;
  const view = viewOf(draft, position.symbol);
  const { markPrice } = view;
  const closed = sliceOf(draft, { position, key, episode });
  const closePrice = closePriceOf(draft, view, position);
  const { remainder } = liquidationPolicyOf(draft);
  const closing = { position, closed, price: closePrice, fee: ZERO_USD, remainder };
  const trial = closeLiquidated({ ...closing, wallet: draft.state.wallet });
  // What the wallet cannot pay, the scope's own gains pay before anybody else does.
  const isWalletShort = position.marginMode === 'cross' && trial.badDebt > 0n;
  if (isWalletShort) realizeGains(draft, trial.badDebt, key);
  const result = isWalletShort ? closeLiquidated({ ...closing, wallet: draft.state.wallet }) : trial;
  const isWhole = result.position === undefined;
  const stepped: Stepped = {
    type: 'LiquidationStepped',
    scope,
    liquidationId: episode.liquidationId ?? '',
    step: episode.steps + 1,
    positionId: position.positionId,
    symbol: position.symbol,
    route: position.route,
    size: position.size,
    closedSize: closed,
    markPrice,
    closePrice,
    slippage: slippageOf({ position, closed, markPrice, closePrice }),
    pnl: result.pnl,
    remainder: result.remainder,
    marginZeroed: isWhole && remainder === 'FORFEIT' ? position.isolatedMargin : ZERO_USD,
    badDebt: result.badDebt,
    before: figures,
    after: figures,
    position: result.position,
    transfers: result.transfers,
    episode: afterStep(draft, { episode, key, isWhole }),
    fill: {
      at: draft.at,
      orderId: takeOrderId(draft),
      tradeId: takeTradeId(draft),
      szDecimals: view.instrument.szDecimals,
      closedPnl: displayedPnl(position, closed, closePrice),
      quote: quoteOf(view),
      mode: draft.context.policy.mode,
      policyVersion: draft.context.policy.version,
    },
  };
  const after = riskFiguresOf(evolve(draft.state, stepped), scope, draft.context);
  emit(draft, { ...stepped, after: after ?? figures });
  followPositions(draft, position.symbol);
}

type Stepped = Extract<AccountEvent, { type: 'LiquidationStepped' }>;

/** What this step closes (lots): the whole, or the first slice of what is large. */
export function sliceOf(
  draft: Draft,
  { position, key, episode }: { readonly position: Position; readonly key: string; readonly episode: RiskEpisode },
): Size {
  const whole = magnitude(position.size);
  const { sliceAbove, firstSlicePercent } = liquidationPolicyOf(draft);
  if (sliceAbove === undefined || episode.slicedKey === key) return whole;
  const value = absoluteNotional(viewOf(draft, position.symbol).markPrice, position.size);
  if (value <= sliceAbove) return whole;
  const slice = (whole * BigInt(firstSlicePercent)) / 100n;
  return slice === 0n ? whole : size(slice);
}

/** The episode after a step that closed what it meant to; after a slice the rest waits. */
export function afterStep(
  draft: Draft,
  { episode, key, isWhole }: { readonly episode: RiskEpisode; readonly key: string; readonly isWhole: boolean },
): RiskEpisode {
  const { since, liquidationId, stuckKeys } = episode;
  return {
    level: 'liquidating',
    since,
    ...(liquidationId === undefined ? {} : { liquidationId }),
    steps: episode.steps + 1,
    attempts: 0,
    ...(stuckKeys === undefined ? {} : { stuckKeys }),
    ...(isWhole ? {} : { slicedKey: key, retryAt: draft.at + liquidationPolicyOf(draft).sliceDelayMs }),
  };
}

/** Close price against the mark, signed for the user: negative = worse. 10⁻⁶ USD. */
export function slippageOf(step: {
  readonly position: Position;
  readonly closed: Size;
  readonly markPrice: Price;
  readonly closePrice: Price;
}): ReturnType<typeof usd> {
  const { position, closed, markPrice, closePrice } = step;
  const better = position.size > 0n ? closePrice - markPrice : markPrice - closePrice;
  return usd(better * closed);
}

export const closingSide = ({ size: held }: Position): Side => (held > 0n ? 'sell' : 'buy');

/** Mark, half the spread worse, but never beyond the slippage cap nor below one tick. */
function closePriceOf(draft: Draft, { markPrice, bbo }: MarketView, position: Position): Price {
  const { bid, ask } = bbo;
  const spread = bid === undefined || ask === undefined ? 0n : ask.price - bid.price;
  const half = spread > 0n ? spread / 2n : 0n;
  const side = closingSide(position);
  const limit = slippageLimit(markPrice, side, draft.context.policy.slippageCapTenthsBps);
  const worse = side === 'sell' ? markPrice - half : markPrice + half;
  const capped = side === 'sell' ? (worse < limit ? limit : worse) : worse > limit ? limit : worse;
  return price(capped > 1n ? capped : 1n);
}
