/** Our fill records in Hyperliquid's shape. */
import type { FillRecord } from '@perps/contracts/engine';
import type { UserFill } from '@perps/contracts/hyperliquid';
import { formatPrice, formatSize, formatUsd } from '@perps/domain/money';
import { type InstrumentOf, WIRE_SIDE } from './orders.ts';

/** undefined where the symbol left the universe altogether; `user` is whose fill it is. */
export function toUserFill(fill: FillRecord, instrumentOf: InstrumentOf, user: string): UserFill | undefined {
  const instrument = instrumentOf(fill.symbol);
  if (instrument === undefined) return undefined;
  const { szDecimals } = instrument;
  return {
    coin: fill.symbol,
    px: formatPrice(fill.price, szDecimals),
    sz: formatSize(fill.size, szDecimals),
    side: WIRE_SIDE[fill.side],
    time: fill.time,
    startPosition: formatSize(fill.startSize, szDecimals),
    dir: directionOf(fill),
    closedPnl: formatUsd(fill.closedPnl),
    hash: fill.hash,
    oid: fill.orderId,
    crossed: fill.liquidity === 'taker',
    fee: formatUsd(fill.fee),
    tid: fill.tradeId,
    feeToken: 'USDC',
    twapId: null,
    ...(fill.cloid === undefined ? {} : { cloid: fill.cloid }),
    ...(fill.liquidationMark === undefined
      ? {}
      : {
          liquidation: {
            liquidatedUser: user,
            markPx: formatPrice(fill.liquidationMark, szDecimals),
            method: 'market' as const,
          },
        }),
    ...(fill.builderFee === 0n ? {} : { builderFee: formatUsd(fill.builderFee) }),
  };
}

/** What the fill did to the position, in the venue's words. */
function directionOf({ startSize, side, size }: FillRecord): string {
  const change: bigint = side === 'buy' ? size : 0n - size;
  const after = startSize + change;
  if (startSize === 0n || startSize > 0n === change > 0n) return change > 0n ? 'Open Long' : 'Open Short';
  if (startSize > 0n) return after < 0n ? 'Long > Short' : 'Close Long';
  return after > 0n ? 'Short > Long' : 'Close Short';
}

/** The text of a `notification` frame. */
export function notificationOf(fill: UserFill): string {
  const what = fill.crossed ? 'Order filled' : 'Resting order filled';
  return `${what}: ${fill.side === 'B' ? 'Bought' : 'Sold'} ${fill.sz} ${fill.coin} at $${fill.px}`;
}
