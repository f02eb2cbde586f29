/** The liquidation loop: accepted marks become risk checks, and a second, slower look proves that nobody is skipped. */
import type { AccountEvent, AccountState, Pricing } from '@perps/domain/account';
import { accountsTouched, liquidationsDue, refreshRisk, type ShardState, slowRiskCheckOf } from '@perps/domain/shard';
import type { Clock, Logger, Metrics } from '@perps/runtime/ports';
import { createAttempts } from './attempts.ts';
import type { HostShard } from './host-commands.ts';

/** Accounts the slow checker looks at in one turn. */
const SAMPLE = 100;
/** Accounts put into the index at once (some tens of ms), and changed ones looked at in one turn. */
const REFRESHED_MAX = 5_000;
const CHANGED_MAX = 500;
/** Risk checks decided at once (about 10 ms). */
const CHECKED_MAX = 250;
/** Turns come every 250 ms: without one for so long the loop is dead (ms). */
const SILENT_MS_MAX = 2_000;
/** An account at its requirement is surely being liquidated this long after it was seen (I9). */
const SKIPPED_MS = 1_000;

export interface RiskLoop {
  onMark(symbol: string): void;
  /** Regular turn: what waits goes on, a sample is checked the slow way. */
  onTurn(): void;
  committed(accountId: string, events: readonly AccountEvent[]): void;
  /** What people must know, in words. */
  reasons(): readonly string[];
}

export interface RiskLoopOptions {
  readonly shard: HostShard;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Runs the task after what waits already (setImmediate). */
  readonly later: (task: () => void) => void;
  /** A liquidation could not be finished by itself. */
  readonly onTakeover: (accountId: string) => void;
}

export const createRiskLoop = (options: RiskLoopOptions): RiskLoop => new Loop(options);

/** Stopped by hand, everywhere: that itself is the alarm. */
const isStopped = ({ policy }: ShardState): boolean => policy.pauses?.includes('liquidation') === true;

const isHandedOver = (episodes: AccountState['episodes']): boolean =>
  Object.values(episodes).some(({ level }) => level === 'takeover');

class Loop implements RiskLoop {
  readonly #options: RiskLoopOptions;
  readonly #attempts;
  /** Accounts whose liquidation is in the hands of people. */
  readonly #takeovers = new Set<string>();
  /** Seen at or below the requirement without a liquidation: account → since (monotonic ms). */
  readonly #skipped = new Map<string, number>();
  #sample: Iterator<string> | undefined;
  #seeded: ShardState | undefined;
  #turnedAt: number | undefined;
  #isRefreshing = false;
  /** Touched by a mark and not asked for yet. */
  readonly #waiting = new Set<string>();
  #isDraining = false;

  constructor(options: RiskLoopOptions) {
    this.#options = options;
    this.#attempts = createAttempts(options.logger, 'risk check');
  }

  onMark(symbol: string): void {
    const { shard } = this.#options;
    const state = shard.state();
    if (state === undefined) return;
    const pricing = shard.pricing();
    this.#refresh(state, pricing);
    for (const accountId of accountsTouched(state, symbol, pricing)) this.#waiting.add(accountId);
    this.#drain();
  }

