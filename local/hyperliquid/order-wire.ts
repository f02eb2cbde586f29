/** Orders as the venue shows them. */
import type {
  FrontendOrder,
  HistoricalOrder,
  OpenOrder,
  WireOrderType,
  WireTif,
  WsOrderUpdate,
} from '@perps/contracts/hyperliquid';
import type { OrderRecord, OrderRegistry, OrderTrigger } from './orders.ts';
import { formatPx, formatSz } from './ticks.ts';
import { ASSETS, type Asset } from './universe.ts';

const assetOf = (order: OrderRecord): Asset => {
  const asset = ASSETS[order.assetId];
  if (asset === undefined) throw new RangeError(`no asset ${order.assetId}`);
  return asset;
};

/** Triggers look like plain limits here. */
export function openOrderWire(order: OrderRecord): OpenOrder {
  const asset = assetOf(order);
  return {
    coin: asset.name,
    side: order.side,
    limitPx: formatPx(asset, order.price),
    sz: formatSz(asset, order.size),
    oid: order.oid,
    timestamp: order.placedAt,
    origSz: formatSz(asset, order.originalSize),
    ...(order.cloid === undefined ? {} : { cloid: order.cloid }),
    ...(order.isReduceOnly ? { reduceOnly: true as const } : {}),
  };
}

/** With its open children nested in it. */
export function frontendOrderWire(orders: OrderRegistry, order: OrderRecord): FrontendOrder {
  const asset = assetOf(order);
  const { trigger } = order;
  const children = (order.childOids ?? []).flatMap((oid) => orders.get(oid) ?? []);
  return {
    coin: asset.name,
    side: order.side,
    limitPx: formatPx(asset, order.price),
    sz: formatSz(asset, order.size),
    oid: order.oid,
    timestamp: order.placedAt,
    triggerCondition: trigger === undefined ? 'N/A' : conditionText(asset, order.side, trigger),
    isTrigger: trigger !== undefined,
    triggerPx: trigger === undefined ? '0.0' : formatPx(asset, trigger.price),
    children: children.filter(({ status }) => status === 'open').map((child) => frontendOrderWire(orders, child)),
    isPositionTpsl: trigger?.position !== undefined,
    reduceOnly: order.isReduceOnly,
    orderType: orderTypeOf(order),
    origSz: formatSz(asset, order.originalSize),
    tif: tifOf(order),
    cloid: order.cloid ?? null,
  };
}

/** Open orders of a user, newest first; children that wait for their parent's fill stand inside it and beside it, as recorded. */
export const frontendOrdersWire = (orders: OrderRegistry, user: string): readonly FrontendOrder[] =>
  orders
    .open(user)
    .map((order) => frontendOrderWire(orders, order))
    .reverse();

/** Whether the trigger waits for the mark to rise: takers of profit with a sell, stops with a buy. */
export const waitsForRise = (side: OrderRecord['side'], kind: OrderTrigger['kind']): boolean =>
  (kind === 'tp') === (side === 'A');

function conditionText(asset: Asset, side: OrderRecord['side'], trigger: OrderTrigger): string {
  if (trigger.isTriggered) return 'Triggered';
  return `Price ${waitsForRise(side, trigger.kind) ? 'above' : 'below'} ${formatPx(asset, trigger.price)}`;
}

function orderTypeOf(order: OrderRecord): WireOrderType {
  const { trigger } = order;
  if (order.twapId !== undefined) return 'Twap Slice';
  if (trigger === undefined)
    return order.tif === 'FrontendMarket' || order.tif === 'LiquidationMarket' ? 'Market' : 'Limit';
  if (trigger.kind === 'tp') return trigger.isMarket ? 'Take Profit Market' : 'Take Profit Limit';
  return trigger.isMarket ? 'Stop Market' : 'Stop Limit';
}

function tifOf(order: OrderRecord): WireTif | null {
  if (order.trigger === undefined) return order.tif;
  return order.trigger.isTriggered && !order.trigger.isMarket ? order.tif : null;
}

export const historicalOrderWire = (orders: OrderRegistry, order: OrderRecord): HistoricalOrder => ({
  order: frontendOrderWire(orders, order),
  status: order.status,
  statusTimestamp: order.statusAt,
});

export const orderUpdateWire = (order: OrderRecord): WsOrderUpdate => ({
  order: openOrderWire(order),
  status: order.status,
  statusTimestamp: order.statusAt,
});
