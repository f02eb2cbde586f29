import { shardOfVenueCloid, shardResource, type AccountUpdate } from '@perps/contracts/engine';
import type { VenueContext, VenueFate } from '@perps/domain/account';
import type { HyperliquidVenue } from '@perps/adapters/hyperliquid';
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
import { createVenueNonces } from './venue-nonces.ts';

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
/** Alarm line of spec 07 (ms). */
const PENDING_MS_MAX = 60_000;

/** Owns as many shards as it can get, for as long as it lives; everything else hangs on their committed facts. */
export function createEngine(options: EngineOptions): Engine {
  const { board, venue, clock, logger, metrics } = options;
  const open = new Map<number, TradingShard>();
  const reports = new Map<number, RecoveryReport>();
  const stopping = new AbortController();
  const nonces = createVenueNonces(clock);
  const facts = createMarketFacts({ board, clock, venue: venueContext });

  board.onBbo((symbol) => {
    for (const shard of open.values()) shard.onTick(symbol);
  });
  venue.onFill((venueCloid, fill) => run(shardFor(venueCloid)?.bookFill(venueCloid, fill)));
  venue.onOrderUpdate(({ venueCloid, venueOrderId, status, executedSize, cause }) => {
    if (venueCloid === undefined) return;
    const fate: VenueFate =
      status === 'open' ? { kind: 'open', venueOrderId } : { kind: 'ended', venueOrderId, status, executedSize, cause };
    run(shardFor(venueCloid)?.resolve(venueCloid, fate));
  });
  venue.onConnected(() => {
    for (const shard of open.values()) run(shard.venueOrders.reconcile({ all: true }));
  });
  const shardLoops = Array.from({ length: options.shardCount }, (_, index) => ownShard(index));

  return {
    shard: (index) => open.get(index),
    health,
    async stop() {
      stopping.abort();
      await Promise.all([...open.values()].map(({ host }) => host.stop()));
      await Promise.all(shardLoops);
    },
  };

  function venueContext(): VenueContext {
    const common = { nextNonce: nonces.next(), slot: options.slot, expiresAfterMs: options.venueExpiresAfterMs };
    if (!venue.isConnected()) return { ...common, isAvailable: false, reason: 'venue account stream is not connected' };
    const { status, reasons } = board.health(clock.now());
    if (status === 'down') return { ...common, isAvailable: false, reason: reasons[0] ?? 'no market data' };
    return { ...common, isAvailable: true };
  }

  function shardFor(venueCloid: string): TradingShard | undefined {
    const index = shardOfVenueCloid(venueCloid);
    return index === undefined ? undefined : open.get(index);
  }

  /** What fails here is found again by the reconciler: the order's record stays. */
  function run(work: Promise<unknown> | undefined): void {
    work?.catch((cause: unknown) => logger.warn('venue event: left to the reconciler', { cause: String(cause) }));
  }

  /** Takes the shard, serves it until it is lost, begins anew: start-up is recovery. */
  async function ownShard(index: number): Promise<void> {
    while (!stopping.signal.aborted) {
      const shard = newShard(index);
      try {
        const report = await shard.start();
        await serve(shard, report);
      } catch (cause) {
        const isHeld = cause instanceof Error && 'code' in cause && cause.code === 'LeaseHeld';
        if (!isHeld) logger.error('shard could not be opened', { shard: index, cause: String(cause) });
      }
      open.delete(index);
      await clock.sleep(RETRY_MS, stopping.signal);
    }
  }

  function newShard(index: number): TradingShard {
    const machine = createTradingMachine({
      shard: index,
      onApplied: (events) => nonces.applied(events.filter((event) => event.type !== 'RoutingPolicySet')),
    });
    const lease = {
      resource: shardResource(index),
      owner: options.owner,
      address: options.address,
      ttlMs: options.leaseTtlMs,
    };
    const host = createShardHost({ ...options, shard: index, machine, codec: tradingCodec, lease });
    return createTradingShard({ ...options, shard: index, host, facts });
  }

  async function serve(shard: TradingShard, report: RecoveryReport): Promise<void> {
    const lost = new AbortController();
    const ended = shard.host.stopped.then(() => lost.abort());
    shard.host.onCommitted(() => options.onRecord(shard.shard));
    reports.set(shard.shard, report);
    // Before new orders flow: what was left undecided is looked up, not re-sent.
    await shard.venueOrders
      .reconcile({ all: true })
      .catch((cause: unknown) => logger.warn('first reconciliation failed', { cause: String(cause) }));
    open.set(shard.shard, shard);
    logger.info('SYSTEM_RECOVERED', { ...report });
    const consuming = consumeCommands({ ...options, shard: shard.shard, submit: shard.submit, signal: lost.signal });
    while (!lost.signal.aborted) {
      await clock.sleep(RECONCILE_EVERY_MS, lost.signal);
      metrics.gauge('venue.pendingAgeMs', shard.venueOrders.oldestUndecidedMs());
      if (!lost.signal.aborted) run(shard.venueOrders.reconcile({ all: false }));
    }
    await Promise.all([ended, consuming]);
  }

  function health(): ReturnType<Engine['health']> {
    const feed = board.health(clock.now());
    const reasons = feed.status === 'live' ? [] : feed.reasons.map((reason) => `market data: ${reason}`);
    if (!venue.isConnected()) reasons.push('venue account stream is not connected');
    for (const [index, shard] of open) {
      reasons.push(...shard.host.health().reasons.map((reason) => `shard ${index}: ${reason}`));
      if (shard.venueOrders.oldestUndecidedMs() > PENDING_MS_MAX)
        reasons.push(`shard ${index}: a venue order is undecided for over 60 s`);
    }
    if (open.size === 0) reasons.push('owns no shard');
    return {
      isHealthy: reasons.length === 0,
      reasons,
      details: { shards: [...open.keys()], recovery: [...reports.values()] },
    };
  }
}
