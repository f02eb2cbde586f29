import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { RATE_TOLERANCE } from '../funding/index.ts';
import { rate, size } from '../money/index.ts';
import type { Route } from '../routing/index.ts';
import { dollars, render } from '../testing/index.ts';
import { FundingWorld } from '../testing/funding.ts';
import { checks, serialize } from './index.ts';

const NAMES = ['a', 'b', 'c'] as const;
const KEYS: readonly Route[] = ['INTERNAL', 'HYPERLIQUID'];
const ORACLE = 1_000_000n;

const nat = fc.nat(10_000);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('trade' as const),
      who: fc.constantFrom(...NAMES),
      route: fc.constantFrom<Route>(...KEYS),
      /** Zero = all of it. */
      lots: fc.integer({ min: -50_000, max: 50_000 }),
      isLate: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('close' as const),
      lateMs: fc.constantFrom(0, 50, 900_000),
      rate: fc.integer({ min: -300_000_000, max: 300_000_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      pick: nat,
      off: fc.integer({ min: -60_000_000, max: 60_000_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('correct' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('post' as const),
      routes: fc.constantFrom<Route[]>(['INTERNAL'], ['HYPERLIQUID'], ['INTERNAL', 'HYPERLIQUID']),
      max: fc.nat(4),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** An hour as an obvious, slow bookkeeper keeps it. */
interface Hour {
  readonly hour: number;
  readonly cached: bigint;
  readonly isAccrued: boolean;
  actual?: bigint;
  /** By account and route. */
  readonly held: Map<string, bigint>;
}

class Bookkeeper {
  readonly world = new FundingWorld();
  readonly hours: Hour[] = [];
  readonly sizes = new Map<string, bigint>();
  /** Fractions of a micro-dollar a user may have lost: one per movement. */
  movements = 0;

  constructor() {
    for (const name of [...NAMES, 'ever']) this.world.open(name, dollars('1000000'));
    for (const route of KEYS) this.trade('ever', route, 7n, false);
  }

  trade(who: string, route: Route, lots: bigint, isLate: boolean): void {
    const key = `${who}:${route}`;
    const held = this.sizes.get(key) ?? 0n;
    const change = lots === 0n ? -held : lots;
    if (change === 0n) return;
    const newest = this.hours.at(-1);
    const isBefore = isLate && route === 'HYPERLIQUID' && newest !== undefined && newest.actual === undefined;
    this.world.at += 1;
    this.world.trade({
      accountId: who,
      route,
      lots: size(change),
      ...(isBefore ? { executedAt: newest.hour - 1 } : {}),
    });
    this.movements += 1;
    this.sizes.set(key, held + change);
    if (isBefore) newest.held.set(key, (newest.held.get(key) ?? 0n) + change);
  }

  run(action: Step): void {
    const { world } = this;
    switch (action.kind) {
      case 'trade':
        return this.trade(action.who, action.route, BigInt(action.lots), action.isLate);
      case 'close': {
        world.cachedRate = rate(BigInt(action.rate));
        const hour = world.close(action.lateMs);
        this.hours.push({
          hour,
          cached: BigInt(action.rate),
          isAccrued: action.lateMs < 300_000,
          held: new Map(this.sizes),
        });
        return undefined;
      }
      case 'settle':
        return this.settle(this.hours[action.pick % Math.max(this.hours.length, 1)], BigInt(action.off));
      case 'correct':
        this.movements += world.correct(action.count);
        return undefined;
      case 'post':
        world.post(action.routes, action.max);
        this.movements += 4;
        return undefined;
      case 'restart': {
        const before = render(serialize(world.state));
        world.restart();
        return expect(render(serialize(world.state))).toBe(before);
      }
    }
  }

  settle(hour: Hour | undefined, off: bigint): void {
    if (hour === undefined) return;
    const actual = hour.actual ?? hour.cached + off;
    const oraclePrice = this.world.markets()['BTC']!.oraclePrice;
    const isNew = this.world.settle(hour.hour, [{ symbol: 'BTC', rate: rate(actual), oraclePrice }]);
    expect(isNew).toBe(hour.actual === undefined);
    hour.actual = actual;
  }

  /** What a holder owes for an hour, 10⁻¹⁸ USD. */
  owed(hour: Hour, route: Route, held: bigint): bigint {
    const actual = held * ORACLE * hour.actual!;
    if (route === 'HYPERLIQUID' || !hour.isAccrued) return actual;
    const off = hour.actual! - hour.cached;
    const accrued = held * ORACLE * hour.cached;
    if ((off < 0n ? -off : off) <= RATE_TOLERANCE) return accrued;
    // Who gained by the wrong rate keeps it.
    return actual < accrued ? actual : accrued;
  }

  finish(): void {
    for (const hour of this.hours) this.settle(hour, 0n);
    for (let done = -1; done !== 0; this.movements += done) done = this.world.correct();
    this.world.resumePosting();
    this.world.close();
    this.hours.push({ hour: 0, cached: 0n, isAccrued: false, actual: 0n, held: new Map() });
    this.world.settle(this.world.state.funding.closedHour, [{ symbol: 'BTC', rate: this.world.cachedRate }]);
    for (const route of KEYS) this.world.post([route]);
    this.movements += 10;
  }
}

describe('funding', () => {
  it('charges each holder of an hour exactly once, whatever happens around the hour and in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const book = new Bookkeeper();
        for (const action of steps) {
          book.run(action);
          expect(checks(book.world.state)).toEqual([]);
        }
        for (const route of KEYS) for (const name of NAMES) book.trade(name, route, 0n, false);
        book.world.cachedRate = rate(0n);
        book.finish();
        const { state } = book.world;
        expect([state.funding.hours, state.funding.corrections, state.funding.posting]).toEqual([[], [], undefined]);
        expect(checks(state)).toEqual([]);
        for (const name of [...NAMES, 'ever']) {
          let exact = 0n;
          for (const hour of book.hours) {
            for (const route of KEYS) exact += book.owed(hour, route, hour.held.get(`${name}:${route}`) ?? 0n);
          }
          const lost = (dollars('1000000') - book.world.wallet(name)) * 10n ** 12n - exact;
          // Rounding is against the user, by less than a micro-dollar each time money moves.
          expect(lost >= 0n && lost < BigInt(book.movements + 1) * 10n ** 12n).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
