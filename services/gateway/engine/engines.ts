/** The way to the engines: which process owns a shard, one connection per process, repeats with the same command id. */
import {
  type AccountUpdate,
  type DoorCommand,
  type EngineMethods,
  shardOf,
  shardResource,
  UPDATES_TOPIC,
} from '@perps/contracts/engine';
import { createRpcClient, type RpcClient, RpcError } from '@perps/adapters/rpc';
import type { CommandResult } from '@perps/domain/account';
import type { Clock, Lease, LeaseStore, Logger } from '@perps/runtime/ports';

type Query = Exclude<keyof EngineMethods, 'submit'>;

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

interface Peer {
  readonly address: string;
  readonly client: RpcClient;
  hasBeenConnected: boolean;
}

/** Follows the leases of all shards; addresses that own nothing any more are let go. */
export function createEngines(options: EnginesOptions): Engines {
  const { clock, logger, leases, shardCount } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const owners = new Map<number, Lease>();
  const peers = new Map<string, Peer>();
  const lookups = new Map<number, Promise<Lease | undefined>>();
  const updateListeners: ((update: AccountUpdate) => void)[] = [];
  const gapListeners: ((shards: readonly number[]) => void)[] = [];
  let isClosed = false;

  void refreshAll();
  const timer = setInterval(() => void refreshAll(), timing.refreshMs);
  timer.unref();

  return {
    submit,
    query,
    onUpdate: (listener) => void updateListeners.push(listener),
    onGap: (listener) => void gapListeners.push(listener),
    shards: () =>
      Array.from({ length: shardCount }, (_, shard) => {
        const lease = owners.get(shard);
        const peer = lease === undefined ? undefined : peers.get(lease.address);
        return {
          shard,
          address: lease?.address,
          isOwned: lease !== undefined && lease.expiresAt > clock.now(),
          isAnswering: peer?.client.isConnected() ?? false,
        };
      }),
    close() {
      isClosed = true;
      clearInterval(timer);
      for (const peer of peers.values()) peer.client.close();
      peers.clear();
    },
  };

  async function submit(command: DoorCommand): Promise<SubmitOutcome> {
    const deadline = clock.monotonic() + timing.submitMs;
    const shard = shardOf(command.accountId, shardCount);
    let mayHaveHappened = false;
    let code = 'NotConnected';
    for (;;) {
      try {
        const result = await attempt(shard, { method: 'submit', params: command, deadline });
        return { status: 'answered', result: result as CommandResult };
      } catch (cause) {
        code = codeOf(cause);
        if (code === 'Internal') return { status: 'unknown' };
        if (UNKNOWN.has(code)) mayHaveHappened = true;
        else if (!NOT_TAKEN.has(code)) break;
      }
      if (!(await anotherAttempt(shard, deadline))) break;
    }
    return mayHaveHappened ? { status: 'unknown' } : { status: 'unavailable', code };
  }

  async function query<Method extends Query>(
    method: Method,
    params: EngineMethods[Method]['params'],
  ): Promise<EngineMethods[Method]['result']> {
    const deadline = clock.monotonic() + timing.queryMs;
    const shard = shardOf(params.accountId, shardCount);
    for (;;) {
      try {
        return (await attempt(shard, { method, params, deadline })) as EngineMethods[Method]['result'];
      } catch (cause) {
        const code = codeOf(cause);
        const isWorthRepeating = NOT_TAKEN.has(code) || UNKNOWN.has(code);
        if (!isWorthRepeating || !(await anotherAttempt(shard, deadline))) {
          throw new EngineUnavailableError(`shard ${shard} does not answer (${code})`, { cause });
        }
      }
    }
  }

  async function attempt(
    shard: number,
    call: { readonly method: string; readonly params: unknown; readonly deadline: number },
  ): Promise<unknown> {
    const lease = owners.get(shard) ?? (await lookUp(shard));
    if (lease === undefined) throw new RpcError('NotOwner', `shard ${shard} has no owner`);
    const timeoutMs = Math.max(1, call.deadline - clock.monotonic());
    return peerAt(lease.address).client.request(call.method, call.params, { timeoutMs });
  }

  /** Looks the owner up again and waits a little; false when the time is over. */
  async function anotherAttempt(shard: number, deadline: number): Promise<boolean> {
    if (isClosed || clock.monotonic() + timing.retryMs >= deadline) return false;
    await lookUp(shard);
    await clock.sleep(timing.retryMs);
    return !isClosed;
  }

  function lookUp(shard: number): Promise<Lease | undefined> {
    const running = lookups.get(shard);
    if (running !== undefined) return running;
    const lookup = readOwner(shard).finally(() => lookups.delete(shard));
    lookups.set(shard, lookup);
    return lookup;
  }

  /** An expired lease still names the best guess: whoever lost a shard says so itself. */
  async function readOwner(shard: number): Promise<Lease | undefined> {
    try {
      const lease = await leases.read(shardResource(shard));
      if (lease === undefined || isClosed) return undefined;
      owners.set(shard, lease);
      peerAt(lease.address);
      return lease;
    } catch (cause) {
      logger.warn('lease could not be read', { shard, cause: String(cause) });
      return owners.get(shard);
    }
  }

  async function refreshAll(): Promise<void> {
    await Promise.all(Array.from({ length: shardCount }, (_, shard) => lookUp(shard)));
    const inUse = new Set([...owners.values()].map(({ address }) => address));
    for (const [address, peer] of peers) {
      if (inUse.has(address)) continue;
      peer.client.close();
      peers.delete(address);
    }
  }

  function peerAt(address: string): Peer {
    const known = peers.get(address);
    if (known !== undefined) return known;
    const client = createRpcClient({ resolveUrl: () => Promise.resolve(rpcUrl(address)), logger, clock });
    const peer: Peer = { address, client, hasBeenConnected: false };
    peers.set(address, peer);
    client.subscribe(UPDATES_TOPIC, (payload) => {
      for (const listener of updateListeners) listener(payload as AccountUpdate);
    });
    client.onState((isConnected) => {
      if (isConnected) peer.hasBeenConnected = true;
      else if (peer.hasBeenConnected) announceGap(address);
    });
    return peer;
  }

  function announceGap(address: string): void {
    if (isClosed) return;
    const shards = [...owners].filter(([, lease]) => lease.address === address).map(([shard]) => shard);
    for (const listener of gapListeners) listener(shards);
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof RpcError ? cause.code : 'Internal';
}

/** Owners publish where they listen; the path of the RPC is ours to know. */
function rpcUrl(address: string): string {
  const url = new URL(address);
  if (url.pathname === '/' || url.pathname === '') url.pathname = '/rpc';
  return url.href;
}
