import {
  type AccountUpdate,
  type QueuedEngineCommand,
  shardOfVenueCloid,
  shardResource,
} from '@perps/contracts/engine';
import type { VenueContext, VenueFate } from '@perps/domain/account';
import type { ShardFacts } from '@perps/domain/shard';
import type { HyperliquidVenue, VenueOrderUpdate } from '@perps/adapters/hyperliquid';
import type { MarketBoard } from '@perps/runtime/markets';
import type {
  Clock,
  CommandQueue,
  Ids,
  JournalStore,
  LeaseStore,
  Logger,
  Metrics,
  Random,
  SnapshotStore,
} from '@perps/runtime/ports';
import { createShardHost, type RecoveryReport } from '@perps/runtime/shard';
import { consumeCommands } from './command-queue.ts';
import { createMarketFacts } from './market-facts.ts';
import { createTradingShard, type TradingShard } from './shard.ts';
import { createTradingMachine, tradingCodec } from './trading-machine.ts';
import { createVenueNonces, type VenueNonces } from './venue-nonces.ts';

export interface EngineOptions {
  readonly shardCount: number;
  /** Unique to this process's life. */
  readonly owner: string;
  /** Where doors reach it. */
  readonly address: string;
  readonly leaseTtlMs: number;
  readonly venueExpiresAfterMs: number;
  /** Our signer slot at the venue. */
  readonly slot: number;
  /** The slot is surely ours now: without it no new order goes to the venue. */
  readonly isSlotHeld: () => boolean;
  readonly board: MarketBoard;
  readonly venue: HyperliquidVenue;
  readonly journal: JournalStore;
  readonly leases: LeaseStore;
  readonly snapshots: SnapshotStore;
  readonly queue: CommandQueue;
  readonly publish: (update: AccountUpdate) => void;
  /** A shard's journal has grown by one record. */
  readonly onRecord: (shard: number) => void;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Engine {
  shard(index: number): TradingShard | undefined;
  health(): {
    readonly isHealthy: boolean;
    readonly reasons: readonly string[];
    readonly details: Readonly<Record<string, unknown>>;
  };
  stop(): Promise<void>;
}

/** Between two attempts at a shard that another process owns, or that failed (ms). */
const RETRY_MS = 250;
const RECONCILE_EVERY_MS = 2_000;
/** Timers, liquidations that wait, the slow checker (ms). */
const TURN_MS = 250;
/** Alarm line of spec 07 (ms). */
const PENDING_MS_MAX = 60_000;

/** Owns as many shards as it can get, for as long as it lives; everything else hangs on their committed facts. */
export function createEngine(options: EngineOptions): Engine {
  const engine = new ShardOwner(options);
  engine.listen();
  return engine;
}

class ShardOwner implements Engine {
  readonly #options: EngineOptions;
  readonly #open = new Map<number, TradingShard>();
  readonly #reports = new Map<number, RecoveryReport>();
  readonly #stopping = new AbortController();
  readonly #nonces: VenueNonces;
  readonly #facts: () => ShardFacts;
  readonly #loops: readonly Promise<void>[];

  constructor(options: EngineOptions) {
    const { board, clock, shardCount } = options;
    this.#options = options;
    this.#nonces = createVenueNonces(clock);
    this.#facts = createMarketFacts({ board, clock, venue: () => this.#venueContext() });
    this.#loops = Array.from({ length: shardCount }, (_, index) => this.#ownShard(index));
  }

