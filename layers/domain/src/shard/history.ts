/** What happened to an account's orders, as it is told. */
import type { AccountEvent, EndStatus, Liquidity, Order, Side, TriggerOrder } from '../account/index.ts';
import type { Writable } from '../kernel/index.ts';
import { type Price, type Size, type Usd, ZERO_SIZE, ZERO_USD } from '../money/index.ts';
import type { Route } from '../routing/index.ts';

/** Ended orders, and fills, told of an account at most (as many as Hyperliquid answers). */
export const HISTORY_MAX = 2_000;

/** One order as history tells it: waiting for its trigger, live or ended. */
export interface OrderRecord {
  readonly accountId: string;
  readonly order: Order;
  readonly status: 'untriggered' | 'open' | 'pending' | EndStatus;
  readonly cause?: string;
  readonly statusAt: number;
  /** Where it has not fired, or ended without it: the trigger order itself. `order` then has no legs. */
  readonly untriggered?: TriggerOrder;
}

/** One execution as history tells it. */
export interface FillRecord {
  readonly accountId: string;
  readonly tradeId: number;
  readonly orderId: number;
  readonly cloid?: string;
  readonly symbol: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly startSize: Size;
  readonly closedPnl: Usd;
  readonly fee: Usd;
  readonly builderFee: Usd;
  readonly liquidity: Liquidity;
  readonly route: Route;
  readonly time: number;
  readonly hash: string;
  /** Of an order that liquidates: the mark at that moment. */
  readonly liquidationMark?: Price;
  /** The TWAP that the order is a slice of. */
  readonly twapId?: number;
}

/** An order that is over, as it is kept. */
export interface EndedRecord extends OrderRecord {
  readonly status: EndStatus;
}

/** A live order's status as history tells it. */
export const liveStatus = (order: Order): 'open' | 'pending' =>
  order.legs.some((leg) => leg.status === 'pending') ? 'pending' : 'open';

/** A trigger order that has not fired, as history tells it. A market one would be IOC, a limit one GTC. */
export const triggerRecord = (accountId: string, trigger: TriggerOrder): OrderRecord => ({
  accountId,
  order: {
    orderId: trigger.orderId,
    ...(trigger.cloid === undefined ? {} : { cloid: trigger.cloid }),
    symbol: trigger.symbol,
    side: trigger.side,
    size: trigger.size,
    limitPrice: trigger.limitPrice,
    timeInForce: trigger.trigger.isMarket ? 'IOC' : 'GTC',
    reduceOnly: trigger.reduceOnly,
    legs: [],
    filledSize: ZERO_SIZE,
    filledNotional: ZERO_USD,
    orderMargin: ZERO_USD,
    placedAt: trigger.placedAt,
    trigger: trigger.trigger,
  },
  status: 'untriggered',
  statusAt: trigger.placedAt,
  untriggered: trigger,
});

/** The venue's executions have its hash; what we execute ourselves has no transaction. */
export const NO_TRANSACTION = `0x${'0'.repeat(64)}`;

/** An execution as history tells it. `cloid` is its order's. */
export function fillRecordOf(
  event: Extract<AccountEvent, { type: 'OrderFilled' }>,
  owner: { readonly accountId: string; readonly cloid: string | undefined },
): FillRecord {
  const { accountId, cloid } = owner;
  const { liquidationMark, twapId } = event;
  const record: Writable<FillRecord> = {
    accountId,
    tradeId: event.tradeId,
    orderId: event.orderId,
    symbol: event.symbol,
    side: event.side,
    price: event.price,
    size: event.size,
    startSize: event.startSize,
    closedPnl: event.closedPnl,
    fee: event.fee,
    builderFee: event.builderFee,
    liquidity: event.liquidity,
    route: event.route,
    time: event.venue?.time ?? event.at,
    hash: event.venue?.hash ?? NO_TRANSACTION,
  };
  if (cloid !== undefined) record.cloid = cloid;
  if (liquidationMark !== undefined) record.liquidationMark = liquidationMark;
  if (twapId !== undefined) record.twapId = twapId;
  return record;
}
