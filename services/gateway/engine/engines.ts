/** The way to the engines: which process owns a shard, one connection per process, repeats with the same command id. */
import { RpcError } from '@perps/adapters/rpc';
import { type AccountUpdate, type DoorCommand, type EngineMethods, shardOf } from '@perps/contracts/engine';
import type { CommandResult } from '@perps/domain/account';
import type { Clock, LeaseStore, Logger } from '@perps/runtime/ports';
import { createShardOwners, type ShardOwners } from './owners.ts';
import { createPeers, type Peers } from './peers.ts';

type Query = Exclude<keyof EngineMethods, 'submit' | 'platform'>;

/**
 * What became of a command. `unavailable` = no engine accepted it, nothing happened; `unknown` = it may have happened
 * and the caller must say so.
 */
export type SubmitOutcome =
  | { readonly status: 'answered'; readonly result: CommandResult }
  | { readonly status: 'unavailable'; readonly code: string }
  | { readonly status: 'unknown' };

/** A query no engine answered in time. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
  readonly code = 'EngineUnavailable';
  readonly retryable = true;
}

export interface ShardStatus {
  readonly shard: number;
  readonly address: string | undefined;
  /** Its lease is held now. */
  readonly isOwned: boolean;
  /** The owner's process is connected. */
  readonly isAnswering: boolean;
}

export interface Engines {
  /** The identical command may be sent several times: the engine answers a repeated commandId with the first result. */
  submit(command: DoorCommand): Promise<SubmitOutcome>;
  /** Throws `EngineUnavailableError` where no owner answers in time. */
  query<Method extends Query>(
    method: Method,
    params: EngineMethods[Method]['params'],
  ): Promise<EngineMethods[Method]['result']>;
  onUpdate(listener: (update: AccountUpdate) => void): void;
  /** Updates of these shards may have been missed: whoever follows them must start again. */
  onGap(listener: (shards: readonly number[]) => void): void;
  shards(): readonly ShardStatus[];
  close(): void;
}

export interface EnginesOptions {
  readonly leases: LeaseStore;
  readonly shardCount: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timing?: Partial<EngineTiming>;
}

export interface EngineTiming {
  /** An order may wait 8 s at the venue and clients give up at 10 s: the answer must leave in between. */
  readonly submitMs: number;
  readonly queryMs: number;
  /** Between two attempts at a shard that moves. */
  readonly retryMs: number;
  /** How often owners are looked up without a reason. */
  readonly refreshMs: number;
}

const DEFAULT_TIMING: EngineTiming = { submitMs: 9_500, queryMs: 4_000, retryMs: 25, refreshMs: 2_000 };

/** Answered by an engine that certainly did not take the command. */
const NOT_TAKEN = new Set(['NotOwner', 'NotReady', 'NotConnected']);
/** The connection ended with the question open: it may have been taken. */
const UNKNOWN = new Set(['Disconnected', 'Timeout']);

/** Follows the leases of all shards. */
export function createEngines(options: EnginesOptions): Engines {
  return new LeasedEngines(options);
}

interface Call {
  readonly method: string;
  readonly params: unknown;
  /** Monotonic ms. */
  readonly deadline: number;
}

class LeasedEngines implements Engines {
  readonly #clock: Clock;
  readonly #shardCount: number;
  readonly #timing: EngineTiming;
  readonly #owners: ShardOwners;
  readonly #peers: Peers;
  readonly #updateListeners: ((update: AccountUpdate) => void)[] = [];
  readonly #gapListeners: ((shards: readonly number[]) => void)[] = [];
  #isClosed = false;

