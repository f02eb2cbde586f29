import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  accountDecider,
  type AccountEvent,
  type AccountState,
  type Position,
  type VenueOrderRequest,
} from '../account/index.ts';
import { riskFiguresOf } from '../liquidation/index.ts';
import { price, size, usd } from '../money/index.ts';
import { BTC, ETH, market, NOW, OWNER, POLICY, render } from '../testing/index.ts';
import {
  accountsTouched,
  apply,
  checks,
  decideCommand,
  deserialize,
  initialShard,
  liquidationsDue,
  refreshRisk,
  serialize,
  type ShardEntry,
  type ShardFacts,
  type ShardState,
  slowRiskCheck,
} from './index.ts';

const INSTRUMENTS = [
  { ...BTC, maxLeverage: 40, marginTiers: [] },
  {
    ...ETH,
    maxLeverage: 25,
    marginTiers: [
      { lowerBound: usd(0n), maxLeverage: 25 },
      { lowerBound: usd(40_000_000_000n), maxLeverage: 10 },
      { lowerBound: usd(90_000_000_000n), maxLeverage: 4 },
    ],
  },
];
const MARKS = [1_000_000n, 400_000n];

interface RandomPosition {
  readonly symbol: number;
  readonly venue: boolean;
  readonly isLong: boolean;
  readonly dollars: number;
  /** Entry against the mark, per mille. */
  readonly entry: number;
  /** Margin in per mille of the notional; 0 = cross. */
  readonly margin: number;
}

interface RandomAccount {
  readonly wallet: number;
  readonly positions: readonly RandomPosition[];
}

type Step =
  | { readonly kind: 'tick'; readonly symbol: number; readonly perMille: number }
  | { readonly kind: 'funding'; readonly symbol: number; readonly venue: boolean; readonly perMille: number }
  | { readonly kind: 'wallet'; readonly account: number; readonly dollars: number }
  | { readonly kind: 'pause' | 'stale'; readonly isOn: boolean }
  | { readonly kind: 'wait' };

