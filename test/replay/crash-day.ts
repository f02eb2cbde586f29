/**
 * A recorded day over the real shard: generated traders hold positions, every tick is judged, what it touches is
 * liquidated, and a second, slow look says whether anybody was skipped. No clock, no network: only the day's prices.
 */
import type { AccountEvent, VenueOrderRequest } from '@perps/domain/account';
import { DEFAULT_ROUTING_POLICY } from '@perps/domain/routing';
import {
  accountsTouched,
  apply,
  checks,
  decideCommand,
  initialShard,
  isShardWide,
  refreshRisk,
  type ShardCommand,
  type ShardState,
  slowRiskCheck,
} from '@perps/domain/shard';
import { usd } from '@perps/domain/money';
import { createSeededRandom, type SeededRandom } from '@perps/runtime/testing';
import {
  type CrashMarket,
  createReplayMarkets,
  instrumentOf,
  type ReplayMarkets,
  type Tick,
  ticksOf,
} from './markets.ts';
import { planTrader } from './population.ts';
import { emptyTally, type Tally, tally } from './tally.ts';

export interface CrashDayOptions {
  readonly markets: readonly CrashMarket[];
  readonly accounts: number;
  readonly seed: number;
  /** The slow checker looks at everybody after so many ticks. */
  readonly slowCheckEvery: number;
  /** Changes the recorded ticks: a bad print between good ones. */
  readonly disturb?: (ticks: readonly Tick[]) => readonly Tick[];
  readonly onProgress?: (done: number, of: number) => void;
}

export interface CrashDayReport extends Tally {
  readonly accounts: number;
  readonly positions: number;
  readonly ticks: number;
  readonly heldTicks: number;
  /** Accounts at or below their requirement after a tick without a liquidation under way. */
  readonly skipped: number;
  /** Longest and median time of all decisions of one accepted tick, ms of this machine. */
  readonly slowestTickMs: number;
  readonly medianTickMs: number;
  /** Sentences of `checks`: the ledger sums to zero, nobody is below zero … */
  readonly differences: readonly string[];
  /** 10⁻⁶ USD, what the shard's `bad-debt` account has paid. */
  readonly badDebtBooked: bigint;
}

const START = { receivedAt: 0 };

export function replayCrashDay(options: CrashDayOptions): CrashDayReport {
  return new CrashDay(options).run();
}

class CrashDay {
  readonly #options: CrashDayOptions;
  readonly #random: SeededRandom;
  readonly #markets: ReplayMarkets;
  readonly #ticks: readonly Tick[];
  readonly #state: ShardState = initialShard(0);
  readonly #tally: Tally = emptyTally();
  /** Orders that are on their way to the venue; it answers with the next tick. */
  #atVenue: VenueOrderRequest[] = [];
  readonly #active = new Set<string>();
  readonly #tickMs: number[] = [];
  #now = 0;
  #commands = 0;
  #tid = 0;
  #skipped = 0;

