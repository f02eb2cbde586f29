import type { Logger } from '@perps/runtime/ports';

export interface RestingOrder {
  readonly accountId: string;
  readonly orderId: number;
}

export interface RestingOrdersOptions {
  /** Resting INTERNAL orders that the newest bbo of the symbol crosses, best price first, then oldest. */
  readonly crossed: (symbol: string) => readonly RestingOrder[];
  readonly fill: (order: RestingOrder) => Promise<unknown>;
  readonly logger: Logger;
}

/**
 * Turns ticks into fills of the internal queue. Several ticks that wait are merged per symbol by the feed; an order
 * whose fill is under way is not asked for twice, and the decider checks the crossing again.
 */
export function createRestingOrders({ crossed, fill, logger }: RestingOrdersOptions): { onTick(symbol: string): void } {
  const underWay = new Set<number>();
  return {
    onTick(symbol) {
      for (const order of crossed(symbol)) {
        if (underWay.has(order.orderId)) continue;
        underWay.add(order.orderId);
        fill(order)
          .catch((cause: unknown) =>
            logger.warn('resting order: next tick tries again', { ...order, cause: String(cause) }),
          )
          .finally(() => underWay.delete(order.orderId));
      }
    },
  };
}
