import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { AccountEvent, Order, OrderTarget, Side, VenueFate, VenueOrderRequest } from '../account/index.ts';
import type { MarketView } from '../market/index.ts';
import { price, rate, size, usd } from '../money/index.ts';
import { BTC, deepFreeze, dollars, ETH, market, NOW, OWNER, POLICY, render } from '../testing/index.ts';
import {
  apply,
  checks,
  crossedOrders,
  decideCommand,
  deserialize,
  initialShard,
  serialize,
  type ShardCommand,
  type ShardEntry,
  type ShardFacts,
  type ShardState,
} from './index.ts';

type Step =
  | { readonly kind: 'deposit'; readonly account: number; readonly dollars: number }
  | { readonly kind: 'order'; readonly account: number; readonly order: RandomOrder }
  | { readonly kind: 'cancel' | 'modify'; readonly account: number; readonly pick: number; readonly order: RandomOrder }
  | {
      readonly kind: 'leverage';
      readonly account: number;
      readonly symbol: number;
      readonly leverage: number;
      readonly isolated: boolean;
    }
  | { readonly kind: 'tick'; readonly symbol: number; readonly permille: number }
  | {
      readonly kind: 'venue';
      readonly pick: number;
      readonly what: 'fill' | 'repeat' | 'open' | 'end' | 'refuse' | 'absent' | 'cancelRefused';
      readonly part: number;
    }
  | { readonly kind: 'hold'; readonly isHeld: boolean };

interface RandomOrder {
  readonly symbol: number;
  readonly side: Side;
  readonly dollars: number;
  readonly permille: number;
  readonly tif: 'GTC' | 'IOC' | 'ALO';
  readonly reduceOnly: boolean;
}

const INSTRUMENTS = [BTC, ETH];
const ACCOUNTS = 3;
const account = fc.integer({ min: 0, max: ACCOUNTS - 1 });
const pick = fc.nat(1_000);
const symbol = fc.integer({ min: 0, max: 1 });
const randomOrder: fc.Arbitrary<RandomOrder> = fc.record({
  symbol,
  side: fc.constantFrom<Side>('buy', 'sell'),
  dollars: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 8, max: 30 }) },
    { weight: 4, arbitrary: fc.integer({ min: 30, max: 4_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 9_000, max: 30_000 }) },
  ),
  permille: fc.integer({ min: -12, max: 12 }),
  tif: fc.constantFrom('GTC', 'IOC', 'ALO'),
  reduceOnly: fc.nat(2).map((one) => one === 0),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('deposit' as const),
      account,
      dollars: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('order' as const), account, order: randomOrder }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancel' as const, 'modify' as const),
      account,
      pick,
      order: randomOrder,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('leverage' as const),
      account,
      symbol,
      leverage: fc.integer({ min: 0, max: 41 }),
      isolated: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), symbol, permille: fc.integer({ min: -25, max: 25 }) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('venue' as const),
      pick,
      what: fc.constantFrom(
        'fill' as const,
        'fill' as const,
        'fill' as const,
        'repeat' as const,
        'open' as const,
        'end' as const,
        'refuse' as const,
        'absent' as const,
        'cancelRefused' as const,
      ),
      part: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold' as const), isHeld: fc.boolean() }) },
);

/** The shard with the world around it: prices, and a venue that executes, repeats itself and forgets. */
class World {
  readonly state: ShardState = initialShard(3);
  readonly journal: ShardEntry[] = [];
  readonly digests: string[] = [];
  readonly sent: VenueOrderRequest[] = [];
  readonly executed = new Map<string, { size: bigint; fills: unknown[] }>();
  readonly marks = [1_000_000n, 400_000n];
  at = NOW;
  commands = 0;
  tids = 0;

  facts(): ShardFacts {
    return {
      at: this.at,
      markets: Object.fromEntries(INSTRUMENTS.map(({ symbol }, index) => [symbol, this.view(index)])),
      venue: { isAvailable: true, nextNonce: 0, slot: 0, expiresAfterMs: 5_000 },
    };
  }

  view(index: number): MarketView {
    const mark = this.marks[index]!;
    const spread = mark / 5_000n;
    const level = (at: bigint) => ({ price: price(at), size: size(10_000_000n) });
    return market(
      INSTRUMENTS[index]!,
      { mark: '1' },
      {
        markPrice: price(mark),
        oraclePrice: price(mark),
        fundingRate: rate(0n),
        bbo: { bid: level(mark - spread), ask: level(mark + spread) },
        bids: [level(mark - spread)],
        asks: [level(mark + spread)],
      },
    );
  }

  base(account: number) {
    this.at += 700;
    this.commands += 1;
    const commandId = `c${this.commands}`;
    return { commandId, accountId: `u${account}`, receivedAt: this.at };
  }