  /** Asks for those who wait, in portions: a crash must not keep anybody's cancel from being heard. */
  #drain(): void {
    let asked = 0;
    for (const accountId of this.#waiting) {
      if (asked >= CHECKED_MAX) break;
      this.#waiting.delete(accountId);
      this.#check(accountId);
      asked += 1;
    }
    if (this.#waiting.size === 0 || this.#isDraining) return;
    this.#isDraining = true;
    this.#options.later(() => {
      this.#isDraining = false;
      this.#drain();
    });
  }

  /** Brings the index up to date in portions: after a recovery everybody is new to it. */
  #refresh(state: ShardState, pricing: Pricing): void {
    const done = refreshRisk(state, pricing, REFRESHED_MAX);
    if (done < REFRESHED_MAX || this.#isRefreshing) return;
    this.#isRefreshing = true;
    this.#options.later(() => {
      this.#isRefreshing = false;
      if (this.#options.shard.state() === state) this.#refresh(state, this.#options.shard.pricing());
    });
  }

  onTurn(): void {
    const { shard, clock, metrics } = this.#options;
    const state = shard.state();
    if (state === undefined) return;
    this.#turnedAt = clock.monotonic();
    this.#seed(state);
    metrics.count('liquidation.heartbeat');
    metrics.gauge('liquidation.active', state.risk.liquidating.size);
    metrics.gauge('liquidation.takeover', this.#takeovers.size);
    metrics.gauge('liquidation.stopped', isStopped(state) ? 1 : 0);
    for (const accountId of liquidationsDue(state, clock.now())) this.#check(accountId);
    // What changed since the last mark may stand at its requirement without any price moving.
    const changed: string[] = [];
    for (const accountId of state.risk.dirty) {
      if (changed.length >= CHANGED_MAX) break;
      changed.push(accountId);
    }
    this.#refresh(state, shard.pricing());
    this.#look(state, [...changed, ...this.#nextSample(state), ...this.#skipped.keys()]);
  }

  committed(accountId: string, events: readonly AccountEvent[]): void {
    for (const event of events) {
      if (event.type === 'LiquidationStarted') {
        this.#options.logger.warn('LIQUIDATION_STARTED', { accountId, scope: event.scope, id: event.liquidationId });
        this.#options.metrics.count('liquidation.started');
      } else if (event.type === 'LiquidationEnded') {
        this.#ended(accountId, event.outcome);
      } else if (event.type === 'RiskCleared') {
        this.#forget(accountId);
      }
    }
  }

  reasons(): readonly string[] {
    const { clock, shard } = this.#options;
    const reasons: string[] = [];
    const state = shard.state();
    if (state === undefined) return reasons;
    const silentMs = this.#turnedAt === undefined ? 0 : clock.monotonic() - this.#turnedAt;
    if (silentMs > SILENT_MS_MAX) reasons.push(`liquidation loop silent for ${Math.round(silentMs / 1_000)} s`);
    if (isStopped(state)) reasons.push('P0: liquidation is stopped by hand');
    const skipped = this.#longSkipped();
    if (skipped > 0) reasons.push(`P0: ${skipped} accounts at their requirement are not being liquidated`);
    if (this.#takeovers.size > 0) reasons.push(`P0: ${this.#takeovers.size} liquidations wait for people`);
    return reasons;
  }

  #check(accountId: string): void {
    const { shard } = this.#options;
    this.#attempts.start(accountId, () => shard.command(`risk:${accountId}`, { type: 'CheckRisk', accountId }));
  }

  /** The slow checker: exact figures of these accounts; who should be liquidated and is not, is noticed and asked again. */
  #look(state: ShardState, accountIds: readonly string[]): void {
    const { shard, clock, logger, metrics } = this.#options;
    if (isStopped(state)) return this.#skipped.clear();
    const found = slowRiskCheckOf(state, [...new Set(accountIds)], shard.pricing());
    const missed = new Set<string>();
    for (const { accountId, scope, finding } of found) {
      const level = state.accounts.get(accountId)?.episodes[scope]?.level;
      this.#check(accountId);
      if (finding !== 'liquidate' || level === 'liquidating' || level === 'takeover') continue;
      missed.add(accountId);
      if (!this.#skipped.has(accountId)) this.#skipped.set(accountId, clock.monotonic());
    }
    for (const accountId of this.#skipped.keys()) if (!missed.has(accountId)) this.#skipped.delete(accountId);
    const skipped = this.#longSkipped();
    metrics.gauge('liquidation.skipped', skipped);
    if (skipped > 0) logger.error('LIQUIDATION_SKIPPED', { accounts: [...this.#skipped.keys()].slice(0, 10) });
  }

  #longSkipped(): number {
    const now = this.#options.clock.monotonic();
    let count = 0;
    for (const since of this.#skipped.values()) count += now - since > SKIPPED_MS ? 1 : 0;
    return count;
  }

  /** Round and round through all accounts. */
  #nextSample(state: ShardState): readonly string[] {
    const sample: string[] = [];
    const wanted = Math.min(SAMPLE, state.accounts.size);
    while (sample.length < wanted) {
      this.#sample ??= state.accounts.keys();
      const next = this.#sample.next();
      if (next.done === true) {
        this.#sample = undefined;
        if (sample.length > 0) return sample;
      } else {
        sample.push(next.value);
      }
    }
    return sample;
  }

  /** After recovery: who was handed over stays so. */
  #seed(state: ShardState): void {
    if (this.#seeded === state) return;
    this.#seeded = state;
    for (const { accountId, episodes } of state.accounts.values()) {
      if (isHandedOver(episodes)) this.#takeovers.add(accountId);
    }
  }

  #forget(accountId: string): void {
    const episodes = this.#options.shard.state()?.accounts.get(accountId)?.episodes ?? {};
    if (!isHandedOver(episodes)) this.#takeovers.delete(accountId);
  }

  #ended(accountId: string, outcome: 'closed' | 'recovered' | 'takeover'): void {
    const { logger, metrics, onTakeover } = this.#options;
    this.#forget(accountId);
    metrics.count('liquidation.ended', 1, { outcome });
    if (outcome !== 'takeover') return;
    this.#takeovers.add(accountId);
    logger.error('LIQUIDATION_TAKEOVER', { accountId });
    onTakeover(accountId);
  }
}
