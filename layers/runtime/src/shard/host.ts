import type { BatchCodec, JournalEntry } from '@perps/contracts/journal';
import { ALL_GUARDS, CommitAbortedError, createJournalWriter, FencedError } from '@perps/runtime/commit';
import type { CommitGuards, CommittedBatch, JournalWriter } from '@perps/runtime/commit';
import { healthOf } from '@perps/runtime/health';
import type { Health } from '@perps/runtime/health';
import type {
  Clock,
  Ids,
  JournalStore,
  LeaseRequest,
  LeaseStore,
  Logger,
  Metrics,
  Random,
  SnapshotStore,
} from '@perps/runtime/ports';
import { CommandFailedError, LeaseHeldError, NotOwnerError, NotReadyError, OverloadedError } from './errors.ts';
import { keepLease } from './lease-keeper.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { ShardMachine } from './machine.ts';
import { recover } from './recovery.ts';
import type { RecoveryReport } from './recovery.ts';

/** A command that would journal more events than this is refused: one entry must fit one record. */
const EVENTS_PER_COMMAND_MAX = 2_000;
/** At 30,000 commands a second this is a third of a second of work; beyond it, waiting helps nobody. */
const WAITING_MAX = 10_000;
/** A task has 30 s after SIGTERM. */
const DRAIN_MS_MAX = 25_000;

export interface ShardHostOptions<State, Command, Event, Result> {
  readonly shard: number;
  readonly machine: ShardMachine<State, Command, Event, Result>;
  readonly codec: BatchCodec<Event, Result>;
  readonly journal: JournalStore;
  readonly leases: LeaseStore;
  readonly snapshots: SnapshotStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The lease to hold; `owner` must be unique to this process's life. */
  readonly lease: LeaseRequest;
  /** Default 1. */
  readonly maxInFlight?: number;
  /** Commands and queries that may wait for durability. Default 10,000. */
  readonly maxWaiting?: number;
  /** For the simulation only. */
  readonly guards?: CommitGuards;
}

export type CommitListener<Event, Result> = (batch: CommittedBatch<Event, Result>) => void;

export interface ShardHost<State, Command, Event, Result> {
  /**
   * Acquires the lease, recovers and opens. Once only; after a stop a new host is made (start-up *is* recovery).
   * @throws LeaseHeldError, FencedError, ClaimContestedError: another owner; JournalGapError, JournalCorruptError: stop and alarm
   */
  start(): Promise<RecoveryReport>;
  /**
   * Decides now, answers once durable. A repeat of a known command gets the first answer, also while that is in flight.
   * @throws NotOwnerError (undecided: repeat the same id at the owner), NotReadyError, OverloadedError, CommandFailedError
   */
  submit(command: Command): Promise<Result>;
  /** Reads the state now, answers once all it saw is durable; what it answers must not be the state's own mutable parts. */
  query<Answer>(read: (state: State) => Answer): Promise<Answer>;
  /** Every committed batch from here on, in journal order, after its answers. A listener that throws stops the host. */
  onCommitted(listener: CommitListener<Event, Result>): void;
  /** Drains what is in flight (25 s at most), then hands the lease over. */
  stop(): Promise<void>;
  /** Resolves with the cause when the host ends by itself, with undefined after `stop`. */
  readonly stopped: Promise<Error | undefined>;
  health(): Health;
}

type Phase = 'new' | 'starting' | 'open' | 'draining' | 'stopped';

/** Hosts one machine on one journaled shard: mailbox, group commit, lease, recovery. */
export function createShardHost<State, Command, Event, Result>(
  options: ShardHostOptions<State, Command, Event, Result>,
): ShardHost<State, Command, Event, Result> {
  return new Host(options);
}

class Host<State, Command, Event, Result> implements ShardHost<State, Command, Event, Result> {
  readonly stopped: Promise<Error | undefined>;
  readonly #options: ShardHostOptions<State, Command, Event, Result>;
  readonly #machine: ShardMachine<State, Command, Event, Result>;
  readonly #guards: CommitGuards;
  readonly #aborter = new AbortController();
  readonly #listeners: CommitListener<Event, Result>[] = [];
  #phase: Phase = 'new';
  #failure: Error | undefined;
  #differences: readonly string[] = [];
  #active: { readonly state: State; readonly writer: JournalWriter<Event, Result> } | undefined;
  #epoch: number | undefined;
  #keeper: LeaseKeeper | undefined;
  #notReadyError: Error | undefined;
  #notOwnerError: Error | undefined;
  #resolveStopped: (cause: Error | undefined) => void = () => undefined;