  constructor({ clock, leases, logger, shardCount, timing }: EnginesOptions) {
    this.#clock = clock;
    this.#shardCount = shardCount;
    this.#timing = { ...DEFAULT_TIMING, ...timing };
    this.#peers = createPeers({
      clock,
      logger,
      onUpdate: (update) => {
        for (const listener of this.#updateListeners) listener(update);
      },
      onDropped: (address) => this.#announceGap(this.#shardsOf(address)),
    });
    this.#owners = createShardOwners({
      leases,
      shardCount,
      logger,
      refreshMs: this.#timing.refreshMs,
      onMoved: (shard) => this.#announceGap([shard]),
      onRefreshed: (addresses) => this.#peers.keepOnly(addresses),
    });
  }

  async submit(command: DoorCommand): Promise<SubmitOutcome> {
    const deadline = this.#clock.monotonic() + this.#timing.submitMs;
    const shard = shardOf(command.accountId, this.#shardCount);
    let mayHaveHappened = false;
    for (;;) {
      try {
        const result = await this.#attempt(shard, { method: 'submit', params: command, deadline });
        return { status: 'answered', result: result as CommandResult };
      } catch (cause) {
        const code = codeOf(cause);
        if (code === 'Internal') return { status: 'unknown' };
        if (UNKNOWN.has(code)) mayHaveHappened = true;
        const isWorthRepeating = mayHaveHappened || NOT_TAKEN.has(code);
        if (isWorthRepeating && (await this.#mayRepeat(shard, deadline))) continue;
        return mayHaveHappened ? { status: 'unknown' } : { status: 'unavailable', code };
      }
    }
  }

  async query<Method extends Query>(
    method: Method,
    params: EngineMethods[Method]['params'],
  ): Promise<EngineMethods[Method]['result']> {
    const deadline = this.#clock.monotonic() + this.#timing.queryMs;
    const shard = shardOf(params.accountId, this.#shardCount);
    for (;;) {
      try {
        return (await this.#attempt(shard, { method, params, deadline })) as EngineMethods[Method]['result'];
      } catch (cause) {
        const code = codeOf(cause);
        const isWorthRepeating = NOT_TAKEN.has(code) || UNKNOWN.has(code);
        if (!isWorthRepeating || !(await this.#mayRepeat(shard, deadline))) {
          throw new EngineUnavailableError(`shard ${shard} does not answer (${code})`, { cause });
        }
      }
    }
  }

  onUpdate(listener: (update: AccountUpdate) => void): void {
    this.#updateListeners.push(listener);
  }

  onGap(listener: (shards: readonly number[]) => void): void {
    this.#gapListeners.push(listener);
  }

  shards(): readonly ShardStatus[] {
    return Array.from({ length: this.#shardCount }, (_, shard) => {
      const lease = this.#owners.known(shard);
      return {
        shard,
        address: lease?.address,
        isOwned: lease !== undefined && lease.expiresAt > this.#clock.now(),
        isAnswering: lease !== undefined && this.#peers.isConnected(lease.address),
      };
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#owners.close();
    this.#peers.close();
  }

  async #attempt(shard: number, { method, params, deadline }: Call): Promise<unknown> {
    const lease = this.#owners.known(shard) ?? (await this.#owners.lookUp(shard));
    if (lease === undefined || this.#isClosed) throw new RpcError('NotOwner', `shard ${shard} has no owner`);
    const timeoutMs = Math.max(1, deadline - this.#clock.monotonic());
    return this.#peers.at(lease.address).request(method, params, { timeoutMs });
  }

  /** Looks the owner up again and waits a little; false when the time is over. */
  async #mayRepeat(shard: number, deadline: number): Promise<boolean> {
    if (this.#isClosed || this.#clock.monotonic() + this.#timing.retryMs >= deadline) return false;
    await this.#owners.lookUp(shard);
    await this.#clock.sleep(this.#timing.retryMs);
    return !this.#isClosed;
  }

  #shardsOf(address: string): readonly number[] {
    const shards = Array.from({ length: this.#shardCount }, (_, shard) => shard);
    return shards.filter((shard) => this.#owners.known(shard)?.address === address);
  }

  #announceGap(shards: readonly number[]): void {
    if (this.#isClosed || shards.length === 0) return;
    for (const listener of this.#gapListeners) listener(shards);
  }
}

const codeOf = (cause: unknown): string => (cause instanceof RpcError ? cause.code : 'Internal');
