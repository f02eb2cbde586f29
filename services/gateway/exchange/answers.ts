/** How the engine's results are told: outcomes become statuses, every rejection reason has its text here. */
import { type CancelStatusItem, errorTexts, type OrderStatusItem } from '@perps/contracts/hyperliquid';
import type { Address, CancelOutcome, Grouping, OrderOutcome, Rejection } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { formatPrice, formatSize, type Price } from '@perps/domain/money';

/** No engine took the action: nothing of it happened. */
export const UNAVAILABLE = 'Trading is temporarily unavailable. The action was not executed.';
export const UNKNOWN_ASSET = 'Unknown asset.';

/** Whom and what a refusal is about. */
export interface RefusalContext {
  readonly signer: Address;
  readonly isUserSigned: boolean;
  /** Absent where the whole request is refused before any order was looked at. */
  readonly instrument?: Instrument | undefined;
}

type TextOf<Reason extends Rejection['reason']> = (
  rejection: Extract<Rejection, { readonly reason: Reason }>,
  context: RefusalContext,
) => string;

const aboutAsset =
  (text: (assetId: number) => string) =>
  (_rejection: unknown, context: RefusalContext): string =>
    withAsset(text, context);
const ours = (text: string) => aboutAsset((assetId) => `${text} asset=${assetId}`);
const always = (text: string) => (): string => text;
const unknownSigner = (_rejection: unknown, { signer, isUserSigned }: RefusalContext): string =>
  isUserSigned ? errorTexts.mustDeposit(signer) : errorTexts.unknownSigner(signer);

/** Complete by its type: a new reason does not compile without a text. */
const TEXTS: { readonly [Reason in Rejection['reason']]: TextOf<Reason> } = {
  UnknownAccount: unknownSigner,
  UnknownSigner: unknownSigner,
  DuplicateNonce: ({ nonce }) => errorTexts.duplicateNonce(nonce),
  NonceTooLow: ({ nonce, floor }) => errorTexts.nonceTooLow(nonce, floor),
  NonceTooHigh: ({ nonce, ceiling }) => errorTexts.nonceTooHigh(nonce, ceiling),
  UnknownSymbol: ours(UNKNOWN_ASSET),
  InvalidPrice: aboutAsset(errorTexts.invalidPrice),
  InvalidSize: aboutAsset(errorTexts.invalidSize),
  ZeroSize: always(errorTexts.zeroSize),
  TickSize: aboutAsset(errorTexts.tick),
  MinimumValue: aboutAsset(errorTexts.minimumValue),
  PriceTooFar: always(errorTexts.priceOutOfBand(80)),
  InsufficientMargin: aboutAsset(errorTexts.insufficientMargin),
  ReduceOnlyWouldIncrease: aboutAsset(errorTexts.reduceOnly),
  PostOnlyWouldMatch: ({ bid, ask }, context) =>
    withAsset(
      (assetId) => errorTexts.postOnly(assetId, { bid: shown(bid, context), ask: shown(ask, context) }),
      context,
    ),
  NothingToMatch: aboutAsset(errorTexts.iocUnmatched),
  NoLiquidity: aboutAsset(errorTexts.noLiquidity),
  TooManyOpenOrders: ours('Too many open orders.'),
  DuplicateCloid: ours('Duplicate cloid: an open order carries it.'),
  OrderNotFound: aboutAsset(errorTexts.neverPlaced),
  CannotModify: always(errorTexts.cannotModify),
  InvalidLeverage: always(errorTexts.invalidLeverage),
  MarginModeLocked: always(errorTexts.leverageTypeSwitch),
  CrossNotAllowed: always(errorTexts.crossNotAllowed),
  LeverageNeedsMargin: ({ marginMode }) =>
    marginMode === 'cross' ? errorTexts.crossLeverageDecrease : errorTexts.isolatedLeverageDecrease,
  TooManyAgents: always(errorTexts.tooManyAgents()),
  AgentInUse: always(errorTexts.agentUsed),
  AgentExpired: always(errorTexts.agentExpired),
  MarketDataUnavailable: always('MARKET_DATA_UNAVAILABLE: new orders are refused until prices are live again.'),
  // The trader does not see the route, and the platform's own margin is none of his business.
  VenueUnavailable: ours('Liquidity is temporarily unavailable.'),
  VenueRefused: ({ cause }, context) => withAsset((assetId) => `${venueText(cause)} asset=${assetId}`, context),
  TradingHalted: ours('Trading is halted.'),
  OnlyReducing: ours('Only orders that reduce a position are accepted now.'),
  OperationPaused: ours('This operation is paused.'),
  VenueOpensStopped: ours('Only orders that reduce a position are accepted now.'),
  AccountRestricted: ours('The account is restricted.'),
  InvalidTriggerPrice: aboutAsset(errorTexts.badTriggerPrice),
  NoPosition: always(errorTexts.notIsolated),
  NotIsolated: always(errorTexts.notIsolated),
  MarginBelowRequirement: always(errorTexts.marginReduction),
  ScheduleTooSoon: always(errorTexts.scheduleCancelTooEarly),
  TooManyScheduledCancels: always(errorTexts.scheduleCancelTooMany()),
  TwapDisabled: always('TWAP orders are disabled.'),
  InvalidTwapDuration: ({ minutes }) => errorTexts.twapDuration(minutes),
  TwapNotFound: always(errorTexts.twapNeverPlaced),
  Overloaded: always('Too many requests at once. The action was not executed.'),
};