  constructor(options: ShardHostOptions<State, Command, Event, Result>) {
    this.#options = options;
    this.#machine = options.machine;
    this.#guards = options.guards ?? ALL_GUARDS;
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
  }

  async start(): Promise<RecoveryReport> {
    if (this.#phase !== 'new') throw new NotReadyError(`host of shard ${this.#options.shard} was started before`);
    this.#phase = 'starting';
    try {
      return await this.#open();
    } catch (cause) {
      this.#fail(asError(cause));
      throw cause;
    }
  }

  async #open(): Promise<RecoveryReport> {
    const { shard, clock, leases, lease, logger, maxInFlight = 1 } = this.#options;
    const acquiredAt = clock.monotonic();
    const acquired = await leases.acquire(lease);
    if (acquired.status === 'held') throw new LeaseHeldError(`${lease.resource} is held by ${acquired.by.owner}`);
    const { epoch } = acquired;
    this.#epoch = epoch;
    const onLost = (): void => this.#fail(new NotOwnerError(`${lease.resource}: the lease of epoch ${epoch} is lost`));
    this.#keeper = keepLease({ leases, clock, logger, request: lease, epoch, acquiredAt, onLost });
    const { state, position, report } = await recover({
      ...this.#options,
      maxInFlight,
      guards: this.#guards,
      owner: lease.owner,
      epoch,
      leaseMs: clock.monotonic() - acquiredAt,
      signal: this.#aborter.signal,
    });
    if (this.#phase !== 'starting') throw this.#failure ?? new NotReadyError(`shard ${shard} was stopped meanwhile`);
    const writer = createJournalWriter<Event, Result>({
      ...this.#options,
      maxInFlight,
      guards: this.#guards,
      epoch,
      position,
      onCommitted: (batch) => this.#publish(batch),
      onStopped: (cause) => this.#fail(cause),
    });
    this.#active = { state, writer };
    this.#differences = report.differences;
    this.#phase = 'open';
    logger.info('shard open', { ...report });
    return report;
  }

  submit(command: Command): Promise<Result> {
    const machine = this.#machine;
    const refusal = this.#refusal() ?? this.#closedFor(command);
    const active = this.#active;
    if (refusal !== undefined || active === undefined) return Promise.reject(refusal ?? this.#notReady());
    const known = this.#guards.dedupe ? machine.known(active.state, command) : undefined;
    if (known !== undefined) return this.#answer(known);
    let decision;
    try {
      decision = machine.decide(active.state, command);
    } catch (cause) {
      return this.#commandFailed(command, cause);
    }
    if (decision.outcome === 'refused' && decision.journaled !== true) {
      this.#options.metrics.count('shard.refused');
      return this.#answer(decision.result);
    }
    const { streamId, result } = decision;
    const events = decision.outcome === 'accepted' ? decision.events : [];
    if (events.length > EVENTS_PER_COMMAND_MAX) {
      return this.#commandFailed(command, new RangeError(`${events.length} events in one command`));
    }
    return this.#commit({
      commandId: machine.commandId(command),
      streamId,
      at: this.#options.clock.now(),
      events,
      result,
    });
  }

