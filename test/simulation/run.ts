import { setImmediate } from 'node:timers/promises';
import { createBatchCodec } from '@perps/contracts/journal';
import { ALL_GUARDS } from '@perps/runtime/commit';
import type { CommitGuards } from '@perps/runtime/commit';
import type { Lease } from '@perps/runtime/ports';
import { writeSnapshot } from '@perps/runtime/shard';
import {
  counterMachine,
  createIdentityCodec,
  createMemoryJournal,
  createMemorySnapshots,
} from '@perps/runtime/testing';
import type { Added, AddResult } from '@perps/runtime/testing';
import { startClient } from './client.ts';
import type { Client } from './client.ts';
import { violations } from './oracle.ts';
import type { Acknowledged, Observed } from './oracle.ts';
import { startServer } from './server.ts';
import type { Server, Shared } from './server.ts';
import { createWorld } from './world.ts';
import type { FaultClass, Life } from './world.ts';

/** Faults strike for so long; then the network heals and everything must come to rest. */
const FAULTS_MS = 5_000;
/** Longer than any late put, any lease and any backoff. */
const REST_MS = 3_200;
/** By then every command is acknowledged, or the system is stuck. */
const DEADLINE_MS = FAULTS_MS + 30_000;
const CLIENTS = 3;
const COMMANDS_PER_CLIENT = 30;
/** Mean pause between two bursts. */
const THINK_MS = 350;

export interface SeedOptions {
  readonly seed: number;
  readonly guards?: CommitGuards;
  /** Default: drawn from the seed (1, 1, 2 or 4). */
  readonly maxInFlight?: number;
  /** Default `identity`: the protocol is simulated, not the bytes. */
  readonly codec?: 'identity' | 'journal';
  /** Instead of random faults, a short scripted run with faults at exactly these places. */
  readonly script?: {
    /** A process that crosses one of these awaits (counted over the run) dies there. */
    readonly diesAtPoints?: ReadonlySet<number>;
    /** These calls of ports throw, although they do what they were asked. */
    readonly breaksAtCalls?: ReadonlySet<number>;
  };
}

export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly simulatedMs: number;
  readonly acknowledged: number;
  readonly injected: ReadonlyMap<FaultClass, number>;
  /** Awaits crossed by live processes. */
  readonly points: number;
  /** Calls of ports. */
  readonly calls: number;
  readonly maxInFlight: number;
}

interface Run {
  readonly options: SeedOptions;
  readonly shared: Shared;
  readonly servers: readonly Server[];
  readonly clients: readonly Client[];
  readonly acknowledged: readonly Acknowledged[];
  readonly observed: readonly Observed[];
  isOver: boolean;
}

/** Seeds that advance side by side: one event of each per turn of the real event loop, which lets microtasks run. */
const SIDE_BY_SIDE = 64;

/** Runs every seed to its end; a seed's run depends on its options alone, never on what runs beside it. */
export async function runSeeds(seeds: Iterable<SeedOptions>, onReport: (report: SeedReport) => void): Promise<void> {
  const waiting = seeds[Symbol.iterator]();
  const running = new Set<Run>();
  for (;;) {
    while (running.size < SIDE_BY_SIDE) {
      const next = waiting.next();
      if (next.done === true) break;
      running.add(startRun(next.value));
    }
    if (running.size === 0) return;
    for (const run of running) step(run);
    await setImmediate();
    for (const run of running) {
      if (!run.isOver) continue;
      running.delete(run);
      onReport(await finish(run));
    }
  }
}

/** Runs one seed. */
export async function runSeed(options: SeedOptions): Promise<SeedReport> {
  const reports: SeedReport[] = [];
  await runSeeds([options], (report) => reports.push(report));
  const [report] = reports;
  if (report === undefined) throw new Error('the seed did not run');
  return report;
}

