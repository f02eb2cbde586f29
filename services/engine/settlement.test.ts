import { describe, expect, it } from '@jest/globals';
import type { CommandResult, Order, OrderLeg } from '@perps/domain/account';
import { price, size, usd } from '@perps/domain/money';
import { DEFAULT_ROUTING_POLICY, route } from '@perps/domain/routing';
import type { OrderRecord } from '@perps/domain/shard';
import { ANSWER_MS_MAX, createSettlements } from './settlement.ts';

const decision = route(
  {
    symbol: 'ETH',
    notional: usd(20_000_000_000n),
    direction: 1,
    netExposure: usd(0n),
    totalExposure: usd(0n),
    userInternalNotional: usd(0n),
    userRecentInternalVolume: usd(0n),
    latencyMs: 0,
    quoteAgeMs: 0,
    isPriceHeld: false,
  },
  DEFAULT_ROUTING_POLICY,
);
const leg: OrderLeg = {
  route: 'HYPERLIQUID',
  size: size(50_000n),
  filledSize: size(0n),
  decision,
  venueCloid: '0x00',
  status: 'pending',
};
const order: Order = {
  orderId: 64,
  symbol: 'ETH',
  side: 'buy',
  size: size(50_000n),
  limitPrice: price(410_000n),
  timeInForce: 'IOC',
  reduceOnly: false,
  legs: [leg],
  filledSize: size(0n),
  filledNotional: usd(0n),
  orderMargin: usd(0n),
  placedAt: 1,
};
const recordOf = (status: OrderRecord['status'], changes: Partial<Order> = {}, cause?: string): OrderRecord => ({
  accountId: 'u1',
  order: { ...order, ...changes },
  status,
  statusAt: 2,
  ...(cause === undefined ? {} : { cause }),
});
const pending: CommandResult = { kind: 'orders', orders: [{ status: 'pending', orderId: 64 }] };

/** Settlements whose record changes by hand and whose 8 seconds pass by hand. */
function world(first: OrderRecord) {
  let record = first;
  let elapse: () => void = () => undefined;
  let waited = 0;
  const settlements = createSettlements({
    now: () => 0,
    monotonic: () => 0,
    sleep: (ms, signal) => {
      waited = ms;
      return new Promise((resolve) => {
        elapse = resolve;
        signal?.addEventListener('abort', () => resolve());
      });
    },
  });
  return {
    settle: (result: CommandResult) => settlements.settle(result, () => record),
    become: (next: OrderRecord) => {
      record = next;
      settlements.touched([64]);
    },
    elapse: () => elapse(),
    waited: () => waited,
  };
}

describe('settlement', () => {
  it.each([
    [
      'filled',
      recordOf('filled', { filledSize: size(50_000n), filledNotional: usd(20_000_000_000n) }),
      { status: 'filled', filledSize: 50_000n, averagePrice: 400_000n },
    ],
    ['resting', recordOf('open'), { status: 'resting', orderId: 64 }],
    [
      'refused by the venue',
      recordOf('rejected', {}, 'no'),
      { status: 'refused', rejection: { reason: 'VenueRefused', cause: 'no' } },
    ],
    ['gone without a fill', recordOf('canceled'), { status: 'refused', rejection: { reason: 'NothingToMatch' } }],
  ] as const)('answers an order that is %s', async (_name, fate, expected) => {
    const { settle, become } = world(recordOf('pending'));
    const answer = settle(pending);
    become(fate);
    expect(await answer).toMatchObject({ kind: 'orders', orders: [expected] });
  });

  it('answers as undecided after 8 s, and not before something happened', async () => {
    const { settle, become, elapse, waited } = world(recordOf('pending'));
    const answer = settle(pending);
    become(recordOf('pending'));
    expect(waited()).toBe(ANSWER_MS_MAX);
    elapse();
    expect(await answer).toEqual(pending);
  });

  it('waits for a cancel until its order has ended', async () => {
    const asked = { legs: [{ ...leg, status: 'open' as const, isCancelRequested: true }] };
    const { settle, become } = world(recordOf('open', asked));
    const answer = settle({ kind: 'cancels', cancels: [{ status: 'pending', orderId: 64 }] });
    become(recordOf('canceled', asked));
    expect(await answer).toEqual({ kind: 'cancels', cancels: [{ status: 'canceled' }] });
  });

  describe('of an entry with children', () => {
    const refused = { status: 'refused', rejection: { reason: 'InvalidTriggerPrice' } } as const;
    const waiting = { status: 'waitingForFill', orderId: 128 } as const;
    const group: CommandResult = { kind: 'orders', orders: [{ status: 'pending', orderId: 64 }, waiting, refused] };

    it('refuses the children with it', async () => {
      const { settle, become } = world(recordOf('pending'));
      const answer = settle(group);
      become(recordOf('iocCancelRejected'));
      const entry = { status: 'refused', rejection: { reason: 'NothingToMatch' } };
      expect(await answer).toEqual({ kind: 'orders', orders: [entry, entry, entry] });
    });

    it('lets them wait for the mark once it has filled, for its fill where it rests', async () => {
      const first = world(recordOf('pending'));
      const filled = first.settle(group);
      first.become(recordOf('filled', { filledSize: size(50_000n), filledNotional: usd(20_000_000_000n) }));
      const child = { status: 'waitingForTrigger', orderId: 128 };
      expect(await filled).toMatchObject({ orders: [{ status: 'filled' }, child, refused] });
      const second = world(recordOf('pending'));
      const resting = second.settle(group);
      second.become(recordOf('open'));
      expect(await resting).toMatchObject({ orders: [{ status: 'resting' }, waiting, refused] });
    });
  });

  it('passes through what is certain', async () => {
    const { settle } = world(recordOf('open'));
    const done: CommandResult = { kind: 'done' };
    expect(await settle(done)).toBe(done);
  });
});
