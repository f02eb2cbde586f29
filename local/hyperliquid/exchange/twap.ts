/** TWAP orders and their cancels; refusals are inside the answer. */
import {
  errAnswer,
  errorTexts,
  okTwap,
  type ExchangeActionOf,
  type ExchangeAnswer,
} from '@perps/contracts/hyperliquid';
import type { Market } from '../market.ts';
import { closableSize } from '../placement.ts';
import { parsePx, parseSz } from '../ticks.ts';
import { endTwap, note, workTwaps, type Twap } from '../twap.ts';
import { nextOid } from '../venue.ts';
import type { ActionContext } from './index.ts';

type TwapOrder = ExchangeActionOf<'twapOrder'>;

const MINUTES_MIN = 5;
const MINUTES_MAX = 1_440;

/** Starts a TWAP; its first slice goes out at once unless a trigger holds it back. */
export function twapOrder(context: ActionContext, action: TwapOrder): ExchangeAnswer {
  const { venue } = context;
  const market = venue.markets[action.twap.a];
  if (market === undefined || market.asset.isDelisted) return errAnswer(errorTexts.requestInvalidPrice);
  const twap = readTwap(context, market, action);
  if (typeof twap === 'string') return errAnswer(twap);
  const error = refusalOf(context, market, twap);
  if (error !== undefined) return okTwap('twapOrder', { error });
  venue.twaps.set(twap.twapId, twap);
  if (twap.trigger !== undefined) note(venue, twap, 'waitingForTrigger');
  workTwaps(venue, venue.clock.now());
  return okTwap('twapOrder', { running: { twapId: twap.twapId } });
}

function refusalOf(context: ActionContext, market: Market, twap: Twap): string | undefined {
  if (twap.minutes < MINUTES_MIN || twap.minutes > MINUTES_MAX) return errorTexts.twapDuration(twap.minutes);
  const isClosing = closableSize({ account: context.account, market, side: twap.side }) > 0n;
  return twap.isReduceOnly && !isClosing ? errorTexts.twapReduceOnly : undefined;
}

function readTwap(context: ActionContext, market: Market, { twap, details }: TwapOrder): Twap | string {
  const { asset } = market;
  const size = parseSz(asset, twap.s);
  if (size === undefined) return errorTexts.requestInvalidSize;
  if (size === 0n) return errorTexts.zeroSize;
  const stop = details?.s ?? null;
  const trigger = details?.t ?? null;
  const stopPrice = stop === null ? undefined : parsePx(asset, stop);
  const triggerPrice = trigger === null ? undefined : parsePx(asset, trigger.p);
  const isMalformed = (stop !== null && stopPrice === undefined) || (trigger !== null && triggerPrice === undefined);
  if (isMalformed) return errorTexts.requestInvalidPrice;
  return {
    twapId: nextOid(context.venue),
    user: context.account.address,
    assetId: asset.id,
    side: twap.b ? 'B' : 'A',
    size,
    minutes: twap.m,
    isRandom: twap.t,
    isReduceOnly: twap.r,
    startAt: context.venue.clock.now(),
    trigger: triggerPrice === undefined ? undefined : { price: triggerPrice, isAbove: trigger?.a === true },
    stopPrice,
    executedSize: 0n,
    executedNotional: 0n,
    activeAt: undefined,
    slicesDone: 0,
  };
}

/** Ends a running TWAP of the account. */
export function twapCancel(context: ActionContext, action: ExchangeActionOf<'twapCancel'>): ExchangeAnswer {
  const { venue, account } = context;
  const twap = venue.twaps.get(action.t);
  if (twap === undefined || twap.user !== account.address || twap.assetId !== action.a) {
    return okTwap('twapCancel', { error: errorTexts.twapNeverPlaced });
  }
  endTwap(venue, twap, 'terminated');
  return okTwap('twapCancel', 'success');
}
