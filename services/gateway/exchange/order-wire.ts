/** From the venue's order fields to ours: asset id to symbol, decimal texts to ticks and lots. */
import type { OrderWire, Tif } from '@perps/contracts/hyperliquid';
import { errorTexts } from '@perps/contracts/hyperliquid';
import type { OrderRequest, TimeInForce } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { parsePrice, parseSize } from '@perps/domain/money';
import { TRIGGERS_UNSUPPORTED, UNKNOWN_ASSET } from './answers.ts';

/** `order`: that one is refused, the others go on. `request`: a fault of the payload, nothing of it happens. */
export type ReadOrder =
  | { readonly kind: 'order'; readonly order: OrderRequest; readonly instrument: Instrument }
  | { readonly kind: 'refusedOrder'; readonly text: string }
  | { readonly kind: 'refusedRequest'; readonly text: string };

/** A `FrontendMarket` order is an aggressive limit like any other client's market order. */
const TIME_IN_FORCE: Readonly<Record<Tif, TimeInForce>> = { Gtc: 'GTC', Ioc: 'IOC', Alo: 'ALO', FrontendMarket: 'IOC' };

/** Reads one order of a batch by the rules of its instrument. */
export function readOrder(wire: OrderWire, instrument: Instrument | undefined): ReadOrder {
  if (instrument === undefined) return { kind: 'refusedOrder', text: `${UNKNOWN_ASSET} asset=${wire.a}` };
  if (!('limit' in wire.t)) return { kind: 'refusedOrder', text: `${TRIGGERS_UNSUPPORTED} asset=${wire.a}` };
  const limitPrice = parsePrice(wire.p, instrument.szDecimals);
  if (limitPrice === undefined || limitPrice <= 0n)
    return { kind: 'refusedRequest', text: errorTexts.requestInvalidPrice };
  const size = parseSize(wire.s, instrument.szDecimals);
  if (size === undefined) return { kind: 'refusedRequest', text: errorTexts.requestInvalidSize };
  if (size <= 0n) return { kind: 'refusedRequest', text: errorTexts.zeroSize };
  return {
    kind: 'order',
    instrument,
    order: {
      symbol: instrument.symbol,
      side: wire.b ? 'buy' : 'sell',
      size,
      limitPrice,
      timeInForce: TIME_IN_FORCE[wire.t.limit.tif],
      reduceOnly: wire.r,
      ...(wire.c === undefined ? {} : { cloid: wire.c }),
    },
  };
}
