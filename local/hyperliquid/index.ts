/** A simulated Hyperliquid: its protocol over HTTP and WebSocket, and a control door for tests. */
import { createControlServer } from './control.ts';
import { createDoor } from './door.ts';
import { createVenueEngine } from './engine.ts';
import { createFaults, type Faults } from './faults.ts';
import { settingsOf, type Settings, type VenueSimulatorOptions } from './options.ts';
import { createMemoryWriter, loadMemory, restore } from './persist.ts';
import { createPublisher } from './publisher.ts';
import { createRateLimiter } from './rate-limits.ts';
import { createVenueServer } from './server.ts';
import type { Venue } from './venue.ts';
import { createWsHub } from './ws.ts';

export type { FundedAccount, VenueLimits, VenueSimulatorOptions } from './options.ts';
export { faultKinds, type FaultKind, type FaultRequest } from './faults.ts';
export { loadReplay, parseCandles, type RecordedCandle } from './replay.ts';

export interface VenueSimulator {
  /** Base address of `/info` and `/exchange`. */
  readonly url: string;
  readonly wsUrl: string;
  /** Base address of the control door. */
  readonly control: string;
  readonly isTestnet: boolean;
  /** The state itself, for tests in the same process. */
  readonly venue: Venue;
  readonly faults: Faults;
  close(): Promise<void>;
}

const SWEEP_MS = 1_000;

/** Starts a simulator; all its ports are bound when the promise resolves. */
export async function createVenueSimulator(options: VenueSimulatorOptions = {}): Promise<VenueSimulator> {
  const memory = options.stateFile === undefined ? undefined : loadMemory(options.stateFile);
  const settings = settingsOf({ ...options, prices: { ...options.prices, ...memory?.prices } });
  const engine = createVenueEngine(settings, (fresh) => {
    if (memory !== undefined) restore(fresh, memory);
  });
  const { venue } = engine;
  const writer = settings.stateFile === undefined ? undefined : createMemoryWriter(venue, settings.stateFile);
  venue.outbox.onFlush((changes) => {
    if (changes.users.size > 0) writer?.touch();
  });

  const faults = createFaults(settings.clock);
  const limiter = createRateLimiter(settings.clock, settings.limits.weightPerMinute);
  const door = createDoor({ venue, faults, limiter, onExecuted: () => writer?.touch() });
  const hub = createWsHub({ venue, faults, door, limits: settings.limits });
  const publisher = createPublisher(venue, hub);
  const server = createVenueServer({ door, hub });
  const stop = new AbortController();
  const control = createControlServer({
    venue,
    engine,
    faults,
    connectionCount: hub.connectionCount,
    stopped: stop.signal,
    publish: () => {
      publisher.afterBlock();
      publisher.afterContexts();
    },
  });

  const { host } = settings;
  const bound = await server.listen({ host, port: settings.port });
  const controlBound = await control.listen({ host, port: settings.controlPort });
  const areStale = (): boolean => faults.inForce('stalePrices') !== undefined;
  const loop = (ms: number, run: () => void): void => void every(settings, { ms, run, signal: stop.signal });
  loop(settings.blockMs, () => {
    if (!areStale()) engine.block();
    publisher.afterBlock();
  });
  loop(settings.contextMs, () => {
    if (!areStale()) engine.updateContexts();
    publisher.afterContexts();
  });
  loop(SWEEP_MS, hub.sweep);

  return {
    url: `http://${host}:${bound.port}`,
    wsUrl: `ws://${host}:${bound.port}/ws`,
    control: `http://${host}:${controlBound.port}`,
    isTestnet: settings.network === 'Testnet',
    venue,
    faults,
    close: async () => {
      stop.abort();
      await server.close();
      await control.close();
      await writer?.close();
    },
  };
}

async function every(
  { clock }: Settings,
  task: { readonly ms: number; readonly run: () => void; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    await clock.sleep(task.ms, task.signal);
    if (task.signal.aborted) return;
    task.run();
  }
}