  query<Answer>(read: (state: State) => Answer): Promise<Answer> {
    const refusal = this.#refusal();
    const active = this.#active;
    if (refusal !== undefined || active === undefined) return Promise.reject(refusal ?? this.#notReady());
    try {
      return this.#answer(read(active.state));
    } catch (cause) {
      return Promise.reject(asError(cause));
    }
  }

  onCommitted(listener: CommitListener<Event, Result>): void {
    this.#listeners.push(listener);
  }

  async stop(): Promise<void> {
    const { clock, leases, lease } = this.#options;
    if (this.#phase === 'stopped') return;
    this.#phase = 'draining';
    const drained = new AbortController();
    if (this.#active === undefined) drained.abort();
    else this.#active.writer.whenDurable(() => drained.abort());
    await clock.sleep(DRAIN_MS_MAX, drained.signal);
    this.#end(undefined);
    const { resource, owner } = lease;
    if (this.#epoch !== undefined) await leases.release({ resource, owner, epoch: this.#epoch });
  }

  health(): Health {
    const undecidedSince = this.#active?.writer.undecidedSince();
    const { clock, maxWaiting = WAITING_MAX } = this.#options;
    return healthOf([
      [
        this.#phase === 'open',
        this.#failure === undefined ? `shard is ${this.#phase}` : `stopped: ${this.#failure.message}`,
      ],
      [this.#phase !== 'open' || this.#keeper?.isHeld() === true, 'lease has run out'],
      [
        undecidedSince === undefined,
        `journal undecided for ${Math.round(clock.monotonic() - (undecidedSince ?? 0))} ms`,
      ],
      [this.#waiting() < maxWaiting, 'overloaded'],
      [this.#differences.length === 0, `checks failed: ${this.#differences.join('; ')}`],
    ]);
  }

  #waiting(): number {
    return this.#active?.writer.waiting() ?? 0;
  }

  /** Why nothing can be taken now; cheap enough for every command. */
  #refusal(): Error | undefined {
    if (this.#phase === 'new' || this.#phase === 'starting') return this.#notReady();
    if (this.#phase !== 'open' || this.#keeper?.isHeld() !== true) return this.#notOwner(this.#failure);
    const { maxWaiting = WAITING_MAX } = this.#options;
    return this.#waiting() >= maxWaiting
      ? new OverloadedError(`${maxWaiting} commands wait for the journal`)
      : undefined;
  }

  #closedFor(command: Command): Error | undefined {
    if (this.#differences.length === 0 || this.#machine.allowedWhenClosed?.(command) === true) return undefined;
    return new NotReadyError(`shard ${this.#options.shard} is closed: its checks failed`);
  }

  /** Answers something that stands on the state as it is now: once that is durable, and only by an owner. */
  #answer<Answer>(answer: Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#active?.writer.whenDurable((failure) => {
        if (failure !== undefined) reject(this.#notOwner(failure));
        else if (this.#keeper?.isHeld() === true) resolve(answer);
        else reject(this.#notOwner());
      });
    });
  }

  /** A durable entry may be acknowledged whatever the lease says: it stands in the one history. */
  #commit(entry: JournalEntry<Event, Result> & { readonly result: Result }): Promise<Result> {
    const active = this.#active;
    if (active === undefined) return Promise.reject(this.#notReady());
    try {
      this.#machine.apply(active.state, entry);
    } catch (cause) {
      // The state may be half changed: nothing it says can be trusted any more.
      this.#fail(asError(cause));
      return Promise.reject(new CommandFailedError(`apply of ${entry.commandId} failed`, { cause }));
    }
    active.writer.append(entry);
    return new Promise((resolve, reject) => {
      active.writer.whenDurable((failure) => {
        if (failure === undefined) resolve(entry.result);
        else reject(this.#notOwner(failure));
      });
    });
  }

  #publish(batch: CommittedBatch<Event, Result>): void {
    for (const listener of this.#listeners) listener(batch);
  }

  #commandFailed(command: Command, cause: unknown): Promise<never> {
    const commandId = this.#machine.commandId(command);
    this.#options.logger.error('command failed', { shard: this.#options.shard, commandId, cause });
    this.#options.metrics.count('shard.failed');
    return Promise.reject(new CommandFailedError(`command ${commandId} failed`, { cause }));
  }

  #fail(cause: Error): void {
    if (this.#failure !== undefined || this.#phase === 'stopped') return;
    this.#failure = cause;
    const { logger, shard } = this.#options;
    if (cause instanceof FencedError || cause instanceof LeaseHeldError) logger.warn('shard lost', { shard, cause });
    else logger.error('shard stopped', { shard, cause });
    this.#end(cause);
  }

  #end(cause: Error | undefined): void {
    this.#phase = 'stopped';
    this.#aborter.abort(cause ?? 'stopped');
    this.#keeper?.stop();
    this.#active?.writer.abort(cause ?? new CommitAbortedError(`shard ${this.#options.shard} was stopped`));
    this.#resolveStopped(cause);
  }

  #notReady(): Error {
    return (this.#notReadyError ??= new NotReadyError(`shard ${this.#options.shard} is not open yet`));
  }

  /** One error per cause: thousands may wait when a writer stops, and a stack trace each would cost more than the stop. */
  #notOwner(cause?: Error): Error {
    if (this.#notOwnerError === undefined || this.#notOwnerError.cause !== cause) {
      this.#notOwnerError = new NotOwnerError(`shard ${this.#options.shard} is not owned here`, { cause });
    }
    return this.#notOwnerError;
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
