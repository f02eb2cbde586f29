import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '@perps/runtime/ports';
import { createRestingOrders } from './resting-orders.ts';

const order = { accountId: 'u1', orderId: 64 };

describe('resting orders', () => {
  it('asks once for a fill that is under way, and again when it is over and the order still rests', async () => {
    const asked: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const resting = createRestingOrders({
      crossed: () => [order],
      fill: async ({ orderId }) => {
        asked.push(orderId);
        await promise;
      },
      logger: silentLogger,
    });
    resting.onTick('ETH');
    resting.onTick('ETH');
    expect(asked).toEqual([64]);
    resolve();
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    resting.onTick('ETH');
    expect(asked).toEqual([64, 64]);
  });

  it('tries again with the next tick where a fill could not be committed', async () => {
    let tries = 0;
    const resting = createRestingOrders({
      crossed: () => [order],
      fill: async () => {
        tries += 1;
        throw new Error('not the owner');
      },
      logger: silentLogger,
    });
    resting.onTick('ETH');
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    resting.onTick('ETH');
    expect(tries).toBe(2);
  });
});