  constructor(options: CrashDayOptions) {
    this.#options = options;
    this.#random = createSeededRandom(options.seed);
    const instruments = new Map(
      options.markets.map(({ symbol, candles }, index) => [symbol, instrumentOf(symbol, candles[0]?.open ?? 1, index)]),
    );
    this.#markets = createReplayMarkets(instruments);
    const ticks = ticksOf(options.markets, instruments, this.#random);
    this.#ticks = options.disturb?.(ticks) ?? ticks;
  }

  run(): CrashDayReport {
    const { accounts, slowCheckEvery, onProgress } = this.#options;
    const first = this.#openMarkets();
    this.#populate();
    const positions = this.#positions();
    let heldTicks = 0;
    for (let index = first; index < this.#ticks.length; index += 1) {
      const tick = this.#ticks[index];
      if (tick === undefined) break;
      if (!this.#tick(tick)) heldTicks += 1;
      if (index % slowCheckEvery === 0) this.#slowCheck();
      if (index % 1_000 === 0) onProgress?.(index, this.#ticks.length);
    }
    this.#slowCheck();
    const sorted = this.#tickMs.toSorted((left, right) => left - right);
    return {
      ...this.#tally,
      accounts,
      positions,
      ticks: this.#ticks.length - first,
      heldTicks,
      skipped: this.#skipped,
      slowestTickMs: sorted.at(-1) ?? 0,
      medianTickMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
      differences: checks(this.#state),
      badDebtBooked: -(this.#state.platform.get('bad-debt') ?? 0n),
    };
  }

  /** Until every market has an accepted price. Returns the index of the next tick. */
  #openMarkets(): number {
    let index = 0;
    while (Object.keys(this.#markets.views).length < this.#markets.instruments.size) {
      const tick = this.#ticks[index];
      if (tick === undefined) throw new RangeError('a market has no ticks');
      this.#now = tick.at;
      this.#markets.take(tick);
      index += 1;
    }
    return index;
  }

  #populate(): void {
    const symbols = Object.fromEntries(
      [...this.#markets.instruments.keys()].map((symbol) => [symbol, { isInternalised: true }] as const),
    );
    const high = usd(10n ** 17n);
    const limits = { netExposureLimit: high, totalExposureLimit: high, userInternalCapMultiple: 1_000 };
    const policy = { ...DEFAULT_ROUTING_POLICY, ...limits, version: 1, symbols };
    this.#decide({ type: 'SetRoutingPolicy', shard: 0, policy, commandId: 'policy', ...START });
    for (let index = 0; index < this.#options.accounts; index += 1) {
      const trader = planTrader(index, this.#markets.views, this.#random);
      const { accountId, owner, balance: amount } = trader;
      this.#command({ type: 'OpenAccount', accountId, owner });
      this.#command({ type: 'CreditDeposit', accountId, depositId: accountId, chain: 'replay', amount });
      for (const { symbol, marginMode, leverage, order } of trader.positions) {
        this.#command({ type: 'UpdateLeverage', accountId, symbol, setting: { marginMode, leverage } });
        this.#command({ type: 'PlaceOrders', accountId, orders: [order] });
        this.#answerVenue();
      }
    }
  }

  /** False where the tick's price was held or refused. */
  #tick(tick: Tick): boolean {
    this.#now = tick.at;
    const began = performance.now();
    this.#answerVenue();
    const isAccepted = this.#markets.take(tick);
    if (isAccepted) {
      refreshRisk(this.#state, this.#pricing());
      for (const accountId of accountsTouched(this.#state, tick.symbol, this.#pricing())) this.#check(accountId);
      this.#tickMs.push(performance.now() - began);
    }
    for (const accountId of this.#active) this.#check(accountId);
    return isAccepted;
  }

  #check(accountId: string): void {
    this.#command({ type: 'CheckRisk', accountId });
    const episodes = Object.values(this.#state.accounts.get(accountId)?.episodes ?? {});
    if (episodes.some(({ level }) => level === 'liquidating')) this.#active.add(accountId);
    else this.#active.delete(accountId);
  }

  #slowCheck(): void {
    refreshRisk(this.#state, this.#pricing());
    for (const { accountId, scope } of slowRiskCheck(this.#state, this.#pricing())) {
      const level = this.#state.accounts.get(accountId)?.episodes[scope]?.level;
      if (level !== 'liquidating' && level !== 'takeover') this.#skipped += 1;
    }
  }

  /** The venue fills what it got, at the far side of the book. */
  #answerVenue(): void {
    const waiting = this.#atVenue;
    this.#atVenue = [];
    for (const { venueCloid, accountId, symbol, side, size } of waiting) {
      const { bbo } = this.#markets.views[symbol] ?? { bbo: undefined };
      const level = side === 'buy' ? bbo?.ask : bbo?.bid;
      if (level === undefined) continue;
      this.#tid += 1;
      const fee = usd((level.price * size * 45n) / 100_000n);
      const ids = { tid: this.#tid, venueOrderId: this.#tid };
      const fill = { ...ids, price: level.price, size, fee, liquidity: 'taker', time: this.#now, hash: '0x' } as const;
      this.#command({ type: 'BookVenueFill', accountId, venueCloid, fill });
    }
  }

  #pricing() {
    return { markets: this.#markets.views, funding: this.#state.funding.indexes };
  }

  #command(command: Distributed<Exclude<ShardCommand, { shard: number }>>): void {
    this.#commands += 1;
    this.#decide({ ...command, commandId: `c${this.#commands}`, receivedAt: this.#now });
  }

  #decide(command: ShardCommand): void {
    const venue = { isAvailable: true, nextNonce: this.#now, slot: 0, expiresAfterMs: 5_000 };
    const facts = { at: this.#now, markets: this.#markets.views, venue };
    const decision = decideCommand(this.#state, command, facts);
    if (decision.outcome === 'refused') return;
    const { streamId, events, result } = decision;
    apply(this.#state, { commandId: command.commandId, streamId, at: this.#now, events, result });
    for (const event of events) if (!isShardWide(event)) this.#follow(event);
  }

  #follow(event: AccountEvent): void {
    tally(this.#tally, event);
    if (event.type === 'VenueOrderRequested') this.#atVenue.push(event.request);
  }

  #positions(): number {
    let count = 0;
    for (const { positions } of this.#state.accounts.values()) count += Object.keys(positions).length;
    return count;
  }
}

type Distributed<Command> = Command extends unknown ? Omit<Command, 'commandId' | 'receivedAt'> : never;
