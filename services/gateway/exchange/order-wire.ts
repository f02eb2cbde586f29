/** From the venue's order fields to ours: asset id to symbol, decimal texts to ticks and lots. */
import type { OrderWire, Tif } from '@perps/contracts/hyperliquid';
import { errorTexts } from '@perps/contracts/hyperliquid';
import type { Grouping, OrderRequest, TimeInForce } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { parsePrice, parseSize } from '@perps/domain/money';
import { UNKNOWN_ASSET } from './answers.ts';

/** `order`: that one is refused, the others go on. `request`: a fault of the payload, nothing of it happens. */
export type ReadOrder =
  | { readonly kind: 'order'; readonly order: OrderRequest; readonly instrument: Instrument }
  | { readonly kind: 'refusedOrder'; readonly text: string }
  | { readonly kind: 'refusedRequest'; readonly text: string };

/** A `FrontendMarket` order is an aggressive limit like any other client's market order. */
const TIME_IN_FORCE: Readonly<Record<Tif, TimeInForce>> = { Gtc: 'GTC', Ioc: 'IOC', Alo: 'ALO', FrontendMarket: 'IOC' };

/** Reads one order of a batch by the rules of its instrument. */
export function readOrder(wire: OrderWire, instrument: Instrument | undefined, grouping: Grouping = 'na'): ReadOrder {
  if (instrument === undefined) return { kind: 'refusedOrder', text: `${UNKNOWN_ASSET} asset=${wire.a}` };
  const limitPrice = parsePrice(wire.p, instrument.szDecimals);
  if (limitPrice === undefined || limitPrice <= 0n)
    return { kind: 'refusedRequest', text: errorTexts.requestInvalidPrice };
  const size = parseSize(wire.s, instrument.szDecimals);
  if (size === undefined) return { kind: 'refusedRequest', text: errorTexts.requestInvalidSize };
  // A size of zero means the whole position, which only a position's own TP/SL may say.
  if (size < 0n || (size === 0n && grouping !== 'positionTpsl'))
    return { kind: 'refusedRequest', text: errorTexts.zeroSize };
  const type = typeOf(wire.t, instrument);
  if (type === undefined) return { kind: 'refusedRequest', text: errorTexts.requestInvalidPrice };
  return {
    kind: 'order',
    instrument,
    order: {
      symbol: instrument.symbol,
      side: wire.b ? 'buy' : 'sell',
      size,
      limitPrice,
      ...type,
      reduceOnly: wire.r,
      ...(wire.c === undefined ? {} : { cloid: wire.c }),
    },
  };
}

/** A trigger's time in force follows from its kind; undefined where its price cannot be read. */
function typeOf(
  type: OrderWire['t'],
  { szDecimals }: Instrument,
): Pick<OrderRequest, 'timeInForce' | 'trigger'> | undefined {
  if ('limit' in type) return { timeInForce: TIME_IN_FORCE[type.limit.tif] };
  const { isMarket, triggerPx, tpsl } = type.trigger;
  const price = parsePrice(triggerPx, szDecimals);
  if (price === undefined || price <= 0n) return undefined;
  const kind = tpsl === 'tp' ? 'takeProfit' : 'stop';
  return { timeInForce: isMarket ? 'IOC' : 'GTC', trigger: { price, kind, isMarket } };
}