  /** Ticks, the venue's stream and its reconnects reach the shards that are open. */
  listen(): void {
    const { board, venue } = this.#options;
    board.onBbo((symbol) => {
      for (const shard of this.#open.values()) shard.onTick(symbol);
    });
    board.onContext((symbol) => {
      for (const shard of this.#open.values()) shard.onMark(symbol);
    });
    venue.onFill((venueCloid, fill) => this.#run(this.#shardOf(venueCloid)?.bookFill(venueCloid, fill)));
    venue.onOrderUpdate((update) => {
      const { venueCloid } = update;
      if (venueCloid !== undefined) this.#run(this.#shardOf(venueCloid)?.resolve(venueCloid, fateOf(update)));
    });
    venue.onConnected(() => {
      for (const shard of this.#open.values()) this.#run(shard.venueOrders.reconcile({ all: true }));
    });
  }

  shard(index: number): TradingShard | undefined {
    return this.#open.get(index);
  }

  health(): ReturnType<Engine['health']> {
    const { board, venue, clock } = this.#options;
    const feed = board.health(clock.now());
    const reasons = feed.status === 'live' ? [] : feed.reasons.map((reason) => `market data: ${reason}`);
    if (!venue.isConnected()) reasons.push('venue account stream is not connected');
    for (const [index, shard] of this.#open) {
      const { host, venueOrders } = shard;
      reasons.push(...[...host.health().reasons, ...shard.reasons()].map((reason) => `shard ${index}: ${reason}`));
      const isOld = venueOrders.oldestUndecidedMs() > PENDING_MS_MAX;
      if (isOld) reasons.push(`shard ${index}: a venue order is undecided for over 60 s`);
    }
    if (this.#open.size === 0) reasons.push('owns no shard');
    const details = { shards: [...this.#open.keys()], recovery: [...this.#reports.values()] };
    return { isHealthy: reasons.length === 0, reasons, details };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#open.values()].map(({ host }) => host.stop()));
    await Promise.all(this.#loops);
  }

  #venueContext(): VenueContext {
    const { venue, board, clock, slot, venueExpiresAfterMs: expiresAfterMs } = this.#options;
    const common = { nextNonce: this.#nonces.next(), slot, expiresAfterMs };
    if (!venue.isConnected()) return { ...common, isAvailable: false, reason: 'venue account stream is not connected' };
    if (!this.#options.isSlotHeld()) return { ...common, isAvailable: false, reason: 'signer slot is not held' };
    const { status, reasons } = board.health(clock.now());
    if (status === 'down') return { ...common, isAvailable: false, reason: reasons[0] ?? 'no market data' };
    return { ...common, isAvailable: true };
  }

  #shardOf(venueCloid: string): TradingShard | undefined {
    const index = shardOfVenueCloid(venueCloid);
    return index === undefined ? undefined : this.#open.get(index);
  }

  /** What fails here is found again by the reconciler: the order's record stays. */
  #run(work: Promise<unknown> | undefined): void {
    const { logger } = this.#options;
    work?.catch((cause: unknown) => logger.warn('venue event: left to the reconciler', { cause: String(cause) }));
  }

  /** Takes the shard, serves it until it is lost, begins anew: start-up is recovery. */
  async #ownShard(index: number): Promise<void> {
    const { clock, logger } = this.#options;
    // The owner is complete before its first shard opens.
    await Promise.resolve();
    while (!this.#stopping.signal.aborted) {
      const shard = this.#newShard(index);
      try {
        await this.#serve(shard, await shard.start());
      } catch (cause) {
        const isHeld = cause instanceof Error && 'code' in cause && cause.code === 'LeaseHeld';
        if (!isHeld) logger.error('shard could not be opened', { shard: index, cause: String(cause) });
      }
      this.#open.delete(index);
      await clock.sleep(RETRY_MS, this.#stopping.signal);
    }
  }

  #newShard(index: number): TradingShard {
    const options = this.#options;
    const { owner, address, leaseTtlMs: ttlMs } = options;
    let trading: TradingShard | undefined;
    const machine = createTradingMachine({
      shard: index,
      onApplied: (events) => {
        this.#nonces.applied(events);
        trading?.applied(events);
      },
    });
    const lease = { resource: shardResource(index), owner, address, ttlMs };
    const host = createShardHost({ ...options, shard: index, machine, codec: tradingCodec, lease });
    trading = createTradingShard({ ...options, shard: index, host, facts: this.#facts });
    return trading;
  }

  async #serve(shard: TradingShard, report: RecoveryReport): Promise<void> {
    const { clock, logger, metrics, onRecord } = this.#options;
    const lost = new AbortController();
    const ended = shard.host.stopped.then(() => lost.abort());
    shard.host.onCommitted(() => onRecord(shard.shard));
    this.#reports.set(shard.shard, report);
    // Before new orders flow: what was left undecided is looked up, not re-sent.
    await shard.venueOrders.reconcile({ all: true }).catch((cause: unknown) => {
      logger.warn('first reconciliation failed, the regular pass goes on', { cause: String(cause) });
    });
    this.#open.set(shard.shard, shard);
    logger.info('SYSTEM_RECOVERED', { ...report });
    const submit = (command: QueuedEngineCommand): Promise<unknown> => shard.submit(command);
    const turning = this.#turn(shard, lost.signal);
    const consuming = consumeCommands({ ...this.#options, shard: shard.shard, submit, signal: lost.signal });
    while (!lost.signal.aborted) {
      await clock.sleep(RECONCILE_EVERY_MS, lost.signal);
      metrics.gauge('venue.pendingAgeMs', shard.venueOrders.oldestUndecidedMs());
      if (!lost.signal.aborted) this.#run(shard.venueOrders.reconcile({ all: false }));
    }
    await Promise.all([ended, consuming, turning]);
  }

  /** A turn that throws is logged and the next one comes: the loop itself must not end before its shard. */
  async #turn(shard: TradingShard, lost: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!lost.aborted) {
      try {
        shard.onTurn();
      } catch (cause) {
        logger.error('turn failed', { shard: shard.shard, cause: String(cause) });
      }
      await clock.sleep(TURN_MS, lost);
    }
  }
}

/** The venue's word about an order as a fate; `executedSize` is its own count. */
function fateOf({ status, venueOrderId, executedSize, cause }: VenueOrderUpdate): VenueFate {
  return status === 'open'
    ? { kind: 'open', venueOrderId }
    : { kind: 'ended', venueOrderId, status, executedSize, cause };
}
