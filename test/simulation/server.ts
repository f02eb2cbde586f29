import type { BatchCodec } from '@perps/contracts/journal';
import type { CommitGuards } from '@perps/runtime/commit';
import { noMetrics, silentLogger } from '@perps/runtime/ports';
import type { Lease } from '@perps/runtime/ports';
import { createShardHost } from '@perps/runtime/shard';
import type { ShardHost } from '@perps/runtime/shard';
import { counterMachine, createSequentialIds } from '@perps/runtime/testing';
import type {
  AddCommand,
  Added,
  AddResult,
  CounterState,
  MemoryJournal,
  MemorySnapshots,
} from '@perps/runtime/testing';
import { faultyJournal, faultyLeases, processClock, roundTrip } from './faulty-ports.ts';
import type { Published } from './oracle.ts';
import type { Life, World } from './world.ts';

export const LEASE_TTL_MS = 400;
/** A start that failed is tried again after so long, ± half. */
const RESTART_MS = 250;
/** Wall clocks differ by up to this much: more than the lease, so that two owners live at once. */
const SKEW_MS_MAX = 800;

export type CounterHost = ShardHost<CounterState, AddCommand, Added, AddResult>;

/** What all processes of a run share. */
export interface Shared {
  readonly world: World;
  readonly store: MemoryJournal;
  readonly snapshots: MemorySnapshots;
  readonly leaseTable: Map<string, Lease>;
  readonly codec: BatchCodec<Added, AddResult>;
  readonly guards: CommitGuards;
  readonly maxInFlight: number;
  readonly published: Published[];
  readonly servers: Server[];
  readonly hosts: { started: number };
}

/** One slot of the fleet: a process that is started again whenever it dies or its host stops. */
export interface Server {
  readonly name: string;
  readonly isOpen: () => boolean;
  /** Its writer lives, whether or not its lease does. */
  isWriting: boolean;
  life: Life;
  host: CounterHost;
  /** Dead, and to be started again. */
  isDown: boolean;
  /** SIGKILL now; a new life begins after `restartMs`. */
  crash(restartMs: number): void;
}

/** Boots a slot. */
export function startServer(shared: Shared, name: string): Server {
  const { world } = shared;
  let lives = 0;
  const startLife = (): void => {
    lives += 1;
    server.isDown = false;
    server.life = { alive: true, pausedUntil: 0 };
    runHost(shared, server, `${name}${lives}`);
  };
  const server: Server = {
    name,
    isWriting: false,
    isDown: false,
    life: { alive: true, pausedUntil: 0 },
    host: createHost(shared, { life: { alive: false, pausedUntil: 0 }, owner: `${name}0` }),
    isOpen: () => server.life.alive && server.host.health().ok,
    crash: (restartMs) => {
      if (server.isDown) return;
      server.isDown = true;
      server.isWriting = false;
      server.life.alive = false;
      world.clock.schedule(restartMs, startLife);
    },
  };
  shared.servers.push(server);
  startLife();
  return server;
}

/** Hosts of one life follow each other: each begins with recovery. */
function runHost(shared: Shared, server: Server, owner: string): void {
  const { world } = shared;
  const { life } = server;
  const host = createHost(shared, { life, owner });
  server.host = host;
  host.onCommitted(({ seq, token }) => shared.published.push({ seq, token }));
  void openAndWatch(shared, { server, host, restart: () => world.deliver(life, () => runHost(shared, server, owner)) });
}

async function openAndWatch(
  { world, servers }: Shared,
  { server, host, restart }: { readonly server: Server; readonly host: CounterHost; readonly restart: () => void },
): Promise<void> {
  const isOpen = await host.start().then(
    () => true,
    () => false,
  );
  server.isWriting = isOpen;
  if (servers.every(({ isWriting }) => isWriting)) world.count('splitBrain');
  const cause = await host.stopped;
  server.isWriting = false;
  if (cause !== undefined && 'code' in cause && cause.code === 'Fenced') world.count('fenced');
  world.clock.schedule(RESTART_MS * (0.5 + world.random.next()), restart);
}

function createHost(shared: Shared, { life, owner }: { readonly life: Life; readonly owner: string }): CounterHost {
  const { world, store, snapshots, leaseTable, codec, guards, maxInFlight } = shared;
  const clock = processClock(world, life, (world.random.next() * 2 - 1) * SKEW_MS_MAX);
  shared.hosts.started += 1;
  return createShardHost<CounterState, AddCommand, Added, AddResult>({
    shard: 0,
    machine: counterMachine,
    codec,
    journal: faultyJournal(world, life, store),
    leases: faultyLeases(world, life, { clock, table: leaseTable }),
    snapshots: {
      put: snapshots.put,
      list: (shard) => roundTrip(world, { life, act: () => snapshots.list(shard) }),
      get: (ref) => roundTrip(world, { life, act: () => snapshots.get(ref) }),
    },
    clock,
    ids: createSequentialIds(`${owner}.${shared.hosts.started}.`),
    random: world.random,
    logger: silentLogger,
    metrics: noMetrics,
    lease: { resource: 'shard:0', owner, address: owner, ttlMs: LEASE_TTL_MS },
    maxInFlight,
    guards,
  });
}
