import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type AccountEvent, sliceCountOf, type Side, type Twap, type VenueOrderRequest } from '../account/index.ts';
import { price, size, usd } from '../money/index.ts';
import { BTC, deepFreeze, dollars, market, NOW, OWNER, POLICY, render } from '../testing/index.ts';
import {
  apply,
  checks,
  decideCommand,
  deserialize,
  dueTimers,
  initialShard,
  serialize,
  type ShardCommand,
  type ShardEntry,
  type ShardFacts,
  type ShardState,
} from './index.ts';

type Step =
  | {
      readonly kind: 'twap';
      readonly side: Side;
      readonly dollars: number;
      readonly minutes: number;
      readonly reduceOnly: boolean;
      readonly isRandomized: boolean;
    }
  | { readonly kind: 'order'; readonly side: Side; readonly dollars: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly permille: number }
  | { readonly kind: 'venue'; readonly pick: number; readonly part: number; readonly isOver: boolean }
  | { readonly kind: 'cancel' | 'policy'; readonly pick: number };

const side = fc.constantFrom<Side>('buy', 'sell');
const pick = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('twap' as const),
      side,
      dollars: fc.integer({ min: 90, max: 30_000 }),
      minutes: fc.integer({ min: 5, max: 8 }),
      reduceOnly: fc.boolean(),
      isRandomized: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('order' as const), side, dollars: fc.integer({ min: 20, max: 9_000 }) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.oneof(fc.integer({ min: 500, max: 31_000 }), fc.integer({ min: 31_000, max: 200_000 })),
      permille: fc.integer({ min: -8, max: 8 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('venue' as const),
      pick,
      part: fc.constantFrom(0, 1, 2, 4, 4),
      isOver: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'policy' as const), pick }) },
);

const ON = { ...POLICY, isTwapEnabled: true };
const SLICED = { above: usd(900_000_000n), slices: 3, intervalMs: 1_000 };
const POLICIES = [
  ON,
  ON,
  { ...ON, holds: ['reserve'] },
  { ...ON, holds: ['reserve'], venueSlicing: SLICED },
  { ...ON, tradingState: 'HALTED' as const },
  POLICY,
];
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** One account, one coin, and a host that runs what is due. */
class World {
  readonly state: ShardState = initialShard(3);
  readonly journal: ShardEntry[] = [];
  readonly sent: VenueOrderRequest[] = [];
  readonly executed = new Map<string, bigint>();
  /** Filled by slices, by TWAP. */
  readonly filled = new Map<number, bigint>();
  readonly seen = new Set<string>();
  mark = 1_000_000n;
  at = NOW;
  ids = 0;

  facts(): ShardFacts {
    const level = (at: bigint) => ({ price: price(at), size: size(10_000_000n) });
    const [bid, ask] = [level(this.mark - 100n), level(this.mark + 100n)];
    const marks = { markPrice: price(this.mark), oraclePrice: price(this.mark) };
    const view = market(BTC, { mark: '1' }, { ...marks, bbo: { bid, ask }, bids: [bid], asks: [ask] });
    return {
      at: this.at,
      markets: { BTC: view },
      venue: { isAvailable: true, nextNonce: 0, slot: 0, expiresAfterMs: 5_000 },
    };
  }

  base() {
    this.ids += 1;
    return { commandId: `c${this.ids}`, accountId: 'u1', receivedAt: this.at };
  }

  submit(command: ShardCommand): void {
    const decision = decideCommand(this.state, deepFreeze(command), this.facts());
    if (decision.outcome === 'refused') return;
    const { streamId, events, result } = decision;
    this.watch(events as readonly AccountEvent[]);
    const entry = deepFreeze({ commandId: command.commandId, streamId, at: this.at, events, result });
    apply(this.state, entry);
    this.journal.push(entry);
    expect(checks(this.state)).toEqual([]);
    this.check();
  }

  watch(events: readonly AccountEvent[]): void {
    for (const event of events) {
      if (event.type === 'TwapEnded') this.seen.add(event.ending.status);
      if (event.type === 'VenueOrderRequested') this.sent.push(event.request);
      if (event.type === 'OrderChanged' && event.cause === 'slice') this.seen.add('next child');
      if (event.type !== 'OrderFilled' || event.twapId === undefined) continue;
      this.filled.set(event.twapId, (this.filled.get(event.twapId) ?? 0n) + event.size);
      this.seen.add(event.route);
      if (event.route !== 'INTERNAL' || this.twap(event.twapId)?.reduceOnly !== true) continue;
      const after = event.position?.size ?? 0n;
      expect(after * event.startSize >= 0n && magnitude(after) < magnitude(event.startSize)).toBe(true);
    }
  }

  twap(twapId: number): Twap | undefined {
    const { running = [], ended = [] } = this.state.accounts.get('u1')?.twaps ?? {};
    return [...running, ...ended.map(({ twap }) => twap)].find((twap) => twap.twapId === twapId);
  }

