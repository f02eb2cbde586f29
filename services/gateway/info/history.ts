/** Orders of an account as `/info` tells them. */
import type { OrderRecord } from '@perps/contracts/engine';
import type { FrontendOrder, HistoricalOrder, OpenOrder, OrderStatusAnswer } from '@perps/contracts/hyperliquid';
import {
  type InstrumentOf,
  isDormantChild,
  isLive,
  toFrontendOrder,
  toHistoricalOrder,
  toOpenOrder,
} from '../wire/orders.ts';

/** Rows of one answer, as at the venue. */
const ROWS_MAX = 2_000;

const present = <Value>(value: Value | undefined): value is Value => value !== undefined;

/** Newest first, as the venue lists them. */
export const openOrders = (records: readonly OrderRecord[], instrumentOf: InstrumentOf): OpenOrder[] =>
  records
    .filter(isLive)
    .map((record) => toOpenOrder(record, instrumentOf))
    .filter(present);

/** Children of an entry that has not filled stand inside it and beside it, as at the venue. */
export function frontendOpenOrders(records: readonly OrderRecord[], instrumentOf: InstrumentOf): FrontendOrder[] {
  const live = records.filter(isLive);
  const waiting = live.filter(isDormantChild).sort((left, right) => left.order.orderId - right.order.orderId);
  return live
    .map((record) => {
      const children = waiting.filter(({ untriggered }) => untriggered?.parentId === record.order.orderId);
      return toFrontendOrder(record, instrumentOf, children);
    })
    .filter(present);
}

export const historicalOrders = (records: readonly OrderRecord[], instrumentOf: InstrumentOf): HistoricalOrder[] =>
  records
    .slice(0, ROWS_MAX)
    .map((record) => toHistoricalOrder(record, instrumentOf))
    .filter(present);

export function orderStatus(record: OrderRecord | undefined, instrumentOf: InstrumentOf): OrderStatusAnswer {
  const order = record === undefined ? undefined : toHistoricalOrder(record, instrumentOf);
  return order === undefined ? { status: 'unknownOid' } : { status: 'order', order };
}