function startRun(options: SeedOptions): Run {
  const { seed, script } = options;
  const servers: Server[] = [];
  const world = createWorld({
    seed,
    faults: script === undefined,
    diesAt: (point) => script?.diesAtPoints?.has(point) === true,
    breaksAt: (call) => script?.breaksAtCalls?.has(call) === true,
    onDeath: (life: Life) => servers.find((server) => server.life === life)?.crash(200),
  });
  const shared: Shared = {
    world,
    store: createMemoryJournal(),
    snapshots: createMemorySnapshots(),
    leaseTable: new Map<string, Lease>(),
    codec: options.codec === 'journal' ? createBatchCodec<Added, AddResult>() : createIdentityCodec<Added, AddResult>(),
    guards: options.guards ?? ALL_GUARDS,
    maxInFlight: options.maxInFlight ?? world.random.pick([1, 1, 2, 4]),
    published: [],
    servers,
    hosts: { started: 0 },
  };
  startServer(shared, 'x');
  startServer(shared, 'y');
  const acknowledged: Acknowledged[] = [];
  const observed: Observed[] = [];
  const isScripted = script !== undefined;
  const clients = Array.from({ length: isScripted ? 1 : CLIENTS }, (_, index) =>
    startClient({
      world,
      name: `k${index}`,
      servers,
      commands: isScripted ? 12 : COMMANDS_PER_CLIENT,
      thinkMs: isScripted ? 5 : THINK_MS,
      acknowledged,
      observed,
    }),
  );
  if (!isScripted) scheduleTroubles(shared, servers);
  return { options, shared, servers, clients, acknowledged, observed, isOver: false };
}

/** Crashes, pauses and snapshots at random moments while faults are on. */
function scheduleTroubles(shared: Shared, servers: readonly Server[]): void {
  const { world } = shared;
  const { clock, random } = world;
  const every = (meanMs: number, run: () => void): void => {
    clock.schedule(meanMs * 2 * random.next(), () => {
      if (!world.faults.active) return;
      run();
      every(meanMs, run);
    });
  };
  every(1_200, () => {
    world.count('crash');
    random.pick(servers).crash(random.next() * 800);
  });
  every(700, () => {
    world.count('pause');
    random.pick(servers).life.pausedUntil = clock.monotonic() + random.next() * 1_800;
  });
  // A follower's work: it reads well and may be late, but never wrong.
  every(1_500, () => {
    const { store: journal, snapshots, codec, guards, maxInFlight } = shared;
    writeSnapshot({ shard: 0, machine: counterMachine, journal, snapshots, codec, guards, maxInFlight }).catch(
      () => undefined,
    );
  });
  clock.schedule(FAULTS_MS, () => {
    world.faults.active = false;
  });
}

function step(run: Run): void {
  const { clock } = run.shared.world;
  const elapsed = clock.monotonic();
  const isDone = run.clients.every((client) => client.isDone());
  const restUntil = run.options.script === undefined ? FAULTS_MS + REST_MS : 0;
  run.isOver = (isDone && elapsed >= restUntil && hasOwner(run)) || elapsed > DEADLINE_MS || !clock.step();
}

const hasOwner = (run: Run): boolean => run.servers.some((server) => server.isOpen());

async function finish(run: Run): Promise<SeedReport> {
  const { shared, options } = run;
  const { world, store, codec, published, maxInFlight } = shared;
  const stuck = run.clients.every((client) => client.isDone()) ? [] : ['some command is never acknowledged'];
  const broken = violations({
    records: store.records(0),
    codec,
    acknowledged: run.acknowledged,
    observed: run.observed,
    published,
    liveState: await liveState(run.servers),
  });
  return {
    seed: options.seed,
    violations: [...broken, ...stuck],
    simulatedMs: world.clock.monotonic(),
    acknowledged: run.acknowledged.length,
    injected: world.injected,
    points: world.points.passed,
    calls: world.points.calls,
    maxInFlight,
  };
}

/** State of the owner with the newest epoch that still answers. */
async function liveState(servers: readonly Server[]): Promise<Uint8Array | undefined> {
  const open = servers.filter((server) => server.isOpen());
  const [owner] = open;
  if (owner === undefined || open.length > 1) return undefined;
  return owner.host.query((state) => counterMachine.serialize(state));
}
