/** Our order records in Hyperliquid's shapes. */
import type { OrderRecord } from '@perps/contracts/engine';
import type { FrontendOrder, HistoricalOrder, OpenOrder, WireOrderStatus, WireTif } from '@perps/contracts/hyperliquid';
import { firesAtOrBelow, type Order, type Side, type TimeInForce } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { formatPrice, formatSize, size } from '@perps/domain/money';

export type InstrumentOf = (symbol: string) => Instrument | undefined;

export const WIRE_SIDE: Readonly<Record<Side, 'B' | 'A'>> = { buy: 'B', sell: 'A' };
const WIRE_TIF: Readonly<Record<TimeInForce, WireTif>> = { GTC: 'Gtc', IOC: 'Ioc', ALO: 'Alo' };

/** Statuses Hyperliquid does not know are told as the nearest one it does (spec 02: EXPIRED is shown as canceled). */
const WIRE_STATUS: Readonly<Record<OrderRecord['status'], WireOrderStatus>> = {
  untriggered: 'open',
  open: 'open',
  pending: 'open',
  filled: 'filled',
  canceled: 'canceled',
  rejected: 'rejected',
  expired: 'canceled',
  iocCancelRejected: 'iocCancelRejected',
  reduceOnlyCanceled: 'reduceOnlyCanceled',
  marginCanceled: 'marginCanceled',
  selfTradeCanceled: 'selfTradeCanceled',
  neverArrived: 'rejected',
  triggered: 'triggered',
  siblingFilledCanceled: 'siblingFilledCanceled',
  scheduledCancel: 'scheduledCancel',
  liquidatedCanceled: 'liquidatedCanceled',
  badTriggerPxRejected: 'badTriggerPxRejected',
  positionIncreaseAtOpenInterestCapRejected: 'positionIncreaseAtOpenInterestCapRejected',
};

export const isLive = ({ status }: OrderRecord): boolean =>
  status === 'open' || status === 'pending' || status === 'untriggered';

/** A child of an entry that has not filled: shown inside the entry, not beside it. */
export const isDormantChild = ({ untriggered }: OrderRecord): boolean =>
  untriggered?.isArmed === false && untriggered.parentId !== undefined;

/** As `openOrders` and `orderUpdates` tell it; undefined where the symbol left the universe altogether. */
export function toOpenOrder({ order }: OrderRecord, instrumentOf: InstrumentOf): OpenOrder | undefined {
  const instrument = instrumentOf(order.symbol);
  if (instrument === undefined) return undefined;
  return {
    coin: order.symbol,
    side: WIRE_SIDE[order.side],
    limitPx: formatPrice(order.limitPrice, instrument.szDecimals),
    sz: formatSize(remaining(order), instrument.szDecimals),
    oid: order.orderId,
    timestamp: order.placedAt,
    origSz: formatSize(order.size, instrument.szDecimals),
    ...(order.cloid === undefined ? {} : { cloid: order.cloid }),
    ...(order.reduceOnly ? { reduceOnly: true } : {}),
  };
}

/** As `frontendOpenOrders`, `orderStatus` and `historicalOrders` tell it; `children` wait for its fill. */
export function toFrontendOrder(
  record: OrderRecord,
  instrumentOf: InstrumentOf,
  children: readonly OrderRecord[] = [],
): FrontendOrder | undefined {
  const { order } = record;
  const instrument = instrumentOf(order.symbol);
  if (instrument === undefined) return undefined;
  return {
    coin: order.symbol,
    side: WIRE_SIDE[order.side],
    limitPx: formatPrice(order.limitPrice, instrument.szDecimals),
    sz: formatSize(remaining(order), instrument.szDecimals),
    oid: order.orderId,
    timestamp: order.placedAt,
    ...triggerFields(record, instrument),
    children: children.flatMap((child) => toFrontendOrder(child, instrumentOf) ?? []),
    reduceOnly: order.reduceOnly,
    origSz: formatSize(order.size, instrument.szDecimals),
    tif: tifOf(record),
    cloid: order.cloid ?? null,
  };
}

function tifOf({ order, untriggered }: OrderRecord): WireTif | null {
  if (order.trigger?.isMarket === true || untriggered !== undefined) return null;
  return order.liquidationId === undefined ? WIRE_TIF[order.timeInForce] : 'LiquidationMarket';
}

type TriggerFields = Pick<
  FrontendOrder,
  'triggerCondition' | 'isTrigger' | 'triggerPx' | 'isPositionTpsl' | 'orderType'
>;

function triggerFields({ order, untriggered }: OrderRecord, { szDecimals }: Instrument): TriggerFields {
  const { trigger } = order;
  if (trigger === undefined) {
    const plainType = order.liquidationId === undefined ? 'Limit' : 'Market';
    const orderType = order.twapId === undefined ? plainType : 'Twap Slice';
    return { triggerCondition: 'N/A', isTrigger: false, triggerPx: '0.0', isPositionTpsl: false, orderType };
  }
  const triggerPx = formatPrice(trigger.price, szDecimals);
  const isBelow = firesAtOrBelow({ side: order.side, trigger });
  const what = trigger.kind === 'takeProfit' ? 'Take Profit' : 'Stop';
  return {
    triggerCondition: untriggered === undefined ? 'Triggered' : `Price ${isBelow ? 'below' : 'above'} ${triggerPx}`,
    isTrigger: true,
    triggerPx,
    isPositionTpsl: untriggered?.grouping === 'positionTpsl',
    orderType: `${what} ${trigger.isMarket ? 'Market' : 'Limit'}`,
  };
}

/** A row of history. */
export function toHistoricalOrder(record: OrderRecord, instrumentOf: InstrumentOf): HistoricalOrder | undefined {
  const order = toFrontendOrder(record, instrumentOf);
  if (order === undefined) return undefined;
  return { order, status: WIRE_STATUS[record.status], statusTimestamp: record.statusAt };
}

/** An element of an `orderUpdates` frame. */
export interface OrderUpdateRow {
  readonly order: OpenOrder;
  readonly status: WireOrderStatus;
  readonly statusTimestamp: number;
}

export function toOrderUpdate(record: OrderRecord, instrumentOf: InstrumentOf): OrderUpdateRow | undefined {
  const order = toOpenOrder(record, instrumentOf);
  if (order === undefined) return undefined;
  return { order, status: WIRE_STATUS[record.status], statusTimestamp: record.statusAt };
}

const remaining = (order: Order) => size(order.size - order.filledSize);
