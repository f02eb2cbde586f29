import { describe, expect, it } from '@jest/globals';
import { at, check, dollars, holding, only, position, priceOf, run, sizeOf } from '../testing/index.ts';
import { liquidationRecords } from './liquidation-records.ts';

describe('a liquidation step of our own', () => {
  const state = holding('200', position({ size: '0.1', entry: '80000', margin: '800' }));

  it('is told as an order of its own that was filled, like one at the venue', () => {
    const { events } = run(state, check({ markets: { BTC: at('72280') } }, 1));
    const [step] = only(events, 'LiquidationStepped');
    const told = step === undefined ? undefined : liquidationRecords(step, 'u1');
    expect(told?.fill).toMatchObject({
      side: 'sell',
      price: priceOf('72280', 5),
      size: sizeOf('0.1', 5),
      startSize: sizeOf('0.1', 5),
      closedPnl: dollars('-772'),
      fee: 0n,
      liquidity: 'taker',
      liquidationMark: priceOf('72280', 5),
    });
    expect(told?.order).toMatchObject({
      status: 'filled',
      order: { orderId: told?.fill.orderId, filledSize: sizeOf('0.1', 5), liquidationId: step?.liquidationId },
    });
    expect(step && liquidationRecords({ ...step, route: 'HYPERLIQUID' }, 'u1')).toBeUndefined();
  });
});
