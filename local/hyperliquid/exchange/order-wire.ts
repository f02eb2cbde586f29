/** An order of a request in numbers of its market. */
import { errorTexts, type ExchangeActionOf, type OrderWire } from '@perps/contracts/hyperliquid';
import { absolute, minimum, positionSize } from '../accounts.ts';
import type { Market } from '../market.ts';
import type { OrderTrigger } from '../orders.ts';
import type { OrderRequest } from '../placement.ts';
import { parsePx, parseSz } from '../ticks.ts';
import type { ActionContext } from './index.ts';

export type Builder = ExchangeActionOf<'order'>['builder'];
export type Grouping = ExchangeActionOf<'order'>['grouping'];

export interface ReadOptions {
  readonly builder: Builder;
  /** Triggers on a share of the position (`positionTpsl`), for which no size means the whole of it. */
  readonly isOnPosition: boolean;
}

/** The order in numbers of its market, or the text that refuses the whole request. */
export function readOrder(context: ActionContext, wire: OrderWire, options: ReadOptions): OrderRequest | string {
  const market = context.venue.markets[wire.a];
  if (market === undefined || market.asset.isDelisted) return errorTexts.requestInvalidPrice;
  const price = readPrice(market, wire.p);
  if (typeof price === 'string') return price;
  const size = parseSz(market.asset, wire.s);
  if (size === undefined) return errorTexts.requestInvalidSize;
  if (size === 0n && !options.isOnPosition) return errorTexts.zeroSize;
  const trigger = readTrigger(context, { market, wire, size, isOnPosition: options.isOnPosition });
  if (typeof trigger === 'string') return trigger;
  const { builder } = options;
  return {
    account: context.account,
    market,
    side: wire.b ? 'B' : 'A',
    price,
    // A share of the position is never more than the position.
    size: trigger?.position?.asked ?? size,
    tif: 'limit' in wire.t ? wire.t.limit.tif : 'Gtc',
    isReduceOnly: wire.r || options.isOnPosition,
    cloid: wire.c,
    builder: builder === undefined ? undefined : { address: builder.b, fee: builder.f },
    hash: context.hash,
    ...(trigger === undefined ? {} : { trigger }),
  };
}

function readTrigger(
  context: ActionContext,
  order: { readonly market: Market; readonly wire: OrderWire; readonly size: bigint; readonly isOnPosition: boolean },
): OrderTrigger | string | undefined {
  const { market, wire, size, isOnPosition } = order;
  if (!('trigger' in wire.t)) return undefined;
  const { isMarket, triggerPx, tpsl } = wire.t.trigger;
  const price = readPrice(market, triggerPx);
  if (typeof price === 'string') return price;
  const held = absolute(positionSize(context.account, market.asset));
  return {
    price,
    isMarket,
    kind: tpsl,
    position: isOnPosition ? { asked: minimum(size, held), held } : undefined,
    isTriggered: false,
  };
}

function readPrice(market: Market, text: string): bigint | string {
  const price = parsePx(market.asset, text);
  if (price === undefined || price === 0n) return errorTexts.requestInvalidPrice;
  return isOutOfBand(market, price) ? errorTexts.priceOutOfBand(BAND_PERCENT) : price;
}

const BAND_PERCENT = 80;

const isOutOfBand = (market: Market, price: bigint): boolean =>
  price * 100n > market.mark * BigInt(100 + BAND_PERCENT) || price * 100n < market.mark * BigInt(100 - BAND_PERCENT);