  submit(command: ShardCommand): void {
    for (const held of this.state.accounts.values()) deepFreeze(held);
    const before = this.commands % 20 === 0 ? render(serialize(this.state)) : '';
    const decision = decideCommand(this.state, deepFreeze(command), this.facts());
    if (before !== '') expect(render(serialize(this.state))).toBe(before);
    if (decision.outcome === 'refused') return;
    const { streamId, events, result } = decision;
    this.watch(streamId, events as readonly AccountEvent[]);
    const entry = deepFreeze({ commandId: command.commandId, streamId, at: this.at, events, result });
    apply(this.state, entry);
    this.journal.push(entry);
    this.digests.push(this.journal.length % 10 === 0 ? render(serialize(this.state)) : '');
    expect(checks(this.state)).toEqual([]);
    // The same command again: the same answer, and no fact.
    expect(decideCommand(this.state, command, this.facts())).toEqual({ outcome: 'refused', streamId, result });
  }

  /** Laws that hold for each fact. */
  watch(accountId: string, events: readonly AccountEvent[]): void {
    const orders = new Map<number, Order>(
      Object.values(this.state.accounts.get(accountId)?.orders ?? {}).map((order) => [order.orderId, order]),
    );
    for (const event of events) {
      if (event.type === 'OrderPlaced') orders.set(event.order.orderId, event.order);
      if (event.type === 'VenueOrderRequested') {
        this.sent.push(event.request);
        const order = orders.get(event.request.orderId)!;
        if (order.reduceOnly) {
          const held = this.state.accounts.get(accountId)?.positions[`${order.symbol}:HYPERLIQUID`]?.size ?? 0n;
          const signed = order.side === 'buy' ? event.request.size : -1n * event.request.size;
          expect(held * signed < 0n && magnitude(signed) <= magnitude(held)).toBe(true);
        }
      }
      if (event.type === 'OrderFilled' && event.route === 'INTERNAL' && orders.get(event.orderId)!.reduceOnly) {
        const after = event.position?.size ?? 0n;
        expect(after * event.startSize >= 0n && magnitude(after) < magnitude(event.startSize)).toBe(true);
      }
    }
  }

  run(one: Step): void {
    switch (one.kind) {
      case 'deposit': {
        const named = this.base(one.account);
        return this.submit({
          ...named,
          type: 'CreditDeposit',
          depositId: named.commandId,
          chain: 'local',
          amount: usd(BigInt(one.dollars) * 1_000_000n),
        });
      }
      case 'order':
        return this.submit({ ...this.base(one.account), type: 'PlaceOrders', orders: [this.request(one.order)] });
      case 'cancel': {
        const target = this.target(one);
        return target && this.submit({ ...this.base(one.account), type: 'CancelOrders', targets: [target] });
      }
      case 'modify': {
        const target = this.target(one);
        return (
          target &&
          this.submit({
            ...this.base(one.account),
            type: 'ModifyOrders',
            modifies: [{ target, order: this.request(one.order) }],
          })
        );
      }
      case 'leverage':
        return this.submit({
          ...this.base(one.account),
          type: 'UpdateLeverage',
          symbol: INSTRUMENTS[one.symbol]!.symbol,
          setting: { leverage: one.leverage, marginMode: one.isolated ? 'isolated' : 'cross' },
        });
      case 'hold':
        return this.submit({
          ...this.base(0),
          type: 'SetRoutingPolicy',
          shard: 3,
          policy: { ...POLICY, version: this.commands, holds: one.isHeld ? ['volatility'] : [] },
        });
      case 'tick':
        return this.tick(one.symbol, one.permille);
      case 'venue':
        return this.venue(one);
    }
  }

  tick(index: number, permille: number): void {
    this.marks[index] = (this.marks[index]! * BigInt(1_000 + permille)) / 1_000n;
    const { symbol } = INSTRUMENTS[index]!;
    for (const { accountId, orderId } of crossedOrders(this.state, symbol, this.view(index).bbo)) {
      this.submit({ ...this.base(0), accountId, type: 'FillResting', orderId });
    }
  }

  target({ account, pick }: { account: number; pick: number }): OrderTarget | undefined {
    const orders = Object.values(this.state.accounts.get(`u${account}`)?.orders ?? {});
    const order = orders[pick % Math.max(1, orders.length)];
    return order && { symbol: order.symbol, orderId: order.orderId };
  }

  request(words: RandomOrder) {
    const mark = this.marks[words.symbol]!;
    const rough = (mark * BigInt(1_000 + words.permille)) / 1_000n;
    const tick = 10n ** BigInt(Math.max(0, rough.toString().length - 5));
    return {
      symbol: INSTRUMENTS[words.symbol]!.symbol,
      side: words.side,
      size: size((BigInt(words.dollars) * 1_000_000n) / mark),
      limitPrice: price(rough - (rough % tick)),
      timeInForce: words.tif,
      reduceOnly: words.reduceOnly,
    };
  }

