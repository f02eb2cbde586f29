/** A liquidation step on the INTERNAL route as history tells it: the order and the execution it would be at the venue. */
import type { AccountEvent, Side } from '../account/index.ts';
import { notional, ZERO_SIZE, ZERO_USD } from '../money/index.ts';
import { type EndedRecord, type FillRecord, NO_TRANSACTION } from './history.ts';

type Stepped = Extract<AccountEvent, { type: 'LiquidationStepped' }>;

export interface LiquidationRecords {
  readonly order: EndedRecord;
  readonly fill: FillRecord;
}

/** undefined where fills of the venue's tell it already, and of records too old to carry one. */
export function liquidationRecords(event: Stepped, accountId: string): LiquidationRecords | undefined {
  const { fill, symbol, closedSize, closePrice, liquidationId } = event;
  if (fill === undefined || event.route !== 'INTERNAL') return undefined;
  const { at, orderId, tradeId, closedPnl } = fill;
  const side: Side = event.size > ZERO_SIZE ? 'sell' : 'buy';
  return {
    order: {
      accountId,
      status: 'filled',
      statusAt: at,
      order: {
        orderId,
        symbol,
        side,
        size: closedSize,
        limitPrice: closePrice,
        timeInForce: 'IOC',
        reduceOnly: true,
        legs: [],
        filledSize: closedSize,
        filledNotional: notional(closePrice, closedSize),
        orderMargin: ZERO_USD,
        placedAt: at,
        liquidationId,
      },
    },
    fill: {
      accountId,
      tradeId,
      orderId,
      symbol,
      side,
      price: closePrice,
      size: closedSize,
      startSize: event.size,
      closedPnl,
      fee: ZERO_USD,
      builderFee: ZERO_USD,
      liquidity: 'taker',
      route: 'INTERNAL',
      time: at,
      hash: NO_TRANSACTION,
      liquidationMark: event.markPrice,
    },
  };
}