/** The text for a rejection, with ` asset=N` where the venue writes it. */
export function refusalText<Reason extends Rejection['reason']>(
  rejection: Extract<Rejection, { readonly reason: Reason }>,
  context: RefusalContext,
): string {
  const text: TextOf<Reason> = TEXTS[rejection.reason];
  return text(rejection, context);
}

export const REFUSAL_REASONS = Object.keys(TEXTS);

/**
 * A pending order rests as far as a client can tell: its fate comes by `orderStatus` and `orderUpdates`. A trigger by
 * itself is told as resting, one of a group by the word for what it waits for.
 */
export function orderStatusItem(
  outcome: OrderOutcome,
  instrument: Instrument,
  grouping: Grouping = 'na',
): OrderStatusItem {
  if (outcome.status === 'refused') return { error: orderError(outcome.rejection, instrument) };
  if (outcome.status === 'waitingForFill') return 'waitingForFill';
  if (outcome.status === 'waitingForTrigger' && grouping !== 'na') return 'waitingForTrigger';
  const ids = { oid: outcome.orderId, ...(outcome.cloid === undefined ? {} : { cloid: outcome.cloid }) };
  if (outcome.status !== 'filled') return { resting: ids };
  const totalSz = formatSize(outcome.filledSize, instrument.szDecimals);
  return { filled: { totalSz, avgPx: formatPrice(outcome.averagePrice, instrument.szDecimals), ...ids } };
}

/** A cancel whose fate the venue has not told is not a success yet. */
export function cancelStatusItem(outcome: CancelOutcome, instrument: Instrument): CancelStatusItem {
  if (outcome.status === 'canceled') return 'success';
  if (outcome.status === 'pending') return { error: `Cancel is pending, see orderStatus. asset=${instrument.assetId}` };
  return { error: orderError(outcome.rejection, instrument) };
}

/** Errors inside `statuses` always name the asset. */
function orderError(rejection: Rejection, instrument: Instrument): string {
  const text = refusalText(rejection, { signer: '', isUserSigned: false, instrument });
  return / asset=\d+$/.test(text) ? text : `${text} asset=${instrument.assetId}`;
}

function withAsset(text: (assetId: number) => string, { instrument }: RefusalContext): string {
  return instrument === undefined ? withoutAsset(text(0)) : text(instrument.assetId);
}

const withoutAsset = (text: string): string => text.replace(/ asset=\d+$/, '');

const shown = (at: Price | undefined, { instrument }: RefusalContext): string =>
  at === undefined ? '0.0' : formatPrice(at, instrument?.szDecimals ?? 0);

/** Where the stream told of a refusal before the answer did, only the order's status is known. */
const STATUS_TEXTS: Readonly<Record<string, (assetId: number) => string>> = {
  tickRejected: errorTexts.tick,
  minTradeNtlRejected: errorTexts.minimumValue,
  reduceOnlyRejected: errorTexts.reduceOnly,
  iocCancelRejected: errorTexts.iocUnmatched,
  badAloPxRejected: () => 'Post only order would have immediately matched.',
  marketOrderNoLiquidityRejected: errorTexts.noLiquidity,
};

/** The venue's own words about an order; what they say about the platform's account is not passed on. */
function venueText(cause: string): string {
  const known = STATUS_TEXTS[cause];
  if (known !== undefined) return withoutAsset(known(0));
  return /margin|balance|wallet|user/i.test(cause) ? 'Liquidity is temporarily unavailable.' : withoutAsset(cause);
}
