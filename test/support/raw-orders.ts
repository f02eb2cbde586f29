/** Orders as a client writes them: triggers, groups, several at once. */
import { ApiRequestError } from '@nktkas/hyperliquid';
import type { Trader } from './scenario.ts';

export interface RawOrder {
  readonly coin: string;
  readonly isBuy: boolean;
  readonly size: string;
  readonly price: string;
  readonly reduceOnly?: boolean;
  readonly tif?: 'Gtc' | 'Ioc' | 'Alo';
  /** A market trigger at this price. */
  readonly trigger?: { readonly price: string; readonly kind: 'tp' | 'sl' };
}

export type Grouping = 'na' | 'normalTpsl' | 'positionTpsl';

/** The statuses of the answer, as they are; refusals too. */
export async function place(
  trader: Trader,
  orders: readonly RawOrder[],
  grouping: Grouping = 'na',
): Promise<readonly unknown[]> {
  const { universe } = await trader.info.meta();
  const wire = orders.map(({ coin, isBuy, size, price, reduceOnly = false, tif = 'Gtc', trigger }) => ({
    a: universe.findIndex(({ name }) => name === coin),
    b: isBuy,
    p: price,
    s: size,
    r: reduceOnly,
    t:
      trigger === undefined
        ? { limit: { tif } }
        : { trigger: { isMarket: true, triggerPx: trigger.price, tpsl: trigger.kind } },
  }));
  try {
    const answer = await trader.exchange.order({ orders: wire, grouping });
    return answer.response.data.statuses;
  } catch (cause) {
    if (!(cause instanceof ApiRequestError)) throw cause;
    const { response } = cause.response as { response: string | { data?: { statuses?: unknown[] } } };
    return typeof response === 'string'
      ? [{ error: response }]
      : (response.data?.statuses ?? [{ error: cause.message }]);
  }
}

/** How the trader's orders ended or stand, newest first. */
export async function history(
  trader: Trader,
): Promise<readonly { readonly oid: number; readonly status: string; readonly orderType: string }[]> {
  const orders = await trader.info.historicalOrders({ user: trader.address });
  return orders.map(({ order, status }) => ({ oid: order.oid, status, orderType: order.orderType }));
}