const position: fc.Arbitrary<RandomPosition> = fc.record({
  symbol: fc.nat(1),
  venue: fc.boolean(),
  isLong: fc.boolean(),
  dollars: fc.oneof(fc.integer({ min: 20, max: 5_000 }), fc.integer({ min: 20_000, max: 150_000 })),
  entry: fc.integer({ min: -60, max: 60 }),
  margin: fc.oneof(fc.constant(0), fc.integer({ min: 40, max: 400 })),
});
const randomAccount: fc.Arbitrary<RandomAccount> = fc.record({
  wallet: fc.integer({ min: 10, max: 20_000 }),
  positions: fc.array(position, { minLength: 1, maxLength: 4 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      symbol: fc.nat(1),
      perMille: fc.oneof(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -40, max: 40 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('funding' as const),
      symbol: fc.nat(1),
      venue: fc.boolean(),
      perMille: fc.integer({ min: -8, max: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wallet' as const), account: fc.nat(5), dollars: fc.nat(500) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'stale' as const), isOn: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
);

function positionOf(of: RandomPosition, id: number): Position {
  const { symbol } = INSTRUMENTS[of.symbol]!;
  const mark = MARKS[of.symbol]!;
  const lots = (BigInt(of.dollars) * 1_000_000n) / mark + 1n;
  return {
    positionId: `p${id}`,
    symbol,
    route: of.venue ? 'HYPERLIQUID' : 'INTERNAL',
    size: size(of.isLong ? lots : -lots),
    entryNotional: usd((lots * mark * BigInt(1_000 + of.entry)) / 1_000n),
    marginMode: of.margin === 0 ? 'cross' : 'isolated',
    leverage: 5,
    isolatedMargin: usd((lots * mark * BigInt(of.margin)) / 1_000n),
    openedAt: NOW,
    fundingIndex: 0n,
    fundingPaid: usd(0n),
  };
}

function accountOf(of: RandomAccount, number: number): AccountState {
  const opened = accountDecider.evolve(accountDecider.initialState(`u${number}`), {
    type: 'AccountOpened',
    owner: OWNER,
  });
  const positions: Record<string, Position> = {};
  for (const [index, one] of of.positions.entries()) {
    const held = positionOf(one, number * 10 + index);
    const other = Object.values(positions).find(({ symbol }) => symbol === held.symbol);
    // Both routes of a coin share the mode.
    const isIsolated = (other ?? held).marginMode === 'isolated';
    positions[`${held.symbol}:${held.route}`] = {
      ...held,
      marginMode: isIsolated ? 'isolated' : 'cross',
      isolatedMargin: isIsolated ? usd(held.isolatedMargin + 1_000_000n) : usd(0n),
    };
  }
  return { ...opened, wallet: usd(BigInt(of.wallet) * 1_000_000n), positions };
}

class World {
  state: ShardState;
  readonly journal: ShardEntry[] = [];
  readonly marks = [...MARKS];
  readonly isAtVenue: boolean;
  at = NOW;
  isStale = false;
  isPaused = false;
  wasStopped = false;
  commands = 0;
  tids = 0;

  constructor(accounts: readonly AccountState[], isAtVenue: boolean) {
    const state = initialShard(1);
    let owed = 0n;
    for (const account of accounts) {
      state.accounts.set(account.accountId, account);
      owed += account.wallet;
      for (const { isolatedMargin } of Object.values(account.positions)) owed += isolatedMargin;
    }
    state.platform.set('chain:local', usd(-owed));
    state.policy = POLICY;
    this.state = deserialize(serialize(state));
    this.isAtVenue = isAtVenue;
  }

  get facts(): ShardFacts {
    const markets = Object.fromEntries(
      INSTRUMENTS.map((instrument, index) => {
        const markPrice = price(this.marks[index]!);
        const level = { price: markPrice, size: size(10n ** 12n) };
        const bbo = { bid: level, ask: level };
        const markAgeMs = this.isStale ? 20_000 : 50;
        return [
          instrument.symbol,
          market(instrument, { mark: '1' }, { markPrice, bbo, bids: [], asks: [], markAgeMs }),
        ];
      }),
    );
    return { at: this.at, markets, venue: { isAvailable: true, nextNonce: 0, slot: 0, expiresAfterMs: 5_000 } };
  }

  get pricing() {
    return { markets: this.facts.markets, funding: this.state.funding.indexes };
  }

  submit(accountId: string, command: object): readonly AccountEvent[] {
    this.commands += 1;
    const commandId = `c${this.commands}`;
    const decision = decideCommand(
      this.state,
      { commandId, accountId, receivedAt: this.at, ...command } as Parameters<typeof decideCommand>[1],
      this.facts,
    );
    if (decision.outcome === 'refused') return [];
    const { streamId, events, result } = decision;
    const entry = { commandId, streamId, at: this.at, events, result };
    apply(this.state, entry);
    this.journal.push(entry);
    return events as readonly AccountEvent[];
  }

  /** What the host does after a price: asks those who are touched, and answers their orders at the venue. */
  react(symbol: string): void {
    refreshRisk(this.state, this.pricing);
    const touched = accountsTouched(this.state, symbol, this.pricing);
    expect(new Set(touched).size).toBe(touched.length);
    const due = liquidationsDue(this.state, this.at);
    const asked = new Set([...touched, ...due]);
    // Where nothing is in the way, the tick itself finds everybody: in the symbol whose mark came last.
    const seen = this.isStale || this.isPaused || this.wasStopped ? asked : new Set(touched);
    this.wasStopped = this.isStale || this.isPaused;
    for (const { accountId, scope, finding } of slowRiskCheck(this.state, this.pricing)) {
      expect(seen.has(accountId) ? '' : `${accountId} ${scope} ${finding} was missed`).toBe('');
    }
    for (const accountId of asked) this.ask(accountId);
    const left = slowRiskCheck(this.state, this.pricing).filter(({ finding }) => finding !== 'clear');
    const isStopped = this.isStale || this.isPaused;
    for (const { finding } of left) expect(isStopped ? 'liquidate' : finding).toBe('liquidate');
    if (!isStopped) this.expectNobodyLeft();
  }

  ask(accountId: string): void {
    const events = this.submit(accountId, { type: 'CheckRisk' });
    expect(this.submit(accountId, { type: 'CheckRisk' })).toEqual([]);
    this.answer(accountId, events);
  }

  /** The venue fills whole, in part, or refuses, by turns. */
  answer(accountId: string, events: readonly AccountEvent[]): void {
    for (const event of events) {
      if (event.type !== 'VenueOrderRequested') continue;
      const { request } = event;
      this.tids += 1;
      const kind = this.tids % 4;
      const { venueCloid } = request;
      if (kind === 0) {
        const fate = { kind: 'refused', cause: 'no' };
        this.answer(accountId, this.submit(accountId, { type: 'ResolveVenueOrder', venueCloid, fate }));
        continue;
      }
      const part = kind === 1 && request.size > 1n ? size(request.size / 2n) : request.size;
      this.answer(accountId, this.fill(accountId, request, part));
      if (part === request.size) continue;
      const fate = { kind: 'ended', venueOrderId: this.tids, executedSize: part, status: 'canceled' };
      this.answer(accountId, this.submit(accountId, { type: 'ResolveVenueOrder', venueCloid, fate }));
    }
  }

  fill(accountId: string, request: VenueOrderRequest, lots: bigint): readonly AccountEvent[] {
    const mark = this.marks[INSTRUMENTS.findIndex(({ symbol }) => symbol === request.symbol)]!;
    const { venueCloid } = request;
    const slip = mark / 2_000n;
    const fill = {
      tid: this.tids,
      venueOrderId: this.tids,
      price: price(request.side === 'buy' ? mark + slip : mark - slip),
      size: size(lots),
      fee: usd((mark * lots) / 2_222n),
      liquidity: 'taker',
      time: this.at,
      hash: '0x',
    };
    return this.submit(accountId, { type: 'BookVenueFill', venueCloid, fill });
  }

  /** Nobody whose positions we can close ourselves stays at the requirement; at the venue something is under way. */
  expectNobodyLeft(): void {
    for (const account of this.state.accounts.values()) {
      for (const scope of ['cross', ...Object.keys(account.positions)]) {
        const figures = riskFiguresOf(account, scope, this.pricing);
        if (figures === undefined || figures.maintenance === 0n || figures.equity > figures.maintenance) continue;
        const level = account.episodes[scope]?.level;
        expect(this.isAtVenue ? level : 'nobody').toMatch(/^(liquidating|takeover)$/);
      }
    }
  }

  run(one: Step): void {
    this.at += 900;
    if (one.kind === 'tick') {
      this.marks[one.symbol] = (this.marks[one.symbol]! * BigInt(1_000 + one.perMille)) / 1_000n;
      return this.react(INSTRUMENTS[one.symbol]!.symbol);
    }
    if (one.kind === 'funding') {
      const { symbol } = INSTRUMENTS[one.symbol]!;
      const key = `${symbol}:${one.venue ? 'HYPERLIQUID' : 'INTERNAL'}`;
      const grown = (this.marks[one.symbol]! * BigInt(one.perMille) * 10n ** 12n) / 1_000n;
      this.state.funding.indexes[key] = (this.state.funding.indexes[key] ?? 0n) + grown;
      return this.react(symbol);
    }
    if (one.kind === 'wallet') {
      const deposit = {
        type: 'CreditDeposit',
        depositId: `d${this.commands}`,
        chain: 'local',
        amount: usd(BigInt(one.dollars + 1) * 1_000_000n),
      };
      this.submit(`u${one.account % this.state.accounts.size}`, deposit);
    }
    if (one.kind === 'pause') {
      this.isPaused = one.isOn;
      this.commands += 1;
      const policy = { ...POLICY, version: this.commands + 1, pauses: one.isOn ? ['liquidation' as const] : [] };
      const command = {
        type: 'SetRoutingPolicy' as const,
        commandId: `p${this.commands}`,
        shard: 1,
        receivedAt: this.at,
        policy,
      };
      const decision = decideCommand(this.state, command, this.facts);
      if (decision.outcome === 'accepted') {
        const { streamId, events, result } = decision;
        apply(this.state, { commandId: command.commandId, streamId, at: this.at, events, result });
      }
    }
    if (one.kind === 'stale') this.isStale = one.isOn;
    for (const { symbol } of INSTRUMENTS) this.react(symbol);
  }
}

const valueOf = (state: ShardState): string => {
  const { accounts, platform, venueOrders } = serialize(state);
  return render({ accounts, platform: platform.filter(([, amount]) => amount !== 0n), venueOrders });
};

describe('the risk index under random accounts, prices and funding', () => {
  it.each([
    ['INTERNAL', false],
    ['both routes', true],
  ])('misses nobody the slow check finds, and leaves nobody at the requirement: %s', (_name, isAtVenue) => {
    fc.assert(
      fc.property(
        fc.array(randomAccount, { minLength: 1, maxLength: 6 }),
        fc.array(step, { minLength: 1, maxLength: 40 }),
        (accounts, steps) => {
          const states = accounts.map((one, number) =>
            accountOf(
              isAtVenue ? one : { ...one, positions: one.positions.map((held) => ({ ...held, venue: false })) },
              number,
            ),
          );
          const world = new World(states, isAtVenue);
          const replayed = deserialize(serialize(world.state));
          for (const one of steps) world.run(one);
          expect(checks(world.state)).toEqual([]);
          for (const entry of world.journal) apply(replayed, entry);
          expect(valueOf(replayed)).toBe(valueOf(world.state));
        },
      ),
      { numRuns: 150, seed: 20_261_121 },
    );
  });
});