  venue({ pick, what, part }: Extract<Step, { kind: 'venue' }>): void {
    const request = this.sent[pick % Math.max(1, this.sent.length)];
    if (request === undefined) return;
    const { venueCloid, accountId } = request;
    const done = this.executed.get(venueCloid) ?? { size: 0n, fills: [] };
    const named = { ...this.base(0), accountId };
    const book = (fill: unknown) => this.submit({ ...named, type: 'BookVenueFill', venueCloid, fill: fill as never });
    const resolve = (fate: VenueFate) => this.submit({ ...named, type: 'ResolveVenueOrder', venueCloid, fate });
    if (what === 'fill' && done.size < request.size) {
      const left = request.size - done.size;
      const filled = part === 4 ? left : (left * BigInt(part) + 3n) / 4n;
      this.tids += 1;
      const value = request.limitPrice * filled;
      const fill = {
        tid: this.tids,
        venueOrderId: 9,
        price: request.limitPrice,
        size: filled,
        fee: usd(value / 2_000n - (part === 1 ? value / 1_000n : 0n)),
        liquidity: 'taker',
        time: this.at,
        hash: '0x',
      };
      this.executed.set(venueCloid, { size: done.size + filled, fills: [...done.fills, fill] });
      // Now and then the fill is lost on its way, and only a repeat brings it.
      if (pick % 7 !== 0) book(fill);
    } else if (what === 'repeat')
      done.fills.forEach((fill) => {
        this.base(0);
        this.submit({ ...this.base(0), accountId, type: 'BookVenueFill', venueCloid, fill: fill as never });
      });
    else if (what === 'open') resolve({ kind: 'open', venueOrderId: 9 });
    else if (what === 'end')
      resolve({
        kind: 'ended',
        venueOrderId: 9,
        status: done.size === request.size ? 'filled' : 'canceled',
        executedSize: size(done.size),
      });
    else if (what === 'refuse') resolve({ kind: 'refused', cause: 'Insufficient margin' });
    else if (what === 'absent') resolve({ kind: 'neverArrived' });
    else if (what === 'cancelRefused') resolve({ kind: 'cancelRefused', cause: 'already filled' });
  }
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

describe('the shard under random commands', () => {
  it('keeps every law; replay and snapshots give the same state at every prefix', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), (steps) => {
        const world = new World();
        for (let index = 0; index < ACCOUNTS; index += 1) {
          world.submit({ ...world.base(index), type: 'OpenAccount', owner: OWNER });
          const deposit = {
            ...world.base(index),
            type: 'CreditDeposit' as const,
            depositId: `d${index}`,
            chain: 'local',
          };
          world.submit({ ...deposit, amount: dollars('4000') });
        }
        world.submit({ ...world.base(0), type: 'SetRoutingPolicy', shard: 3, policy: POLICY });
        for (const one of steps) world.run(one);
        expectReplay(world);
        expectFillsBooked(world);
      }),
      { numRuns: 80 },
    );
  });
});

/** From the journal alone, and from a snapshot in the middle. */
function expectReplay({ journal, digests, state }: World): void {
  let replayed = initialShard(3);
  journal.forEach((entry, index) => {
    apply(replayed, entry);
    if (digests[index] !== '') expect(render(serialize(replayed))).toBe(digests[index]);
    if (index === journal.length >> 1) replayed = deserialize(structuredClone(serialize(replayed)));
  });
  expect(render(serialize(replayed))).toBe(render(serialize(state)));
  expect(restingOf(replayed)).toBe(restingOf(state));
}

const restingOf = (state: ShardState): string =>
  render(INSTRUMENTS.map(({ symbol }) => state.resting.get(symbol) ?? { buy: [], sell: [] }));

/** Brought once more at the end, every fill of the venue is in the ledger, once (I5, I4). */
function expectFillsBooked(world: World): void {
  for (const request of world.sent) {
    for (const fill of world.executed.get(request.venueCloid)?.fills ?? []) {
      world.submit({
        ...world.base(0),
        accountId: request.accountId,
        type: 'BookVenueFill',
        venueCloid: request.venueCloid,
        fill: fill as never,
      });
    }
  }
  const booked = new Map<number, number>();
  for (const { events } of world.journal) {
    for (const event of events) {
      if (event.type === 'OrderFilled' && event.venue !== undefined)
        booked.set(event.venue.tid, (booked.get(event.venue.tid) ?? 0) + 1);
    }
  }
  expect([...booked.values()].every((times) => times === 1)).toBe(true);
  expect(booked.size).toBe(world.tids);
}