  /** Executed and on its way together are never above the size, and what is told is what was filled. */
  check(): void {
    const account = this.state.accounts.get('u1');
    for (const twap of account?.twaps?.running ?? []) {
      let onItsWay = 0n;
      for (const order of Object.values(account?.orders ?? {})) {
        if (order.twapId === twap.twapId) onItsWay += order.size - order.filledSize;
      }
      expect(twap.executedSize + onItsWay <= twap.size).toBe(true);
      expect(twap.slicesDone <= sliceCountOf(twap)).toBe(true);
    }
    for (const order of account?.orders ?? []) {
      const lots = order.legs.reduce((sum, leg) => sum + leg.size, 0n);
      expect([lots, order.filledSize <= order.size]).toEqual([order.size, true]);
    }
    for (const [twapId, lots] of this.filled) expect(this.twap(twapId)?.executedSize).toBe(lots);
  }

  run(one: Step): void {
    switch (one.kind) {
      case 'twap': {
        const { kind: _kind, dollars: worth, ...words } = one;
        const lots = size((BigInt(worth) * 1_000_000n) / this.mark);
        return this.submit({ ...this.base(), type: 'PlaceTwap', symbol: 'BTC', size: lots, ...words });
      }
      case 'order': {
        const lots = size((BigInt(one.dollars) * 1_000_000n) / this.mark);
        const rough = (this.mark * (one.side === 'buy' ? 104n : 96n)) / 100n;
        const limitPrice = price(rough - (rough % 1_000n));
        const order = {
          symbol: 'BTC',
          side: one.side,
          size: lots,
          limitPrice,
          timeInForce: 'IOC',
          reduceOnly: false,
        } as const;
        return this.submit({ ...this.base(), type: 'PlaceOrders', orders: [order] });
      }
      case 'cancel': {
        const running = this.state.accounts.get('u1')?.twaps?.running ?? [];
        const twapId = running[one.pick % Math.max(1, running.length)]?.twapId ?? 0;
        return this.submit({ ...this.base(), type: 'CancelTwap', symbol: 'BTC', twapId });
      }
      case 'policy': {
        const { commandId, receivedAt } = this.base();
        const policy = { ...POLICIES[one.pick % POLICIES.length]!, version: this.ids };
        return this.submit({ commandId, receivedAt, type: 'SetRoutingPolicy', shard: 3, policy });
      }
      case 'pass':
        return this.pass(one.ms, one.permille);
      case 'venue':
        return this.venue(one);
    }
  }

  pass(ms: number, permille: number): void {
    this.at += ms;
    this.mark = (this.mark * BigInt(1_000 + permille)) / 1_000n;
    for (const due of dueTimers(this.state, this.at)) {
      if (due.kind === 'twap') this.submit({ ...this.base(), type: 'RunTwapSlice', twapId: due.twapId });
      if (due.kind === 'venueSlice') this.submit({ ...this.base(), type: 'SendVenueSlice', orderId: due.orderId });
    }
    expect(dueTimers(this.state, this.at)).toEqual([]);
  }

  /** Executes a part of an order, and says how it ended. */
  venue({ pick: which, part, isOver }: { pick: number; part: number; isOver: boolean }): void {
    const request = this.sent[which % Math.max(1, this.sent.length)];
    if (request === undefined || !this.state.venueOrders.has(request.venueCloid)) return;
    const { venueCloid } = request;
    const done = this.executed.get(venueCloid) ?? 0n;
    const filled = ((request.size - done) * BigInt(part)) / 4n;
    if (filled > 0n) {
      this.executed.set(venueCloid, done + filled);
      const fill = {
        tid: this.ids,
        venueOrderId: 9,
        price: request.limitPrice,
        size: size(filled),
        fee: usd(filled),
        liquidity: 'taker',
        time: this.at,
        hash: '0x',
      } as const;
      this.submit({ ...this.base(), type: 'BookVenueFill', venueCloid, fill });
    }
    if (!isOver) return;
    const executedSize = size(done + filled);
    const status = executedSize === request.size ? 'filled' : 'canceled';
    const fate = { kind: 'ended', venueOrderId: 9, status, executedSize } as const;
    this.submit({ ...this.base(), type: 'ResolveVenueOrder', venueCloid, fate });
  }
}

describe('TWAPs and large orders under random commands', () => {
  it('never execute more than their size, reduce only, and replay the same from journal and snapshot', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 120 }), (steps) => {
        const world = new World();
        world.submit({ ...world.base(), type: 'OpenAccount', owner: OWNER });
        const deposit = { depositId: 'd1', chain: 'local', amount: dollars('9000') } as const;
        world.submit({ ...world.base(), type: 'CreditDeposit', ...deposit });
        world.run({ kind: 'policy', pick: 0 });
        for (const one of steps) world.run(one);

        const replayed = initialShard(3);
        for (const entry of world.journal) apply(replayed, entry);
        expect(render(serialize(replayed))).toBe(render(serialize(world.state)));
        const restored = deserialize(serialize(world.state));
        expect(render(serialize(restored))).toBe(render(serialize(world.state)));
        const later = world.at + 600_000;
        expect(dueTimers(restored, later)).toEqual(dueTimers(world.state, later));
        for (const what of world.seen) seen.add(what);
      }),
      { numRuns: 60, seed: 20_261_121 },
    );
    expect([...seen].sort()).toEqual(['HYPERLIQUID', 'INTERNAL', 'error', 'finished', 'next child', 'terminated']);
  });
});
