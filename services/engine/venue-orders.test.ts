import { describe, expect, it } from '@jest/globals';
import type { VenueFate, VenueFill, VenueOrderRequest } from '@perps/domain/account';
import { price, size, usd } from '@perps/domain/money';
import type { VenueObservation } from '@perps/domain/reconcile';
import { noMetrics, silentLogger } from '@perps/runtime/ports';
import { createVenueOrders, type VenueOrders, type VenuePort } from './venue-orders.ts';

const request: VenueOrderRequest = {
  venueCloid: '0x00112233445566778899aabbccddeeff',
  orderId: 64,
  accountId: 'u1',
  symbol: 'ETH',
  assetId: 1,
  szDecimals: 4,
  side: 'buy',
  size: size(50_000n),
  limitPrice: price(410_000n),
  timeInForce: 'IOC',
  slot: 0,
  nonce: 1_000,
  expiresAfter: 6_000,
  requestedAt: 1_000,
  purpose: 'user',
};
const fill: VenueFill = {
  tid: 9,
  venueOrderId: 7,
  price: price(400_000n),
  size: size(50_000n),
  fee: usd(1n),
  liquidity: 'taker',
  time: 1_100,
  hash: '0x',
};

interface Script {
  readonly place?: Awaited<ReturnType<VenuePort['place']>>;
  readonly cancel?: Awaited<ReturnType<VenuePort['cancel']>>;
  readonly looks?: readonly VenueObservation[];
}

/** A venue that answers from a script, and a shard that forgets an order once it is resolved for good. */
function world(script: Script) {
  const said: (VenueFate | VenueFill)[] = [];
  const asked: string[] = [];
  const looks = [...(script.looks ?? [])];
  let isLive = true;
  let now = 1_500;
  const orders: VenueOrders = createVenueOrders({
    shard: 0,
    venue: {
      prepare: ({ venueCloid }) => void asked.push(`prepare ${venueCloid}`),
      place: async ({ venueCloid }) => {
        asked.push(`place ${venueCloid}`);
        return script.place ?? { kind: 'unknown', cause: 'lost' };
      },
      cancel: async () => script.cancel ?? { kind: 'canceled' },
      lookup: async () => looks.shift() ?? { kind: 'unknown' },
      fillsSince: async () => [
        { venueCloid: request.venueCloid, symbol: 'ETH', side: 'buy', startSize: size(0n), fill },
      ],
    },
    live: () => (isLive ? [request] : []),
    request: () => (isLive ? request : undefined),
    resolve: async (_request, fate) => {
      said.push(fate);
      if (fate.kind !== 'open' && fate.kind !== 'cancelRefused') isLive = false;
    },
    bookFill: async (_request, booked) => said.push(booked),
    clock: { now: () => now, monotonic: () => now, sleep: async () => undefined },
    logger: silentLogger,
    metrics: noMetrics,
  });
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    orders,
    said,
    asked,
    at: (time: number) => {
      now = time;
    },
    place: async () => {
      orders.committed([{ type: 'VenueOrderRequested', request }]);
      await settled();
    },
    cancel: async () => {
      const { venueCloid, orderId, accountId, assetId, slot, nonce, expiresAfter, requestedAt } = request;
      orders.committed([
        {
          type: 'VenueCancelRequested',
          request: { venueCloid, orderId, accountId, assetId, slot, nonce, expiresAfter, requestedAt },
        },
      ]);
      await settled();
    },
  };
}

const found = (status: 'open' | 'filled' | 'canceled', executed: bigint): VenueObservation => ({
  kind: 'found',
  venueOrderId: 7,
  status,
  executedSize: size(executed),
});

describe('venue orders', () => {
  it('resolves what the answer settles', async () => {
    const { place, said } = world({ place: { kind: 'resting', venueOrderId: 7 } });
    await place();
    expect(said).toEqual([{ kind: 'open', venueOrderId: 7 }]);
  });

  it('signs what was decided while it is journaled, and sends once it is', async () => {
    const { orders, place, asked } = world({ place: { kind: 'resting', venueOrderId: 7 } });
    orders.decided([{ type: 'VenueOrderRequested', request }]);
    // The put of the same turn goes first.
    expect(asked).toEqual([]);
    await new Promise(setImmediate);
    expect(asked).toEqual([`prepare ${request.venueCloid}`]);
    await place();
    expect(asked).toEqual([`prepare ${request.venueCloid}`, `place ${request.venueCloid}`]);
  });

  it('tells a refusal in the venue’s words', async () => {
    const { place, said } = world({ place: { kind: 'refused', cause: 'Insufficient margin to place order. asset=1' } });
    await place();
    expect(said).toEqual([{ kind: 'refused', cause: 'Insufficient margin to place order. asset=1' }]);
  });

  it('looks an unknown order up and books its fills before it ends it', async () => {
    const { place, said } = world({ looks: [found('filled', 50_000n)] });
    await place();
    expect(said).toEqual([fill, { kind: 'ended', venueOrderId: 7, status: 'filled', executedSize: 50_000n }]);
  });

  it('never takes unknown for failed: absence counts only past expiry and lag, and only twice', async () => {
    const absent = (venueTime: number): VenueObservation => ({ kind: 'absent', venueTime });
    const { place, orders, said, at } = world({
      looks: [absent(1_600), absent(7_999), absent(8_000), { kind: 'unknown' }, absent(8_500)],
    });
    await place();
    at(9_000);
    for (let pass = 0; pass < 3; pass += 1) {
      await orders.reconcile({ all: false });
      expect(said).toEqual([]);
    }
    await orders.reconcile({ all: false });
    expect(said).toEqual([{ kind: 'neverArrived' }]);
  });

  it('takes a cancel that raced with a fill for the fill', async () => {
    const { cancel, said } = world({ cancel: { kind: 'refused', cause: 'filled' }, looks: [found('filled', 50_000n)] });
    await cancel();
    expect(said).toEqual([fill, { kind: 'ended', venueOrderId: 7, status: 'filled', executedSize: 50_000n }]);
  });

  it('tells a refused cancel of an order that still rests', async () => {
    const { cancel, said } = world({ cancel: { kind: 'refused', cause: 'busy' }, looks: [found('open', 0n)] });
    await cancel();
    expect(said).toEqual([
      { kind: 'open', venueOrderId: 7 },
      { kind: 'cancelRefused', cause: 'busy' },
    ]);
  });

  it('leaves young orders to their answer, except in a pass over all', async () => {
    const { orders, said } = world({ looks: [found('open', 0n)] });
    await orders.reconcile({ all: false });
    expect(said).toEqual([]);
    await orders.reconcile({ all: true });
    expect(said).toContainEqual({ kind: 'open', venueOrderId: 7 });
    expect(orders.oldestUndecidedMs()).toBe(500);
  });
});
